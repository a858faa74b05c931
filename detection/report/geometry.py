"""Outlines of sightings, normalised to the frame: clipping, area, zones and the weight of a position.

Everything works on whole arrays of polygons, because a match has tens of thousands of sightings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Polygons = NDArray[Any]  # of shapely geometries

_FRAME = shapely.box(0.0, 0.0, 1.0, 1.0)
_THIRDS = (0.0, 1 / 3, 2 / 3, 1.0)
_ZONES = tuple(
    (_THIRDS[column], _THIRDS[row], _THIRDS[column + 1], _THIRDS[row + 1]) for row in range(3) for column in range(3)
)
POSITION_SIGMA = 0.3

# Radon's seven-point rule on a triangle, exact to degree five (J. Radon, "Zur mechanischen Kubatur", 1948):
# barycentric coordinates and weights.
_A, _B = (6 - np.sqrt(15)) / 21, (6 + np.sqrt(15)) / 21
_NODES: Floats = np.array(
    [[1 / 3, 1 / 3, 1 / 3]]
    + [list(np.roll([1 - 2 * _A, _A, _A], turn)) for turn in range(3)]
    + [list(np.roll([1 - 2 * _B, _B, _B], turn)) for turn in range(3)]
)
_WEIGHTS: Floats = np.array([9 / 40] + [(155 - np.sqrt(15)) / 1200] * 3 + [(155 + np.sqrt(15)) / 1200] * 3)


def outlines(quads_px: Floats, sizes_px: Floats) -> Polygons:
    """Convex outlines of quads (n, 4, 2) on frames of `sizes_px` (n, 2: width, height), in shares of the frame.

    They may reach beyond the frame. Corners in any order give the same outline; a quad without area gives a polygon
    or line without area.
    """
    if not len(quads_px):
        return np.empty(0, dtype=object)
    outline: Polygons = shapely.convex_hull(shapely.polygons(quads_px / sizes_px[:, None, :]))
    return outline


def clip(polygons: Polygons) -> Polygons:
    """What of the polygons lies in the frame; empty where nothing does."""
    clipped = polygons.copy()
    bounds = shapely.bounds(polygons)
    outside = (bounds[:, :2] < 0).any(axis=1) | (bounds[:, 2:] > 1).any(axis=1)
    clipped[outside] = shapely.intersection(polygons[outside], _FRAME)
    return clipped


def corners(polygon: Any) -> list[tuple[float, float]]:
    """The polygon's corners, clockwise on screen from the one nearest the top left, to six decimals."""
    ring = shapely.get_coordinates(shapely.orient_polygons(polygon, exterior_cw=False))[:-1]
    first = int(np.argmin(ring.sum(axis=1)))
    return [(round(float(x), 6), round(float(y), 6)) for x, y in np.roll(ring, -first, axis=0)]


def zone_shares(polygons: Polygons) -> Floats:
    """(n, 9): the shares of each polygon's area in a 3 × 3 grid, row by row from the top left; rows sum to 1."""
    shares = np.zeros((len(polygons), 9))
    bounds = shapely.bounds(polygons)
    for zone, (left, top, right, bottom) in enumerate(_ZONES):
        touches = (bounds[:, 0] < right) & (bounds[:, 2] > left) & (bounds[:, 1] < bottom) & (bounds[:, 3] > top)
        shares[touches, zone] = shapely.area(shapely.clip_by_rect(polygons[touches], left, top, right, bottom))
    total = shares.sum(axis=1, keepdims=True)
    np.divide(shares, total, out=shares, where=total > 0)
    return shares


def position_weights(polygons: Polygons) -> Floats:
    """π of each convex polygon: the mean over its area of exp(−[(x−.5)²+(y−.5)²] / (2·0.3²)).

    Each polygon is cut into triangles around its centroid and integrated by Radon's rule, which is off by
    0.0003 for a polygon as large as the frame and by less for smaller ones.
    """
    points, owner = shapely.get_coordinates(polygons, return_index=True)
    edge = np.flatnonzero(owner[:-1] == owner[1:])
    own = owner[edge]
    centroids = shapely.get_coordinates(shapely.centroid(polygons))
    triangles = np.stack([centroids[own], points[edge], points[edge + 1]], axis=1)
    first, second = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    areas = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2
    nodes = np.einsum("qk,tkd->tqd", _NODES, triangles)
    values = np.exp(-((nodes - 0.5) ** 2).sum(axis=2) / (2 * POSITION_SIGMA**2)) @ _WEIGHTS
    count = len(polygons)
    weights: Floats = np.bincount(own, values * areas, count) / np.bincount(own, areas, count)
    return weights
