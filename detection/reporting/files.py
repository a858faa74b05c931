"""Downloads that take a while, made by workers while the page tells how far they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import PurePath
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max
from django.http import QueryDict
from django.utils import timezone

from detection.exporting import PACK, offered, open_export
from detection.recompute import Reported
from detection.report.exports.catalogue import Material
from detection.reporting.asking import look_of, query_of
from detection.reporting.models import ReportFile
from detection.reporting.shown import Shown, heard, stored_measured
from mpr.assets import working
from mpr.assets.prepared import WorkState
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.pipeline.codec import digest
from mpr.storage.buckets import media_out, timeline_prefix

T = TypeVar("T")

# What holds pictures, or every detection, is made by a worker.
BIG = ("pdf", "html", "detections", "coco", PACK)
_KEPT = timedelta(days=3)
# So many pictures report.html and report.pdf hold at most, each.
_SHOWN = 96
# The last part of the way is writing the file.
_MADE_SHARE = 0.95


def ask_for(shown: Shown, name: str) -> ReportFile:
    """The file, which a worker begins when it is not there yet; one that failed is tried again. Raises NotFound for a
    name that is none, or a report that is not there."""
    found = {row[0]: row for row in offered(shown.job)}.get(name)
    if found is None or name not in BIG:
        raise NotFound(f"There is no download “{name}” that is prepared.")
    _, file_name, media_type, _ = found
    query, job = query_of(shown), shown.job
    version = digest([shown.version, query, _beside(job)])
    _forget_old(job)
    key = f"{timeline_prefix(job.timeline_id)}/exports/{job.pk}/{version[:20]}-{name}{PurePath(file_name).suffix}"
    with transaction.atomic():
        row, is_new = ReportFile.objects.select_for_update().get_or_create(
            job=job, name=name, version=version,
            defaults={"query": query, "key": key, "file_name": file_name[-300:], "media_type": media_type},
        )  # fmt: skip
        if is_new:
            working.send(row)
        elif row.state in (WorkState.FAILED, WorkState.CANCELLED) or _is_gone(row):
            working.begin_again(row)
    return row


def make_file(row: ReportFile, progress: working.Progress) -> dict[str, Any]:
    """What a worker does."""
    look = look_of(QueryDict(row.query))
    reported = _Watched(
        row.job, look.choice, as_reviewed=look.as_reviewed, read=stored_measured, heard=heard, progress=progress
    )
    size = 0
    with media_out.new_file(row.key) as path, path.open("wb") as out:
        for piece in open_export(reported, row.name).pieces:
            size += out.write(piece)
            progress(reported.share)
    return {"file_size": size}


class _Watched(Reported):
    """Tells how far it is by the pictures that were taken from it."""

    def __init__(self, *args: Any, progress: Callable[[float], None], **named: Any) -> None:
        super().__init__(*args, **named)
        self._progress = progress
        self._taken = 0

    @property
    def share(self) -> float:
        events = sum(len(brand.events) for brand in self.report.brands)
        return _MADE_SHARE * min(1.0, self._taken / max(1, 2 * events + 4 * _SHOWN))

    def material(self) -> Material:
        made = super().material()
        return replace(made, picture=self._counted(made.picture), jpeg=self._counted(made.jpeg))

    def _counted(self, take: Callable[[Any], T]) -> Callable[[Any], T]:
        def taken(frame: Any) -> T:
            self._taken += 1
            self._progress(self.share)
            return take(frame)

        return taken


def _beside(job: Job) -> list[str]:
    """What a report's files say beside the report: of a contract and of audits."""
    contract = getattr(job.timeline, "contract", None)
    answered = job.audits.aggregate(at=Max("items__answered_at"))["at"]
    return [str(contract and contract.changed_at), str(answered)]


def _is_gone(row: ReportFile) -> bool:
    return row.state == WorkState.DONE and not media_out.exists(row.key)


def _forget_old(job: Job) -> None:
    """Files are made again at any time, so they are not kept for long."""
    for row in job.report_files.filter(finished_at__lt=timezone.now() - _KEPT):
        media_out.delete(row.key)
        row.delete()
