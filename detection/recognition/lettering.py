"""Letters that look like logos: what is written in a frame, and whether a logo would be a part of it.

A logo that is a letter, or nearly, is seen in every word with that letter. Of a place by itself nothing tells the two
apart; the line that it stands in does. A line that holds the brand's own name says nothing: text detectors take a sign
and the name beside it for one line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from detection.matching.normal import normalise
from detection.quads import area, common_area, corners
from detection.records import Quad, TextCandidate, Texts, Tracks

# One letter is no line, and what is read less surely may be the logo itself.
_LEAST_LETTERS, _LEAST_SCORE = 2, 0.7
# A logo stands in a line when so much of it does, and is a part of it when it is at most so long a share of it.
_IN_LINE, _PART = 0.5, 0.5


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of text in one frame."""

    quad: Quad
    text: str


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
    return text.score >= _LEAST_SCORE and len(normalise(text.text).letters) >= _LEAST_LETTERS


def is_lettering(brand: str, places: Mapping[int, Quad], lines: Written) -> bool:
    """Whether a brand's logo seen in these places would be a part of a line of other text, in most of the frames."""
    name = normalise(brand).letters
    parts = sum(
        any(_is_part(quad, line.quad) and name not in normalise(line.text).letters for line in lines.get(seq, ()))
        for seq, quad in places.items()
    )
    return 2 * parts > len(places)


def _is_part(quad: Quad, line: Quad) -> bool:
    """Whether a region is but a part of a line."""
    if common_area(quad, line) < _IN_LINE * area(quad):
        return False
    ends = corners(line)
    along, down = ends[1] - ends[0], ends[3] - ends[0]
    axis = along if np.hypot(*along) >= np.hypot(*down) else down
    reach = corners(quad) @ axis / float(axis @ axis)
    return float(reach.max() - reach.min()) <= _PART
