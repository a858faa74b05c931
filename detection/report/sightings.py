"""Sightings of brands as columns, measured and qualified.

A sighting is one instance of one brand in one kept frame, which stands for a stretch of time of its own. Row i of every
column belongs to the i-th sighting; rows are ordered by frame, then brand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.report import geometry
from detection.report.columns import Columns
from detection.report.kept import Kept
from detection.report.spans import Floats, Ints

Bools = NDArray[np.bool_]

# What covers less of the frame has no area but for rounding.
_NO_AREA = 1e-9


@dataclass(frozen=True, kw_only=True)
class Scale:
    """At which measurement a crop counts as fully sharp and fully contrasty."""

    full_sharpness: float
    full_contrast: float


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What an instance needs to qualify."""

    min_area_share: float
    min_visible_share: float
    min_clarity: float


@dataclass(frozen=True, kw_only=True)
class Instances:
    """Sightings as they were measured, before any setting says what counts. `frame` indexes the kept frames, `brand`
    the names, `record` what was read, `motion` MOTIONS. Each stands for [start_us, end_us) of its shot, which may be
    wrong by `error_s`. `outline` (n, 4, 2) is normalised and may reach beyond the frame; `box` (n, 4) are the bounds of
    what lies in the frame, `area` its share of the frame, `visible` its share of the outline, `centre` (n, 2) its
    centre, `position` π; `sharpness` and `contrast` are the crop's."""

    frame: Ints
    shot: Ints
    brand: Ints
    record: Ints
    rung: Ints
    start_us: Ints
    end_us: Ints
    error_s: Floats
    motion: Ints
    outline: Floats
    box: Floats
    area: Floats
    visible: Floats
    centre: Floats
    position: Floats
    sharpness: Floats
    contrast: Floats
    confidence: Floats

    def __len__(self) -> int:
        return len(self.frame)

    def at(self, scale: Scale) -> Sightings:
        """The same with their clarity on that scale, where legibility is the confidence of whoever read the logo."""
        parts = (
            _share(self.sharpness, scale.full_sharpness),
            _share(self.contrast, scale.full_contrast),
            self.confidence,
        )
        return Sightings(
            **{column.name: getattr(self, column.name) for column in fields(self)}, clarity=_clarity(*parts)
        )


@dataclass(frozen=True, kw_only=True)
class Sightings(Instances):
    """Instances with their clarity κ."""

    clarity: Floats

    def where(self, rows: Any) -> Sightings:
        """The sightings of a mask or an index array, in that order."""
        return Sightings(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})


def measure(columns: Columns, kept: Kept) -> Instances:
    """Every sighting that anybody can see: what lies outside its frame, has no area or no time is left out."""
    frame = kept.places(columns.seq)
    start_us, end_us = kept.within_shot(frame, columns.start_us, columns.end_us)
    outline = geometry.outlines(columns.outline_px, kept.size_px[frame])
    lies = lie(outline)
    seen = np.flatnonzero(lies.seen & (end_us > start_us))
    return Instances(
        frame=frame[seen],
        shot=kept.shot[frame[seen]],
        brand=columns.brand[seen],
        record=columns.record[seen],
        rung=columns.rung[seen],
        start_us=start_us[seen],
        end_us=end_us[seen],
        error_s=columns.error_s[seen],
        motion=columns.motion[seen],
        outline=outline[seen],
        box=lies.box[seen],
        area=lies.area[seen],
        visible=lies.area[seen] / geometry.areas(outline[seen]),
        centre=lies.centre[seen],
        position=lies.position[seen],
        sharpness=columns.sharpness[seen],
        contrast=columns.contrast[seen],
        confidence=np.clip(columns.confidence[seen], 0, 1),
    )


@dataclass(frozen=True, kw_only=True)
class Lies:
    """How outlines lie in their frames, as in Instances; `seen` are those with an area."""

    seen: Bools
    box: Floats
    area: Floats
    centre: Floats
    position: Floats


def lie(outline: Floats) -> Lies:
    """Measure normalised outlines (n, 4, 2) within the frame."""
    count = len(outline)
    area, position = np.zeros(count), np.zeros(count)
    box, centre = np.zeros((count, 4)), np.zeros((count, 2))
    for rows, corners in geometry.in_frame(outline):
        area[rows] = geometry.areas(corners)
        there = area[rows] > _NO_AREA
        rows, corners = rows[there], corners[there]
        box[rows] = np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
        centre[rows] = geometry.centroids(corners)
        position[rows] = geometry.position_weights(corners, centre[rows])
    return Lies(seen=area > _NO_AREA, box=box, area=area, centre=centre, position=position)


def qualifies(sightings: Sightings, threshold: Threshold) -> Bools:
    """The rule of docs/metrics.md, sighting by sighting. How much of a logo something else hides is not known here, so
    the visible share is what the frame's edge leaves of it."""
    return _pass(sightings.area, sightings.visible, sightings.clarity, threshold)


def candidates_qualify(
    area: Floats, visible: Floats, sharpness: Floats, contrast: Floats, scale: Scale, threshold: Threshold
) -> Bools:
    """Which unresolved candidates would qualify if they were a brand; nothing is known of their legibility."""
    clarity = _clarity(_share(sharpness, scale.full_sharpness), _share(contrast, scale.full_contrast))
    return _pass(area, visible, clarity, threshold)


def _pass(area: Floats, visible: Floats, clarity: Floats, threshold: Threshold) -> Bools:
    mask: Bools = (
        (area >= threshold.min_area_share)
        & (visible >= threshold.min_visible_share)
        & (clarity >= threshold.min_clarity)
    )
    return mask


def _clarity(*parts: Floats) -> Floats:
    """κ: the geometric mean, so that one part at 0 makes the whole 0."""
    mean: Floats = np.prod(np.stack(parts), axis=0) ** (1 / len(parts))
    return mean


def _share(values: Sequence[float] | Floats, full: float) -> Floats:
    return np.clip(np.asarray(values, float) / full, 0, 1)
