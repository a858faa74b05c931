"""Geometry of quadrilaterals, as plain functions on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.records import Point, Quad

Corners = NDArray[np.float32]


def corners(quad: Sequence[Point]) -> Corners:
    """(n, 2) float32."""
    return np.asarray(quad, np.float32)


def quad_of(points: Iterable[Sequence[float]] | NDArray[Any], *, digits: int = 2) -> Quad:
    """Four points as a quad. Rounded, so that the last bit of a float never shows in an output."""
    return cast(Quad, tuple((round(float(x), digits), round(float(y), digits)) for x, y in points))


def rectangle(x0: float, y0: float, x1: float, y1: float) -> Quad:
    """The upright quad between two corners."""
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


def sides(quad: Quad) -> tuple[float, float]:
    """Width and height of a quad: the longer of its two opposite sides each."""
    a, b, c, d = corners(quad)
    return (
        float(max(np.linalg.norm(b - a), np.linalg.norm(c - d))),
        float(max(np.linalg.norm(d - a), np.linalg.norm(c - b))),
    )


def bounds(quad: Quad) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    xs, ys = zip(*quad, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def area(quad: Quad) -> float:
    """Area in square pixels."""
    return float(cv2.contourArea(corners(quad)))


def common_area(a: Quad, b: Quad) -> float:
    """Area that two convex quads share, in square pixels."""
    left, top, right, bottom = bounds(a)
    other_left, other_top, other_right, other_bottom = bounds(b)
    if left >= other_right or other_left >= right or top >= other_bottom or other_top >= bottom:
        return 0.0
    shared, _ = cv2.intersectConvexConvex(_convex(a), _convex(b))
    return float(shared)


def overlap(a: Quad, b: Quad) -> float:
    """Intersection over union of two convex quads, 0 to 1."""
    shared = common_area(a, b)
    union = area(a) + area(b) - shared
    return shared / union if union > 0 else 0.0


def grown(quad: Quad, margin: float) -> Quad:
    """The quad with each corner moved outwards along its sides by `margin` pixels (inwards when negative)."""
    a, b, c, d = corners(quad)
    along, down = _unit((b - a) + (c - d)), _unit((d - a) + (c - b))
    return quad_of(
        (
            a - (along + down) * margin,
            b + (along - down) * margin,
            c + (along + down) * margin,
            d + (down - along) * margin,
        )
    )


def place(quad: Quad) -> tuple[float, float, tuple[Point, ...]]:
    """Sort key that puts quads from the top to the bottom and, on one height, from the left to the right."""
    left, top, _, _ = bounds(quad)
    return top, left, quad


def _convex(quad: Quad) -> Corners:
    return cast(Corners, cv2.convexHull(corners(quad)))


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    length = float(np.linalg.norm(vector))
    return vector / length if length > 0 else vector
