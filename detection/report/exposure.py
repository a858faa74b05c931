"""Exposure: when a brand is seen at all, and how well.

Time is cut into segments at every moment at which a sighting begins or ends. V(b, segment) is 1 when any sighting of
brand b that qualifies covers the segment, and its length is the weight w. A cell is one (b, segment) with V = 1; two
logos of one brand at once make one cell. No sighting goes across a cut, so no segment of one shot is cut by what is
seen in another, and the number of cells grows with what is seen at a time, not with the length of the footage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from detection.report import geometry
from detection.report.sightings import Sightings
from detection.report.spans import Floats, Ints, sums, to_s


@dataclass(frozen=True, kw_only=True)
class Exponents:
    """a to e of the quality formula; 0 takes a factor out. From `large_area_share` of the frame on a logo is large."""

    size: float
    position: float
    clarity: float
    visible: float
    clutter: float
    large_area_share: float = 0.05


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """Cells ordered by brand, then time. Sighting `row[i]` covers cell `cell[i]`; these pairs are ordered by cell, and
    `pair_quality` is its q in it.

    `area` is that of the union of a cell's sightings and `zones` the union's shares of the 3 × 3 grid; `position`,
    `clarity` and `visible` are means weighted by area, `quality` and `confidence` the best, `rung` the first of
    the ladder among its sightings. `brands_visible` is n_f."""

    brand: Ints
    shot: Ints
    start_us: Ints
    end_us: Ints
    area: Floats
    zones: Floats
    position: Floats
    clarity: Floats
    visible: Floats
    quality: Floats
    confidence: Floats
    rung: Ints
    brands_visible: Ints
    cell: Ints
    row: Ints
    pair_quality: Floats
    row_quality: Floats
    """q_k per sighting where it is best, in the sightings' own order."""

    def __len__(self) -> int:
        return len(self.brand)

    @property
    def length_us(self) -> Ints:
        """w in microseconds."""
        return self.end_us - self.start_us

    @property
    def seconds(self) -> Floats:
        """w."""
        return to_s(self.length_us)


def expose(sightings: Sightings, exponents: Exponents, *, also_at_us: Ints | None = None) -> Exposure:
    """The cells of sightings that all qualify; at `also_at_us` time is cut, too."""
    cuts = [sightings.start_us, sightings.end_us]
    borders = np.unique(np.concatenate(cuts if also_at_us is None else [*cuts, also_at_us]))
    row, segment = _covered(sightings, borders)
    keys = sightings.brand[row] * max(1, len(borders)) + segment
    order = np.argsort(keys, kind="stable")
    keys, by_cell = keys[order], row[order]
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, np.int64)
    cell = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(keys))))
    brand, at = np.divmod(keys[first], max(1, len(borders)))
    visible = np.bincount(at, minlength=len(borders))
    area, zones = _unions(sightings, by_cell, cell, len(first))
    weight = sightings.area[by_cell]
    total = sums(cell, weight, len(first))
    alone = _quality(sightings, exponents)
    clutter = np.maximum(visible, 1).astype(float) ** -exponents.clutter
    return Exposure(
        brand=brand,
        shot=sightings.shot[by_cell[first]],
        start_us=borders[at],
        end_us=borders[at + 1] if len(at) else at,
        area=area,
        zones=zones,
        position=sums(cell, sightings.position[by_cell] * weight, len(first)) / total,
        clarity=sums(cell, sightings.clarity[by_cell] * weight, len(first)) / total,
        visible=sums(cell, sightings.visible[by_cell] * weight, len(first)) / total,
        quality=_reduce(np.maximum, alone[by_cell], first) * clutter[at],
        confidence=_reduce(np.maximum, sightings.confidence[by_cell], first),
        rung=_reduce(np.minimum, sightings.rung[by_cell], first).astype(np.int64),
        brands_visible=visible[at],
        cell=cell,
        row=by_cell,
        pair_quality=alone[by_cell] * clutter[at][cell],
        row_quality=alone * _reduce(np.maximum, clutter[segment], np.flatnonzero(np.diff(row, prepend=-1))),
    )


def _covered(sightings: Sightings, borders: Ints) -> tuple[Ints, Ints]:
    """Pairs (sighting, segment), ordered by both; segment i lies between borders i and i + 1."""
    low, high = np.searchsorted(borders, sightings.start_us), np.searchsorted(borders, sightings.end_us)
    counts = high - low
    row = np.repeat(np.arange(len(sightings)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts) + low[row]


def _quality(sightings: Sightings, exponents: Exponents) -> Floats:
    """q_k = min(1, area/5 %)^a · π^b · κ^c · v^d · n_f^(−e) without its last factor, which is the cell's."""
    quality: Floats = (
        np.minimum(1.0, sightings.area / exponents.large_area_share) ** exponents.size
        * sightings.position**exponents.position
        * sightings.clarity**exponents.clarity
        * sightings.visible**exponents.visible
    )
    return quality


def _unions(sightings: Sightings, row: Ints, cell: Ints, count: int) -> tuple[Floats, Floats]:
    """Area of each cell's union and its shares of the zones. What does not overlap adds up."""
    zones_of = np.zeros((len(sightings), 9))
    for rows, corners in geometry.in_frame(sightings.outline):
        zones_of[rows] = geometry.zone_areas(corners)
    area = sums(cell, sightings.area[row], count)
    zones = np.stack([sums(cell, column[row], count) for column in zones_of.T], axis=1)
    crowded = _crowded(sightings.box, row, cell)
    low, high = np.searchsorted(cell, [crowded, crowded + 1])
    pairs = high - low == 2
    _subtract_shared(area, zones, sightings, row, crowded[pairs], low[pairs])
    _unite(area, zones, sightings, row, crowded[~pairs], np.stack([low, high], axis=1)[~pairs])
    total = zones.sum(axis=1, keepdims=True)
    np.divide(zones, total, out=zones, where=total > 0)
    return area, zones


def _crowded(box: Floats, row: Ints, cell: Ints) -> Ints:
    """The cells in which the boxes of two sightings overlap, in order."""
    found = []
    for step in range(1, len(row)):
        together = np.flatnonzero(cell[step:] == cell[:-step])
        if not len(together):
            break
        a, b = box[row[together]], box[row[together + step]]
        meet = (np.minimum(a[:, 2:], b[:, 2:]) > np.maximum(a[:, :2], b[:, :2])).all(axis=1)
        found.append(cell[together[meet]])
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)


def _subtract_shared(area: Floats, zones: Floats, sightings: Sightings, row: Ints, cells: Ints, first: Ints) -> None:
    """Of cells of two sightings, which stand at `first` and behind it: what both cover counts once."""
    some = 4096
    for start in range(0, len(cells), some):
        at, cell = first[start : start + some], cells[start : start + some]
        one, other = (_corners(sightings, row[at + place]) for place in (0, 1))
        shared = geometry.intersections(one, other)
        area[cell] -= geometry.areas(shared)
        zones[cell] -= geometry.zone_areas(shared)


def _corners(sightings: Sightings, rows: Ints) -> Floats:
    """(n, 8, 2): what of their outlines lies in the frame; the last corner is repeated."""
    corners = np.zeros((len(rows), 8, 2))
    for places, some in geometry.in_frame(sightings.outline[rows]):
        corners[places, : some.shape[1]] = some
        corners[places, some.shape[1] :] = some[:, -1:]
    return corners


def _unite(area: Floats, zones: Floats, sightings: Sightings, row: Ints, cells: Ints, edges: Ints) -> None:
    """Of cells of more sightings, which lie between two edges of `row`: their union counts."""
    groups = [tuple(row[start:stop].tolist()) for start, stop in edges.tolist()]
    if not groups:
        return
    known = dict.fromkeys(groups)
    unions = _united(sightings, list(known))
    place = {group: number for number, group in enumerate(known)}
    places = [place[group] for group in groups]
    area[cells] = shapely.area(unions)[places]
    zones[cells] = geometry.union_zone_areas(unions)[places]


def _united(sightings: Sightings, groups: list[tuple[int, ...]]) -> geometry.Polygons:
    """The union of each group of sightings."""
    rows = np.unique([row for group in groups for row in group])
    shapes = np.empty(len(rows), object)
    for some, corners in geometry.in_frame(sightings.outline[rows]):
        shapes[some] = geometry.polygons(corners)
    unions = np.empty(len(groups), object)
    sizes = np.array([len(group) for group in groups])
    for size in np.unique(sizes).tolist():
        of_size = np.flatnonzero(sizes == size)
        members = np.searchsorted(rows, [groups[number] for number in of_size.tolist()])
        unions[of_size] = shapely.union_all(shapes[members], axis=1)
    return unions


def _reduce(operation: np.ufunc, values: Floats | Ints, first: Ints) -> Floats:
    if not len(first):
        return np.zeros(0)
    reduced: Floats = operation.reduceat(values, first)
    return reduced
