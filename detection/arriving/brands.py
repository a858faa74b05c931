"""The brands that a job has seen up to now: from its report, else from the rungs of the ladder that are done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detection.models import Airing
from detection.report.lanes import PALETTE_SIZE, WIDTH, Scale, scale
from mpr.errors import MprError
from mpr.jobs.models import Job
from mpr.jobs.outputs import read_output

_LADDER = ("match_brands", "match_logos", "escalate_vlm", "escalate_cloud")
_LANES = 12

Spans = list[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A brand: how long it was seen, and where, as (x, width) in thousandths of the footage."""

    brand: str
    colour: int
    seconds: float
    bars: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class SoFar:
    """Brands, most seen first; `more` are left out. `rests_on` names the stages that this comes from, none when no
    stage has looked for brands yet."""

    lanes: tuple[Lane, ...]
    more: int
    rests_on: tuple[str, ...]
    scale: Scale


def brands_so_far(job: Job) -> SoFar:
    """What is stored now."""
    there = set(job.outputs.values_list("stage_name", flat=True))
    rests_on = ("compile_report",) if "compile_report" in there else tuple(name for name in _LADDER if name in there)
    seen = _of_airings(job) if "compile_report" in there else _of_matches(job, rests_on)
    length_s = max(job.timeline.duration_s, 0.001)
    apart_s = length_s / WIDTH
    brands = sorted(
        ((brand, _joined(spans, 0.0)) for brand, spans in seen.items()), key=lambda entry: (-_sum(entry[1]), entry[0])
    )
    lanes = [
        Lane(
            brand=brand,
            colour=number % PALETTE_SIZE,
            seconds=_sum(spans),
            # What is nearer than can be drawn is one bar, so a lane is never more than a thousand.
            bars=tuple(
                (f"{WIDTH * start / length_s:.2f}", f"{max(1.0, WIDTH * (end - start) / length_s):.2f}")
                for start, end in _joined(spans, apart_s)
            ),
        )
        for number, (brand, spans) in enumerate(brands[:_LANES])
    ]
    return SoFar(lanes=tuple(lanes), more=max(0, len(brands) - _LANES), rests_on=rests_on, scale=scale([], length_s))


def _of_airings(job: Job) -> dict[str, Spans]:
    seen: dict[str, Spans] = {}
    rows = Airing.objects.filter(job=job).order_by("start_s").values_list("brand_name", "start_s", "end_s")
    for brand, start_s, end_s in rows:
        seen.setdefault(brand, []).append((start_s, end_s))
    return seen


def _of_matches(job: Job, stages: Iterable[str]) -> dict[str, Spans]:
    seen: dict[str, Spans] = {}
    for stage in stages:
        try:
            matches = [match for settled in read_output(job, stage) for match in settled.matches]
        except MprError:
            # Cleared meanwhile.
            continue
        for match in matches:
            seen.setdefault(match.brand, []).append((match.start_s, match.end_s))
    return seen


def _joined(spans: Spans, apart_s: float) -> Spans:
    """Spans in time order, those that overlap or are at most so far apart as one."""
    joined: Spans = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + apart_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _sum(spans: Spans) -> float:
    return sum(end - start for start, end in spans)
