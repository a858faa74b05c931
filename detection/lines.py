"""Straight segments: joining those that continue one another, and pairing those that bound a board."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from detection.records import Point, Quad

# Hough segments of one edge differ by about this much.
_SAME_ANGLE_DEG = 1.5
_SAME_OFFSET_PX = 2.5


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A segment from left to right (a vertical one from top to bottom). `angle_deg` lies in (−90, 90], y downwards."""

    ends: tuple[Point, Point]
    length: float
    angle_deg: float

    @classmethod
    def between(cls, a: Point, b: Point) -> Segment:
        start, end = sorted((a, b))
        return cls(
            ends=(start, end),
            length=math.dist(start, end),
            angle_deg=math.degrees(math.atan2(end[1] - start[1], end[0] - start[0])),
        )

    def along(self, point: Point) -> float:
        """How far along this segment's direction a point lies, from its start."""
        (x0, y0), (x1, y1) = self.ends
        return ((point[0] - x0) * (x1 - x0) + (point[1] - y0) * (y1 - y0)) / self.length

    def aside(self, point: Point) -> float:
        """Signed distance of a point from this segment's line; positive is below a segment that runs to the right."""
        (x0, y0), (x1, y1) = self.ends
        return ((x1 - x0) * (point[1] - y0) - (y1 - y0) * (point[0] - x0)) / self.length

    def at(self, along: float) -> Point:
        """The point that far along."""
        (x0, y0), (x1, y1) = self.ends
        share = along / self.length
        return x0 + (x1 - x0) * share, y0 + (y1 - y0) * share


def merged(segments: Iterable[Segment], *, max_gap_px: float) -> list[Segment]:
    """The segments with those on one line joined: same direction, hardly any offset, a gap of at most `max_gap_px`.

    Longest first, so short pieces are taken up by the line they belong to; repeated until nothing joins.
    """
    lines = sorted((segment for segment in segments if segment.length > 0), key=_longest_first)
    while True:
        joined = _join_once(lines, max_gap_px)
        if len(joined) == len(lines):
            return joined
        lines = sorted(joined, key=_longest_first)


def board_quads(
    lines: Sequence[Segment],
    *,
    min_height_px: float,
    max_height_px: float,
    max_angle_deg: float,
    min_length_px: float,
    frame_width_px: float,
) -> list[tuple[Quad, float]]:
    """Quads between pairs of near-parallel, not too steep lines as far apart as a board is high, with a score from
    0 to 1, best first. The score is the share of both lines that faces the other, times the length faced as a share of
    the frame's width (its square root, so that a near board of half the width is not worth half)."""
    flat = [line for line in lines if abs(line.angle_deg) <= 45]
    found = []
    for i, first in enumerate(flat):
        for second in flat[i + 1 :]:
            if abs(first.angle_deg - second.angle_deg) > max_angle_deg:
                continue
            if pair := _between(first, second, min_length_px=min_length_px):
                quad, facing = pair
                height = (math.dist(quad[0], quad[3]) + math.dist(quad[1], quad[2])) / 2
                if min_height_px <= height <= max_height_px:
                    length = math.dist(quad[0], quad[1])
                    score = facing * math.sqrt(min(1.0, length / frame_width_px))
                    found.append((quad, round(score, 4)))
    return sorted(found, key=lambda item: (-item[1], item[0]))


def _between(first: Segment, second: Segment, *, min_length_px: float) -> tuple[Quad, float] | None:
    """The quad between the parts of two lines that face one another, and how much of both they are."""
    upper, lower = sorted((first, second), key=lambda line: (line.ends[0][1] + line.ends[1][1], line.ends))
    left = max(upper.ends[0][0], lower.ends[0][0])
    right = min(upper.ends[1][0], lower.ends[1][0])
    if right - left < min_length_px * math.cos(math.radians(upper.angle_deg)):
        return None
    quad = (_at_x(upper, left), _at_x(upper, right), _at_x(lower, right), _at_x(lower, left))
    if quad[0][1] >= quad[3][1] or quad[1][1] >= quad[2][1]:
        return None
    whole = max(upper.ends[1][0], lower.ends[1][0]) - min(upper.ends[0][0], lower.ends[0][0])
    return quad, (right - left) / whole


def _at_x(line: Segment, x: float) -> Point:
    (x0, y0), (x1, y1) = line.ends
    return x, y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _join_once(lines: list[Segment], max_gap_px: float) -> list[Segment]:
    kept: list[Segment] = []
    for line in lines:
        for place, other in enumerate(kept):
            if _continues(other, line, max_gap_px):
                kept[place] = _joined(other, line)
                break
        else:
            kept.append(line)
    return kept


def _continues(line: Segment, other: Segment, max_gap_px: float) -> bool:
    turn = abs(line.angle_deg - other.angle_deg)
    if min(turn, 180 - turn) > _SAME_ANGLE_DEG:
        return False
    if max(abs(line.aside(end)) for end in other.ends) > _SAME_OFFSET_PX:
        return False
    start, end = sorted(line.along(point) for point in other.ends)
    return start <= line.length + max_gap_px and end >= -max_gap_px


def _joined(line: Segment, other: Segment) -> Segment:
    """The longer line's direction, reaching as far as both."""
    reaches = [0.0, line.length, *(line.along(point) for point in other.ends)]
    return Segment.between(line.at(min(reaches)), line.at(max(reaches)))


def _longest_first(line: Segment) -> tuple[float, tuple[Point, Point]]:
    return -line.length, line.ends
