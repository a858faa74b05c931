"""Text of scoreboards and clocks, told by its shape and its place: it names no brand, however it reads."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from detection.matching import geometry
from detection.records import Quad, TextCandidate
from mpr.pipeline.frames import Frame

_NUMBER = re.compile(
    r"[+#]?\d{1,4}(?:st|nd|rd|th|['’′″\"%°])?|\d{1,3}(?:[.:,'’\-–—/]\d{1,3}){1,3}|[-–—:+/|.]", re.IGNORECASE
)
_CODE = re.compile(r"[^\W\d_]{1,4}")
# How far from the top or bottom edge, as a share of the frame's height, an overlay stands.
_BAND = 0.25
# A panel's cells stand at most this many text heights from one of its numbers.
_REACH_HEIGHTS = 6.0
# Two places are the same when they are at most this share of the frame's width apart.
_STILL = 0.008


@lru_cache(maxsize=65536)
def has_shape(text: str) -> bool:
    """Whether a text looks like a clock, a score or a line of a score table: numbers, alone or with short codes."""
    tokens = text.split()
    numbers = [token for token in tokens if _NUMBER.fullmatch(token)]
    digits = any(char.isdigit() for token in numbers for char in token)
    return digits and all(token in numbers or _CODE.fullmatch(token) for token in tokens)


def is_code(text: str) -> bool:
    """Whether a text could be the short code of a team, a driver or a country."""
    return _CODE.fullmatch(text.strip()) is not None


class Panels:
    """The score panels of one shot: numbers that stand still near the upper or lower edge of the frame."""

    def __init__(self, candidates: Iterable[TextCandidate], frame: Frame, *, frames: int) -> None:
        self._width = frame.width_px
        self._needed = min(2, frames)
        self._seen: dict[tuple[int, int], set[int]] = defaultdict(set)
        numbers = []
        for candidate in candidates:
            x, y = geometry.centre(candidate.quad)
            self._seen[self._cell(x, y)].add(candidate.seq)
            if has_shape(candidate.text) and not _BAND < y / frame.height_px < 1 - _BAND:
                numbers.append(candidate)
        # The same number stands at the same place in frame after frame.
        self._anchors = dict.fromkeys(number.quad for number in numbers if self._still(number))

    def hold(self, candidate: TextCandidate) -> bool:
        """Whether this short code is a cell of a panel."""
        return self._still(candidate) and any(_beside(candidate.quad, anchor) for anchor in self._anchors)

    def _still(self, candidate: TextCandidate) -> bool:
        x, y = geometry.centre(candidate.quad)
        column, row = self._cell(x, y)
        around = (self._seen.get((column + i, row + j), set()) for i in (-1, 0, 1) for j in (-1, 0, 1))
        return len(set().union(*around)) >= self._needed

    def _cell(self, x: float, y: float) -> tuple[int, int]:
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
