"""Where a finding stands in its shot, and who is beside it."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from typing import Any
from uuid import UUID

from detection.records import Shot
from detection.review.rows import Finding, key_for, kind_of
from detection.review.subjects import AIRING
from mpr.errors import MprError
from mpr.jobs.models import Job
from mpr.pipeline import codec
from mpr.pipeline.codec import Record
from mpr.storage.buckets import timeline_folder

_MOST_NEIGHBOURS = 60
_BESIDE_S = 4.0


class _OfReport(Record, forbid_unknown_fields=False):
    """What of a stored report tells the cuts; the rest, which is large, is passed over."""

    shots: list[Shot]


def shot_of(row: Finding) -> tuple[float, float]:
    """Start and end of the shot in which a finding begins, or of itself where the cuts are no longer stored."""
    shots = _shots_of(row.job)
    place = bisect_right(shots, row.start_s + 1e-6, key=lambda shot: shot[0]) - 1
    if place < 0 or shots[place][1] <= row.start_s:
        return row.start_s, row.end_s
    return shots[place][0], max(shots[place][1], row.end_s)


def neighbours_of(row: Finding, shot: tuple[float, float]) -> list[dict[str, Any]]:
    """The findings of the job in a shot and a little beside it, in time order, this one left out."""
    low_s, high_s = shot[0] - _BESIDE_S, shot[1] + _BESIDE_S
    found = []
    for kind, rows in ((AIRING, row.job.airings), ("question", row.job.open_questions)):
        some = rows.filter(start_s__lt=high_s, end_s__gt=low_s).order_by("start_s")[:_MOST_NEIGHBOURS]
        for pk, brand, start_s, end_s, state, text in some.values_list(
            "pk", "brand_name", "start_s", "end_s", "review_state", "evidence__text"
        ):
            if kind == kind_of(row) and pk == row.pk:
                continue
            found.append(
                {
                    "key": key_for(kind, pk), "brand": brand, "text": text or "", "start_s": start_s, "end_s": end_s,
                    "state": state,
                }
            )  # fmt: skip
    return sorted(found, key=lambda one: (one["start_s"], one["key"]))


def _shots_of(job: Job) -> tuple[tuple[float, float], ...]:
    artifacts = job.outputs.filter(stage_name="compile_report").values_list("output__artifacts", flat=True).first()
    return _read(job.timeline_id, artifacts[0]) if artifacts else ()


@lru_cache(maxsize=64)
def _read(timeline_id: UUID, key: str) -> tuple[tuple[float, float], ...]:
    # An artifact never changes under its key.
    try:
        report = codec.decode(timeline_folder(timeline_id).read(key), _OfReport)
    except MprError:
        return ()
    return tuple((shot.start_s, shot.end_s) for shot in report.shots)
