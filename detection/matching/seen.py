"""What is matched: text where it was seen, for one frame or for the frames of a track."""

from __future__ import annotations

from detection.matching.pieces import Piece
from detection.matching.reading import Found
from detection.records import Motion, Quad, TextCandidate
from mpr.pipeline.codec import Record


class Sight(Record):
    """A text's place in one frame, in reading order, which stands for [start_s, end_s). `at_s` is the frame's own time,
    `box` the box's place in the frame's list, -1 where only tracking says that it is there; `motion` is its track's,
    `outline` what its letters fill of the quad, the quad itself where that was not measured."""

    seq: int
    at_s: float
    box: int
    quad: Quad
    outline: Quad
    start_s: float
    end_s: float
    boundary_error_s: float
    sharpness: float
    contrast: float
    motion: Motion | None = None


class Seen(Record):
    """One place with text: all its sights and all that was read there, both in time order, and the text that the
    readings agree on if it is none of theirs. Where nothing is tracked it is one reading in one frame."""

    sights: tuple[Sight, ...]
    readings: tuple[TextCandidate, ...]
    agreed: str = ""


class Name(Record):
    """A brand that was read surely: where in which text, how surely, and in how many readings."""

    found: Found
    text: str
    score: float
    votes: int = 1


class Thing(Record):
    """One text, agreed on by its readings. `text` is how it reads best, `score` how surely, `best` the place among the
    sights where it was read so. `names` are the brands it names; `pieces` those it may be a part of; `texts` are all
    that was read of it."""

    sights: tuple[Sight, ...]
    text: str
    score: float
    best: int
    names: tuple[Name, ...]
    pieces: tuple[Piece, ...]
    texts: tuple[str, ...]
