"""The panels of scores and clocks, told by the shape and the place of their text: short codes in them are no brands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from detection.matching import geometry
from detection.matching.seen import Seen
from detection.matching.shape import has_shape
from detection.records import Quad
from mpr.pipeline.frames import Frame

# How far from the top or bottom edge, as a share of the frame's height, an overlay stands.
_BAND = 0.25
# A panel's cells stand at most this many text heights from one of its numbers.
_REACH_HEIGHTS = 6.0
# Two places are the same when they are at most this share of the frame's width apart.
_STILL = 0.008
_NONE: frozenset[int] = frozenset()


class Panels:
    """The score panels of one shot: numbers that stand still near the upper or lower edge of the frame."""

    def __init__(self, shot: Sequence[Seen], frame: Frame) -> None:
        self._shot = shot
        self._width = frame.width_px
        self._height = frame.height_px

    def hold(self, code: Quad) -> bool:
        """Whether the short code that stands here is a cell of a panel."""
        return self._still(code) and any(_beside(code, anchor) for anchor in self._anchors)

    @cached_property
    def _seen(self) -> dict[tuple[int, int], set[int]]:
        """The frames that have text, by where."""
        seen: dict[tuple[int, int], set[int]] = defaultdict(set)
        for one in self._shot:
            for sight in one.sights:
                seen[self._cell(sight.quad)].add(sight.seq)
        return seen

    @cached_property
    def _needed(self) -> int:
        frames = {sight.seq for one in self._shot for sight in one.sights}
        return min(2, len(frames))

    @cached_property
    def _anchors(self) -> list[Quad]:
        """Numbers near an edge: the same number stands at the same place in frame after frame."""
        numbers = dict.fromkeys(
            reading.quad for one in self._shot for reading in one.readings if has_shape(reading.text)
        )
        edges = (_BAND * self._height, (1 - _BAND) * self._height)
        return [quad for quad in numbers if not edges[0] < geometry.centre(quad)[1] < edges[1] and self._still(quad)]

    def _still(self, quad: Quad) -> bool:
        column, row = self._cell(quad)
        seen = self._seen
        frames: set[int] = set()
        for i in (-1, 0, 1):
            for j in (-1, 0, 1):
                frames |= seen.get((column + i, row + j), _NONE)
                if len(frames) >= self._needed:
                    return True
        return False

    def _cell(self, quad: Quad) -> tuple[int, int]:
        x, y = geometry.centre(quad)
        size = max(1.0, self._width * _STILL)
        return int(x / size), int(y / size)


def _beside(code: Quad, number: Quad) -> bool:
    height = max(geometry.height(number), 1.0)
    if not 0.5 <= geometry.height(code) / height <= 2.0:
        return False
    gap_x, gap_y = geometry.gaps(code, number)
    return (gap_y <= 0.3 * height and gap_x <= _REACH_HEIGHTS * height) or (
        gap_x <= 0.3 * height and gap_y <= 2 * height
    )
