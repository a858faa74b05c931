"""Letters that look like logos: what is written in a frame, and whether a logo would be a part of it.

A logo that is a letter, or nearly, is seen in every word with that letter. Of a place by itself nothing tells the two
apart; the line that it stands in does, or, where somebody stands before the rest of that line, the next line of the
block. A line that holds the brand's own name says nothing: text detectors take a sign and the name beside it for one
line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from detection.matching.normal import normalise
from detection.quads import Corners, area, bounds, common_area, corners, sides
from detection.records import Quad, TextCandidate, Texts, Tracks

# What is read less surely may be the logo itself.
_LEAST_SCORE = 0.7
# A logo stands in a line when so much of it does, and is a part of it when it is at most so long a share of it.
_IN_LINE, _PART = 0.5, 0.5
# A line that is cut off may be higher than it is long: then it may run either way.
_SQUARE = 0.7
# Lines of one block are at most so many times as high as one another, and so many heights apart.
_OF_A_SIZE, _APART = 2.0, 1.0


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of text in one frame, be it one letter."""

    quad: Quad
    text: str

    @cached_property
    def letters(self) -> str:
        return normalise(self.text).letters


Written = Mapping[int, Sequence[Line]]


def written(texts: Sequence[Texts], tracks: Sequence[Tracks] | None, seqs: Collection[int]) -> Written:
    """What is written in these frames, of what was read surely, shard by shard. What was read once of a track stands
    there in all of its views."""
    found: dict[int, list[Line]] = defaultdict(list)
    for shard, read in enumerate(texts):
        surest: dict[int, TextCandidate] = {}
        for text in read.candidates:
            if not _is_clear(text):
                continue
            if text.track < 0 or tracks is None:
                if text.seq in seqs:
                    found[text.seq].append(Line(quad=text.quad, text=text.text))
            elif text.track not in surest or text.score > surest[text.track].score:
                surest[text.track] = text
        for track in tracks[shard].tracks if surest and tracks is not None else ():
            for view in track.views if track.number in surest else ():
                if view.seq in seqs:
                    found[view.seq].append(Line(quad=view.quad, text=surest[track.number].text))
    return found


def _is_clear(text: TextCandidate) -> bool:
    return text.score >= _LEAST_SCORE and bool(normalise(text.text).letters)


def is_lettering(brand: str, places: Mapping[int, Quad], lines: Written) -> bool:
    """Whether a brand's logo seen in these places would be a part of other text, in half of the frames or more."""
    name = normalise(brand).letters
    parts = sum(
        _is_letter(quad, [line for line in lines.get(seq, ()) if name not in line.letters])
        for seq, quad in places.items()
    )
    return bool(parts) and 2 * parts >= len(places)


def _is_letter(quad: Quad, lines: Sequence[Line]) -> bool:
    """Whether a region is a part of a line, or read as one letter that stands by another line."""
    words = [line for line in lines if len(line.letters) > 1]
    if any(_is_part(quad, line.quad) for line in words):
        return True
    alone = [line for line in lines if len(line.letters) == 1 and _is_same(quad, line.quad)]
    return any(_stand_together(letter.quad, line.quad) for letter in alone for line in words)


def _is_part(quad: Quad, line: Quad) -> bool:
    """Whether a region is but a part of a line."""
    if common_area(quad, line) < _IN_LINE * area(quad):
        return False
    ends = corners(line)
    along, down = sorted((ends[1] - ends[0], ends[3] - ends[0]), key=lambda axis: -float(np.hypot(*axis)))
    axes = [along, down] if np.hypot(*down) >= _SQUARE * np.hypot(*along) else [along]
    return min(_reach(quad, axis) for axis in axes) <= _PART


def _reach(quad: Quad, axis: Corners) -> float:
    """How long a region is along an axis, as a share of it."""
    reach = corners(quad) @ axis / float(axis @ axis)
    return float(reach.max() - reach.min())


def _is_same(quad: Quad, other: Quad) -> bool:
    shared = common_area(quad, other)
    return shared >= _IN_LINE * area(quad) and shared >= _IN_LINE * area(other)


def _stand_together(letter: Quad, line: Quad) -> bool:
    """Whether a letter stands beside, above or below a line of its size."""
    height, other = min(sides(letter)), min(sides(line))
    if max(height, other) > _OF_A_SIZE * min(height, other):
        return False
    (left, top, right, bottom), (x0, y0, x1, y1) = bounds(letter), bounds(line)
    apart = max(x0 - right, left - x1, y0 - bottom, top - y1)
    return apart <= _APART * min(height, other)
