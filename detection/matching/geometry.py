"""Where boxes stand to one another. Quads are clockwise from the top left as the text reads; pixels."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot

from detection.records import Point, Quad


def centre(quad: Quad) -> Point:
    """Mean of the corners."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    return (ax + bx + cx + dx) / 4, (ay + by + cy + dy) / 4


def height(quad: Quad) -> float:
    """Mean length of the left and the right edge."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    return (hypot(dx - ax, dy - ay) + hypot(cx - bx, cy - by)) / 2


def width(quad: Quad) -> float:
    """Mean length of the upper and the lower edge."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    return (hypot(bx - ax, by - ay) + hypot(cx - dx, cy - dy)) / 2


def direction(quad: Quad) -> Point:
    """Unit vector along which the text reads."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    x, y = bx - ax + cx - dx, by - ay + cy - dy
    length = hypot(x, y)
    return (x / length, y / length) if length else (1.0, 0.0)


def along(quad: Quad, axis: Point) -> tuple[float, float]:
    """The quad's extent along an axis."""
    u, v = axis
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    reach = (ax * u + ay * v, bx * u + by * v, cx * u + cy * v, dx * u + dy * v)
    return min(reach), max(reach)


def gaps(one: Quad, other: Quad) -> tuple[float, float]:
    """Empty distance across and down between the two quads' upright boxes; negative where they overlap."""
    across = [along(quad, (1.0, 0.0)) for quad in (one, other)]
    down = [along(quad, (0.0, 1.0)) for quad in (one, other)]
    return _gap(*across), _gap(*down)


def follows(first: Quad, second: Quad, *, max_gap_heights: float) -> bool:
    """Whether the second box continues the first box's line to the right."""
    axis = direction(first)
    tall = max(height(first), height(second))
    if not _comparable(first, second, 2.0) or not _parallel(first, second):
        return False
    start, end = along(first, axis)
    next_start, next_end = along(second, axis)
    across = (-axis[1], axis[0])
    level = abs(_dot(centre(second), across) - _dot(centre(first), across))
    return (
        next_end > end
        and start < next_start
        and -0.5 * tall <= next_start - end <= max_gap_heights * tall
        and level <= 0.5 * tall
    )


def lies_below(first: Quad, second: Quad, *, max_gap_heights: float) -> bool:
    """Whether the second box is the next line under the first."""
    axis = direction(first)
    across = (-axis[1], axis[0])
    tall = max(height(first), height(second))
    if not _comparable(first, second, 2.5) or not _parallel(first, second):
        return False
    drop = _dot(centre(second), across) - _dot(centre(first), across)
    overlap = -_gap(along(first, axis), along(second, axis))
    narrow = min(width(first), width(second))
    gap = along(second, across)[0] - along(first, across)[1]
    return drop >= 0.5 * tall and gap <= min(1.0, max_gap_heights) * tall and overlap >= 0.5 * narrow


def outline(quads: Sequence[Quad]) -> Quad:
    """The smallest rectangle along the first quad's reading direction that holds all; a single quad stays as it is."""
    if len(quads) == 1:
        return quads[0]
    axis = direction(quads[0])
    across = (-axis[1], axis[0])
    left = min(along(quad, axis)[0] for quad in quads)
    right = max(along(quad, axis)[1] for quad in quads)
    top = min(along(quad, across)[0] for quad in quads)
    bottom = max(along(quad, across)[1] for quad in quads)

    def corner(u: float, v: float) -> Point:
        return round(u * axis[0] + v * across[0], 2), round(u * axis[1] + v * across[1], 2)

    return corner(left, top), corner(right, top), corner(right, bottom), corner(left, bottom)


def part(quad: Quad, start: float, end: float) -> Quad:
    """The stretch of a quad between two shares of its width."""
    top_left, top_right, bottom_right, bottom_left = quad
    return (
        _between(top_left, top_right, start),
        _between(top_left, top_right, end),
        _between(bottom_left, bottom_right, end),
        _between(bottom_left, bottom_right, start),
    )


def _between(one: Point, other: Point, share: float) -> Point:
    return round(one[0] + (other[0] - one[0]) * share, 2), round(one[1] + (other[1] - one[1]) * share, 2)


def _comparable(one: Quad, other: Quad, ratio: float) -> bool:
    low, high = sorted((height(one), height(other)))
    return low > 0 and high / low <= ratio


def _parallel(one: Quad, other: Quad) -> bool:
    return _dot(direction(one), direction(other)) >= 0.93


def _dot(one: Point, other: Point) -> float:
    return one[0] * other[0] + one[1] * other[1]


def _gap(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(one[0], other[0]) - min(one[1], other[1])


def turned_as(quad: Quad, other: Quad) -> int:
    """The corner of a quad at which the other quad, of the same place, begins."""
    (x, y), *_ = other
    return min(range(4), key=lambda turn: hypot(quad[turn][0] - x, quad[turn][1] - y))
