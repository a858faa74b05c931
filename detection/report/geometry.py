"""Outlines of sightings, normalised to the frame: clipping, area, zones and the weight of a position.

An outline is convex and its corners turn clockwise on screen; a row of corners may repeat its last one, so that
outlines of fewer corners fit. Everything works on whole arrays, because a match has tens of thousands of sightings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Polygons = NDArray[Any]  # of shapely geometries

_THIRDS = (1 / 3, 2 / 3, 1.0)
POSITION_SIGMA = 0.3

# So many outlines at once: what is put up in between stays small whatever there is.
_CHUNK = 4096

# Radon's seven-point rule on a triangle, exact to degree five (J. Radon, "Zur mechanischen Kubatur", 1948):
# barycentric coordinates and weights.
_A, _B = (6 - np.sqrt(15)) / 21, (6 + np.sqrt(15)) / 21
_NODES: Floats = np.array(
    [[1 / 3, 1 / 3, 1 / 3]]
    + [list(np.roll([1 - 2 * _A, _A, _A], turn)) for turn in range(3)]
    + [list(np.roll([1 - 2 * _B, _B, _B], turn)) for turn in range(3)]
)
_WEIGHTS: Floats = np.array([9 / 40] + [(155 - np.sqrt(15)) / 1200] * 3 + [(155 + np.sqrt(15)) / 1200] * 3)


def outlines(quads_px: Floats, sizes_px: Floats) -> Floats:
    """(n, 4, 2): convex outlines of quads on frames of `sizes_px` (n, 2: width, height), in shares of the frame.

    They may reach beyond the frame. Corners in any order give the same outline; a quad without area gives one without.
    """
    quads: Floats = quads_px / sizes_px[:, None, :]
    sides = np.roll(quads, -1, axis=1) - quads
    turns = _cross(sides, np.roll(sides, -1, axis=1))
    against = (turns < 0).all(axis=1)
    quads[against] = quads[against, ::-1]
    for row in np.flatnonzero(~against & ~(turns > 0).all(axis=1)).tolist():
        quads[row] = _hull(quads[row])
    return quads


def in_frame(outline: Floats) -> Iterator[tuple[Ints, Floats]]:
    """What of the outlines lies in the frame, some at a time: their rows and their corners there. What lies outside
    has no area."""
    beyond = np.asarray(((outline < 0) | (outline > 1)).any(axis=(1, 2)))
    for rows in (np.flatnonzero(~beyond), np.flatnonzero(beyond)):
        for start in range(0, len(rows), _CHUNK):
            some = rows[start : start + _CHUNK]
            yield some, _clipped(outline[some]) if beyond[some[0]] else outline[some]


def areas(corners: Floats) -> Floats:
    """The share of the frame that each outline covers."""
    # Around a corner of its own, as small outlines far from the origin would lose their last digits.
    spokes = corners[:, 1:] - corners[:, :1]
    doubled: Floats = _cross(spokes[:, :-1], spokes[:, 1:]).sum(axis=1)
    return doubled / 2


def centroids(corners: Floats) -> Floats:
    """(n, 2): the centres of outlines with an area."""
    spokes = corners[:, 1:] - corners[:, :1]
    parts = _cross(spokes[:, :-1], spokes[:, 1:])[:, :, None]
    centre: Floats = corners[:, 0] + ((spokes[:, :-1] + spokes[:, 1:]) * parts).sum(axis=1) / (3 * parts.sum(axis=1))
    return centre


def position_weights(corners: Floats, centres: Floats) -> Floats:
    """π of each outline: the mean over its area of exp(−[(x−.5)²+(y−.5)²] / (2·0.3²)).

    Each outline is cut into triangles around its centre and integrated by Radon's rule, which is off by 0.0003 for an
    outline as large as the frame and by less for smaller ones.
    """
    first = corners - centres[:, None]
    second = np.roll(first, -1, axis=1)
    parts = np.abs(_cross(first, second))
    squares = np.zeros((*parts.shape, len(_NODES)))
    for axis in (0, 1):
        nodes = first[:, :, axis, None] * _NODES[:, 1] + second[:, :, axis, None] * _NODES[:, 2]
        squares += (nodes + (centres[:, axis, None, None] - 0.5)) ** 2
    values = np.exp(squares / (-2 * POSITION_SIGMA**2)) @ _WEIGHTS
    weights: Floats = (values * parts).sum(axis=1) / parts.sum(axis=1)
    return weights


def zone_areas(corners: Floats) -> Floats:
    """(n, 9): the area of each outline within each of a 3 × 3 grid, row by row from the top left."""
    found = np.zeros((len(corners), 9))
    low, high = _thirds(corners.min(axis=1)), _thirds(corners.max(axis=1))
    one = (low == high).all(axis=1)
    found[one, (3 * low[:, 1] + low[:, 0])[one]] = areas(corners[one])
    several = corners[~one]
    ends = np.roll(several, -1, axis=1)
    owner = np.repeat(np.arange(len(several)), several.shape[1])
    found[~one] = _zones(several.reshape(-1, 2), ends.reshape(-1, 2), owner, len(several))
    return found


def union_zone_areas(unions: Polygons) -> Floats:
    """The same of any polygons or multipolygons."""
    parts, whose = shapely.get_parts(unions, return_index=True)
    rings, part = shapely.get_rings(shapely.orient_polygons(parts, exterior_cw=False), return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    edge = np.flatnonzero(ring[:-1] == ring[1:])
    return _zones(points[edge], points[edge + 1], whose[part[ring[edge]]], len(unions))


def intersections(first: Floats, second: Floats) -> Floats:
    """What the outlines of each pair have in common, by their corners."""
    for side in range(second.shape[1]):
        start, end = second[:, side, None], second[:, (side + 1) % second.shape[1], None]
        first = _cut(first, _cross(end - start, first - start))
    return first


def polygons(corners: Floats) -> Polygons:
    """Outlines as shapely polygons."""
    made: Polygons = shapely.polygons(corners)
    return made


def corner_lists(outline: Floats) -> list[list[tuple[float, float]]]:
    """The corner_list of what lies in the frame of each outline."""
    lists: list[list[tuple[float, float]]] = [[]] * len(outline)
    for rows, some in in_frame(outline):
        for row, corners in zip(rows.tolist(), np.round(some, 6).tolist(), strict=True):
            lists[row] = _ordered(corners)
    return lists


def corner_list(corners: Floats) -> list[tuple[float, float]]:
    """One outline's corners from the one nearest the top left, to six decimals, without those that are repeated."""
    return _ordered(np.round(corners, 6).tolist())


def _ordered(corners: list[list[float]]) -> list[tuple[float, float]]:
    points = [(x, y) for x, y in corners]
    points = [point for place, point in enumerate(points) if point != points[place - 1]] or points[:1]
    first = min(range(len(points)), key=lambda place: sum(points[place]))
    return points[first:] + points[:first]


def _cross(first: Floats, second: Floats) -> Floats:
    crossed: Floats = first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]
    return crossed


def _hull(points: Floats) -> Floats:
    hull = shapely.convex_hull(shapely.multipoints(points))
    if hull.geom_type != "Polygon":
        return np.repeat(points[:1], len(points), axis=0)
    ring: Floats = shapely.get_coordinates(shapely.orient_polygons(hull, exterior_cw=False))[:-1]
    return ring[np.minimum(np.arange(len(points)), len(ring) - 1)]


def _clipped(corners: Floats) -> Floats:
    """What of outlines lies in the frame, side by side of it."""
    for axis in (0, 1):
        for sign, edge in ((1.0, 0.0), (-1.0, -1.0)):
            corners = _cut(corners, sign * corners[..., axis] - edge, (axis, edge * sign))
    return corners


def _cut(corners: Floats, inside: Floats, exactly: tuple[int, float] | None = None) -> Floats:
    """Sutherland and Hodgman, "Reentrant polygon clipping" (1974), by one line, which may add a corner. `inside` is how
    far each corner lies on the side that is kept; `exactly` is the axis and place of a line along one."""
    after, corners_after = np.roll(inside, -1, axis=1), np.roll(corners, -1, axis=1)
    crosses = (inside < 0) != (after < 0)
    share = np.divide(inside, inside - after, out=np.zeros_like(inside), where=crosses)[..., None]
    cut = corners + share * (corners_after - corners)
    if exactly is not None:
        axis, place = exactly
        cut[..., axis] = np.where(crosses, place, cut[..., axis])
    count, width = inside.shape
    both = np.stack([corners, cut], axis=2).reshape(count, 2 * width, 2)
    stays = np.stack([inside >= 0, crosses], axis=2).reshape(count, 2 * width)
    # Those that stay to the front, in their order; the places behind them repeat the last.
    order = np.argsort(~stays, axis=1, kind="stable")
    last = np.maximum(stays.sum(axis=1) - 1, 0)
    places = np.minimum(np.arange(width + 1), last[:, None])
    corners = np.take_along_axis(both, np.take_along_axis(order, places, axis=1)[..., None], axis=1)
    corners[~stays.any(axis=1)] = 0.0
    return corners


def _thirds(points: Floats) -> Ints:
    return np.searchsorted(_THIRDS[:2], points, side="left")


def _zones(starts: Floats, ends: Floats, owner: Ints, count: int) -> Floats:
    """Zone areas of `count` shapes from the edges around them, by Green's theorem: the area of what lies left of X and
    above Y is the sum over the edges of −∫ min(y, Y) dx, as far as x ≤ X."""
    (x0, y0), (x1, y1) = starts.T, ends.T
    slope = np.divide(y1 - y0, x1 - x0, out=np.zeros_like(x0), where=x1 != x0)
    corner = np.zeros((count, 4, 4))
    for column, right in enumerate(_THIRDS, start=1):
        from_x, to_x = np.minimum(x0, right), np.minimum(x1, right)
        from_y, to_y = y0 + (from_x - x0) * slope, y0 + (to_x - x0) * slope
        low, high = np.minimum(from_y, to_y), np.maximum(from_y, to_y)
        for row, bottom in enumerate(_THIRDS, start=1):
            # The mean of min(y, Y) over the edge, whose y runs evenly from low to high.
            over = np.maximum(high - bottom, 0.0) ** 2 - np.maximum(low - bottom, 0.0) ** 2
            excess = np.divide(over, 2 * (high - low), out=np.maximum(low - bottom, 0.0), where=high > low)
            mean = (low + high) / 2 - excess
            corner[:, row, column] = np.bincount(owner, (from_x - to_x) * mean, count)
    zones = np.diff(np.diff(corner, axis=1), axis=2).reshape(count, 9)
    return np.maximum(zones, 0.0)
