"""Outlines of brands over a stretch of time, for drawing them over the video.

A sighting is measured in one frame and stands for a stretch of time; those of one thing are told together, in time
order, so that who draws can move an outline from one to the next. Where nothing measured is stored any more, the
outlines of the airings' evidence are told, moved along the airing's path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from itertools import groupby, pairwise
from math import isfinite
from typing import Any

import numpy as np

from detection.models import Airing, ReviewState
from detection.report import lanes, tracks
from detection.report.measured import Measured
from detection.report.settings import Config
from detection.report.sightings import Instances, Scale, Sightings, Threshold, qualifies
from detection.reporting.shown import Shown, stored_report
from mpr.errors import BadInput, NotFound
from mpr.jobs.models import Job
from mpr.pipeline.codec import digest
from mpr.pipeline.config import parse
from profiles.plan import parse_plan

MOST_S = 120.0
# So far beyond the window neighbours are looked for, that an outline may move in from there.
_MARGIN_S = 3.0
# A piece of evidence without a path stands for this long before and after its frame.
_EVIDENCE_S = 0.5
_DECIMALS = 4
_STAGE = "compile_report"


@dataclass(frozen=True, kw_only=True)
class Window:
    """A stretch of the timeline, in seconds."""

    from_s: float
    to_s: float
    most_s: float | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.from_s) and isfinite(self.to_s) and 0 <= self.from_s < self.to_s):
            raise BadInput("Give from_s and to_s in seconds, the earlier one first.")
        if self.most_s is not None and self.to_s - self.from_s > self.most_s:
            raise BadInput(f"This can be had of {self.most_s:.0f} seconds at a time; ask for less.")

    def wider(self) -> tuple[float, float]:
        return self.from_s - _MARGIN_S, self.to_s + _MARGIN_S


def boxes(shown: Shown, window: Window) -> dict[str, Any]:
    """JSON of the window; the shapes are told in docs/pages.md. Raises NotFound while the job has no report."""
    try:
        measured = shown.measured
    except NotFound:
        found, source, frames = _from_evidence(shown.job, window), "evidence", []
    else:
        found, source, frames = _from_measured(measured, _config(shown), window), "measured", _frames(measured, window)
    colours = brand_colours(shown.job)
    names = sorted({thing["brand"] for thing in found})
    place = {name: number for number, name in enumerate(names)}
    return {
        "from_s": window.from_s,
        "to_s": window.to_s,
        "source": source,
        "frames": frames,
        "brands": [{"name": name, "colour": colours.get(name, lanes.PALETTE_SIZE - 1)} for name in names],
        "things": [{**thing, "brand": place[thing["brand"]]} for thing in found],
    }


def state_of(shown: Shown, window: Window) -> str:
    """Another text whenever the answer may be another one. Raises NotFound while the job has no report."""
    return digest([shown.version, window.from_s, window.to_s])[:32]


def brand_colours(job: Job) -> dict[str, int]:
    """The lane colour of every brand of a job's own report, by its place in it: the same with all settings."""
    return {brand.brand: number % lanes.PALETTE_SIZE for number, brand in enumerate(stored_report(job).brands)}


def _config(shown: Shown) -> Config:
    """The settings that say what counts: those of the report, or where it is too old to tell, the job's."""
    settings = shown.report.settings or parse_plan(shown.job.plan).configs.get(_STAGE)
    return settings if isinstance(settings, Config) else parse(Config, settings or {}, owner="The report")


def _from_measured(measured: Measured, config: Config, window: Window) -> list[dict[str, Any]]:
    low_us, high_us = (round(edge * 1e6) for edge in window.wider())
    instances = measured.instances
    near = np.flatnonzero((instances.start_us < high_us) & (instances.end_us > low_us))
    some = Instances(**{column.name: getattr(instances, column.name)[near] for column in fields(Instances)})
    sightings = some.at(Scale(full_sharpness=config.full_sharpness, full_contrast=config.full_contrast))
    counts = qualifies(
        sightings,
        Threshold(
            min_area_share=config.min_area_share,
            min_visible_share=config.min_visible_share,
            min_clarity=config.min_clarity,
        ),
    )
    linked = tracks.link(sightings, max_gap_us=round(config.bridge_s * 1e6), max_step=config.track_step_diagonals)
    at_s = measured.kept.pts_s[sightings.frame]
    order = np.lexsort((at_s, linked)).tolist()
    things = []
    for _, rows in groupby(order, key=lambda row: int(linked[row])):
        thing = _thing(measured, sightings, list(rows), at_s, counts, window)
        if thing:
            things.append(thing)
    return things


def _thing(
    measured: Measured, sightings: Sightings, rows: list[int], at_s: Any, counts: Any, window: Window
) -> dict[str, Any] | None:
    """A track with its samples, None when all of it lies in the margin."""
    start_s, end_s = sightings.start_us[rows] / 1e6, sightings.end_us[rows] / 1e6
    if start_s.min() >= window.to_s or end_s.max() <= window.from_s:
        return None
    corners = sightings.outline[rows].reshape(len(rows), 8).round(_DECIMALS).tolist()
    times = zip(at_s[rows].tolist(), start_s.tolist(), end_s.tolist(), counts[rows].tolist(), corners, strict=True)
    return {
        "brand": measured.names[int(sightings.brand[rows[0]])],
        "samples": [[at, start, end, int(counted), *outline] for at, start, end, counted, outline in times],
    }


def _frames(measured: Measured, window: Window) -> list[float]:
    """The moments of the stored frames."""
    at_s = measured.kept.pts_s
    return list(at_s[(at_s >= window.from_s) & (at_s < window.to_s)].tolist())


def _from_evidence(job: Job, window: Window) -> list[dict[str, Any]]:
    low_s, high_s = window.wider()
    airings = job.airings.filter(start_s__lt=high_s, end_s__gt=low_s).order_by("start_s", "pk")
    things = []
    for airing in airings:
        samples = list(_evidence_samples(airing))
        if any(sample[1] < window.to_s and sample[2] > window.from_s for sample in samples):
            things.append({"brand": airing.brand_name, "samples": samples})
    return things


def _evidence_samples(airing: Airing) -> Iterable[list[float]]:
    corners = airing.evidence.get("polygon") or []
    if len(corners) < 3:
        return
    at_s, counts = float(airing.evidence["t_s"]), int(airing.review_state != ReviewState.REJECTED)
    path = airing.geometry.get("path") or []
    if not path:
        yield [at_s, at_s - _EVIDENCE_S, at_s + _EVIDENCE_S, counts, *_flat(corners, 0.0, 0.0)]
        return
    nearest = min(path, key=lambda point: abs(point[0] - at_s))
    times = [float(point[0]) for point in path]
    borders = [airing.start_s, *((a + b) / 2 for a, b in pairwise(times)), airing.end_s]
    for (when, x, y), start_s, end_s in zip(path, borders, borders[1:], strict=False):
        yield [float(when), start_s, end_s, counts, *_flat(corners, x - nearest[1], y - nearest[2])]


def _flat(corners: Iterable[Any], right: float, down: float) -> list[float]:
    return [round(value, _DECIMALS) for x, y in corners for value in (x + right, y + down)]
