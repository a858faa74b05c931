"""Sightings of brands as columns, measured and qualified.

A sighting is one instance of one brand in one kept frame. Row i of every column belongs to the i-th sighting; rows are
ordered by frame, then brand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from detection.records import BrandMatch, Candidate, KeptFrame, Quad, by_seq
from detection.report import geometry
from detection.report.geometry import Floats, Polygons

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


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
class Sightings:
    """`frame` indexes the kept frames, `brand` the names, `match` the matches they were made from. `polygon` is clipped
    to the frame and normalised, `area` its share of the frame, `visible` the share of the whole outline that lies in
    the frame, `centre` (n, 2) the polygon's centroid, `position` π and `clarity` κ."""

    frame: Ints
    brand: Ints
    match: Ints
    polygon: Polygons
    area: Floats
    visible: Floats
    centre: Floats
    position: Floats
    clarity: Floats
    confidence: Floats

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, rows: Any) -> Sightings:
        """The sightings of a mask or an index array, in that order."""
        return Sightings(**{column.name: getattr(self, column.name)[rows] for column in fields(self)})


def measure(matches: Sequence[BrandMatch], kept: Sequence[KeptFrame], brands: Sequence[str], scale: Scale) -> Sightings:
    """Sightings of the matches on the kept frames; brands are numbered as listed. What lies outside its frame, has no
    area or no time is left out, because nobody can see it."""
    numbers = {name: number for number, name in enumerate(brands)}
    places = {seq: place for place, seq in enumerate(by_seq(kept))}
    frame = np.array([places[match.seq] for match in matches], np.int64)
    brand = np.array([numbers[match.brand] for match in matches], np.int64)
    whole = geometry.outlines(*_quads([match.quad for match in matches], [match.seq for match in matches], kept))
    polygon = geometry.clip(whole)
    area: Floats = shapely.area(polygon)
    confidence = np.clip(np.array([match.confidence for match in matches], float), 0, 1)
    lasts = np.array([each.end_s > each.start_s for each in kept], bool)
    rows = np.flatnonzero((area > 1e-9) & lasts[frame])
    rows = rows[np.lexsort((rows, brand[rows], frame[rows]))]
    seen = [matches[row] for row in rows.tolist()]
    return Sightings(
        frame=frame[rows],
        brand=brand[rows],
        match=rows.astype(np.int64),
        polygon=polygon[rows],
        area=area[rows],
        visible=area[rows] / shapely.area(whole[rows]),
        centre=shapely.get_coordinates(shapely.centroid(polygon[rows])),
        position=geometry.position_weights(polygon[rows]),
        clarity=_clarity(
            _share([match.sharpness for match in seen], scale.full_sharpness),
            _share([match.contrast for match in seen], scale.full_contrast),
            confidence[rows],
        ),
        confidence=confidence[rows],
    )


def qualifies(sightings: Sightings, threshold: Threshold) -> Bools:
    """The rule of docs/metrics.md, sighting by sighting. How much of a logo something else hides is not known here, so
    the visible share is what the frame's edge leaves of it."""
    mask: Bools = (
        (sightings.area >= threshold.min_area_share)
        & (sightings.visible >= threshold.min_visible_share)
        & (sightings.clarity >= threshold.min_clarity)
    )
    return mask


def candidates_qualify(
    candidates: Sequence[Candidate], kept: Sequence[KeptFrame], scale: Scale, threshold: Threshold
) -> Bools:
    """Which unresolved candidates would qualify if they were a brand; nothing is known of their legibility."""
    whole = geometry.outlines(*_quads([found.quad for found in candidates], [found.seq for found in candidates], kept))
    area: Floats = shapely.area(geometry.clip(whole))
    total: Floats = shapely.area(whole)
    visible = np.divide(area, total, out=np.zeros(len(area)), where=total > 0)
    clarity = _clarity(
        _share([found.sharpness for found in candidates], scale.full_sharpness),
        _share([found.contrast for found in candidates], scale.full_contrast),
    )
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


def _share(values: Sequence[float], full: float) -> Floats:
    return np.clip(np.array(values, float) / full, 0, 1)


def _quads(quads: Sequence[Quad], seqs: Sequence[int], kept: Sequence[KeptFrame]) -> tuple[Floats, Floats]:
    frames = by_seq(kept)
    sizes = [(frames[seq].frame.width_px, frames[seq].frame.height_px) for seq in seqs]
    return np.array(quads, float).reshape(-1, 4, 2), np.array(sizes, float).reshape(-1, 2)
