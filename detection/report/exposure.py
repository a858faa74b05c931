"""Exposure: when a brand is seen at all, and how well.

V(b, f) is 1 when any sighting of brand b qualifies in kept frame f, and w_f is the time that frame stands for. A cell
is one (b, f) with V = 1; two logos of one brand at once make one cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from detection.records import KeptFrame
from detection.report import geometry
from detection.report.geometry import Floats, Polygons
from detection.report.sightings import Ints, Sightings

# q counts a logo of this share of the frame as large; a larger one is no better.
LARGE_AREA_SHARE = 0.05


@dataclass(frozen=True, kw_only=True)
class Exponents:
    """a to e of the quality formula; 0 takes a factor out."""

    size: float
    position: float
    clarity: float
    visible: float
    clutter: float


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Cells ordered by brand, then frame. `rows` are the sightings in that order and cell i owns
    rows[first[i]:first[i + 1]]. `area` is that of the union of its sightings and `zones` the union's shares of the
    3 × 3 grid; `seconds` is w_f; `position` and `clarity` are means weighted by area, `quality` and `confidence` the
    best, `rung` the first of the ladder among its sightings. `brands_visible` is n_f."""

    brand: Ints
    frame: Ints
    shot: Ints
    start_s: Floats
    end_s: Floats
    seconds: Floats
    first: Ints
    rows: Ints
    area: Floats
    zones: Floats
    position: Floats
    clarity: Floats
    quality: Floats
    confidence: Floats
    rung: Ints
    brands_visible: Ints
    row_quality: Floats
    """q_k per sighting, in the sightings' own order."""

    def sightings_of(self, cells: slice) -> Ints:
        """The sightings that a run of cells owns."""
        return self.rows[self.first[cells.start] : self.first[cells.stop]]


def expose(sightings: Sightings, rungs: Ints, kept: Sequence[KeptFrame], exponents: Exponents) -> Exposure:
    """The cells of sightings that all qualify. `rungs` says which rung of the ladder settled each of them."""
    keys = sightings.brand * max(1, len(kept)) + sightings.frame
    rows = np.argsort(keys, kind="stable")
    found, first, inverse, counts = np.unique(keys[rows], return_index=True, return_inverse=True, return_counts=True)
    brand, frame = np.divmod(found, max(1, len(kept)))
    visible = np.bincount(frame, minlength=len(kept))
    quality = _quality(sightings, visible[sightings.frame], exponents)
    union = _unions(sightings.polygon[rows], first, counts)
    area = sightings.area[rows]
    weight = np.bincount(inverse, area, len(found))
    cells = [kept[place] for place in frame]
    start_s = np.array([cell.start_s for cell in cells], float)
    end_s = np.array([cell.end_s for cell in cells], float)
    return Exposure(
        brand=brand,
        frame=frame,
        shot=np.array([cell.shot for cell in cells], np.int64),
        start_s=start_s,
        end_s=end_s,
        seconds=end_s - start_s,
        first=np.append(first, len(rows)).astype(np.int64),
        rows=rows.astype(np.int64),
        area=shapely.area(union),
        zones=geometry.zone_shares(union),
        position=np.bincount(inverse, sightings.position[rows] * area, len(found)) / weight,
        clarity=np.bincount(inverse, sightings.clarity[rows] * area, len(found)) / weight,
        quality=_reduce(np.maximum, quality[rows], first),
        confidence=_reduce(np.maximum, sightings.confidence[rows], first),
        rung=_reduce(np.minimum, rungs[rows], first).astype(np.int64),
        brands_visible=visible[frame].astype(np.int64),
        row_quality=quality,
    )


def _quality(sightings: Sightings, brands_visible: Ints, exponents: Exponents) -> Floats:
    """q_k = min(1, area/5 %)^a · π^b · κ^c · v^d · n_f^(−e)."""
    quality: Floats = (
        np.minimum(1.0, sightings.area / LARGE_AREA_SHARE) ** exponents.size
        * sightings.position**exponents.position
        * sightings.clarity**exponents.clarity
        * sightings.visible**exponents.visible
        * brands_visible.astype(float) ** -exponents.clutter
    )
    return quality


def _unions(polygons: Polygons, first: Ints, counts: Ints) -> Polygons:
    unions = polygons[first]
    for cell in np.flatnonzero(counts > 1):
        unions[cell] = shapely.union_all(polygons[first[cell] : first[cell] + counts[cell]])
    return unions


def _reduce(operation: np.ufunc, values: Floats | Ints, first: Ints) -> Floats:
    if not len(first):
        return np.empty(0)
    reduced: Floats = operation.reduceat(values, first)
    return reduced
