"""Points and quads."""

from __future__ import annotations

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]
