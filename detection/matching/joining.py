"""Names that are spread over several boxes of a frame.

A box holds a piece of a name when its letters are a stretch of it. Pieces that follow one another in the name and stand
next to one another in the picture, on one line or as stacked lines, are read together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from detection.matching import confusion, geometry
from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.normal import normalise
from detection.matching.search import common_letters
from detection.records import TextCandidate
from mpr.pipeline.codec import Record

# Shorter stretches than this are pieces only when they are a whole word of the name.
_PIECE_LETTERS = 3
# A single word is only joined from pieces when it is at least this long.
_SPLIT_LETTERS = 6
# Letters that may be lost or doubled where two pieces meet.
_SEAM = 1


class Piece(Record):
    """Letters [start, end) of a name, read at a cost."""

    spelling: Spelling
    start: int
    end: int
    cost: float


class Joined(Record):
    """A name read from several boxes, given as places in the frame's list of readings, in reading order."""

    spelling: Spelling
    members: tuple[int, ...]
    likeness: float


def pieces_of(texts: Iterable[str], lexicon: Lexicon) -> dict[str, list[Piece]]:
    """The names each distinct text may be a piece of; texts that are none are left out."""
    names = [spelling for spelling in lexicon.long if len(spelling.cuts) > 2 or len(spelling.letters) >= _SPLIT_LETTERS]
    lettered = {text: normalise(text).letters for text in sorted(set(texts))}
    found: dict[str, list[Piece]] = {}
    words = _words_of(names)
    for text, letters in lettered.items():
        for piece in words.get(letters, ()):
            found.setdefault(text, []).append(piece)
    longest = max((len(spelling.letters) for spelling in names), default=0)
    stretches = [text for text, letters in lettered.items() if _PIECE_LETTERS <= len(letters) < longest]
    if not stretches:
        return found
    folded = [confusion.fold(lettered[text]) for text in stretches]
    common = common_letters(folded, [confusion.fold(spelling.letters) for spelling in names])
    lengths = np.array([len(one) for one in folded])[:, None]
    allowed = np.maximum(0, ((lengths - lexicon.rules.sure_letters) / lexicon.rules.letters_per_error).astype(int))
    shorter = lengths < np.array([len(spelling.letters) for spelling in names])[None, :]
    for row, column in np.argwhere(shorter & (common >= lengths - allowed)):
        text, spelling = stretches[row], names[column]
        stretch = _stretch(lettered[text], spelling, float(allowed[row, 0]))
        if stretch and stretch not in found.get(text, ()):
            found.setdefault(text, []).append(stretch)
    return found


def join(readings: Sequence[TextCandidate], pieces: Mapping[str, Sequence[Piece]], lexicon: Lexicon) -> list[Joined]:
    """Every name that can be put together from two or more of a frame's boxes; each box serves a name once."""
    at_hand: dict[str, list[tuple[Piece, int]]] = {}
    for number, reading in enumerate(readings):
        for piece in pieces.get(reading.text, ()):
            at_hand.setdefault(piece.spelling.letters, []).append((piece, number))
    found = []
    for letters in sorted(at_hand):
        if len(at_hand[letters]) < 2:
            continue
        used: set[int] = set()
        ordered = sorted(at_hand[letters], key=lambda one: (one[0].start, one[1]))
        for piece, number in ordered:
            if number in used or piece.start > _SEAM:
                continue
            chain = _chain([(piece, number)], ordered, used, readings, lexicon)
            if chain:
                used.update(number for _, number in chain)
                found.append(_joined(chain, readings))
    return found


def _chain(
    chain: list[tuple[Piece, int]],
    ordered: Sequence[tuple[Piece, int]],
    used: set[int],
    readings: Sequence[TextCandidate],
    lexicon: Lexicon,
) -> list[tuple[Piece, int]] | None:
    """The chain carried on to the end of the name by its nearest neighbours, or None."""
    last, at = chain[-1]
    spelling = last.spelling
    if len(chain) > 1 and len(spelling.letters) - last.end <= _SEAM:
        return chain if _cost(chain) <= spelling.budget else None
    taken = used | {number for _, number in chain}
    nexts = [
        (piece, number)
        for piece, number in ordered
        if number not in taken
        and abs(piece.start - last.end) <= _SEAM
        and piece.end > last.end
        and _adjoins(readings[at], readings[number], last.end in spelling.cuts, lexicon)
    ]
    nexts.sort(key=lambda one: (_distance(readings[at], readings[one[1]]), one[1]))
    for following in nexts:
        whole = _chain([*chain, following], ordered, used, readings, lexicon)
        if whole:
            return whole
    return None


def _adjoins(first: TextCandidate, second: TextCandidate, at_word: bool, lexicon: Lexicon) -> bool:
    gap = lexicon.rules.max_gap_heights
    if geometry.follows(first.quad, second.quad, max_gap_heights=gap):
        return True
    return at_word and geometry.lies_below(first.quad, second.quad, max_gap_heights=gap)


def _distance(first: TextCandidate, second: TextCandidate) -> float:
    across, down = geometry.gaps(first.quad, second.quad)
    return max(across, 0.0) + max(down, 0.0)


def _cost(chain: Sequence[tuple[Piece, int]]) -> float:
    """Misread letters of the pieces, and those lost or doubled at the seams and ends."""
    first, last = chain[0][0], chain[-1][0]
    seams = sum(abs(right.start - left.end) for (left, _), (right, _) in pairwise(chain))
    ends = first.start + len(last.spelling.letters) - last.end
    return sum(piece.cost for piece, _ in chain) + confusion.WRONG * (seams + ends)


def _joined(chain: Sequence[tuple[Piece, int]], readings: Sequence[TextCandidate]) -> Joined:
    spelling = chain[0][0].spelling
    return Joined(
        spelling=spelling,
        members=tuple(number for _, number in chain),
        likeness=round(1 - _cost(chain) / len(spelling.letters), 4),
    )


def _words_of(names: Iterable[Spelling]) -> dict[str, list[Piece]]:
    """Runs of whole words of the names, other than the whole name, by their letters."""
    found: dict[str, list[Piece]] = {}
    for spelling in names:
        for start in spelling.cuts:
            for end in spelling.cuts:
                if 0 < end - start < len(spelling.letters):
                    piece = Piece(spelling=spelling, start=start, end=end, cost=0.0)
                    found.setdefault(spelling.letters[start:end], []).append(piece)
    return found


def _stretch(letters: str, spelling: Spelling, limit: float) -> Piece | None:
    if not any(char.isalpha() for char in letters):
        return None
    found = confusion.places(letters, spelling.letters, limit)
    if not found:
        return None
    return Piece(spelling=spelling, start=found[0].start, end=found[0].end, cost=found[0].cost)
