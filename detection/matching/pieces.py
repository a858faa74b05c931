"""Texts that are a stretch of a longer name, such as one of its words."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from detection.matching import confusion
from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.normal import normalise
from detection.matching.search import common_letters
from mpr.pipeline.codec import Record

# Shorter stretches than this are pieces only when they are a whole word of the name.
_PIECE_LETTERS = 3
# A single word is only joined from pieces when it is at least this long.
_SPLIT_LETTERS = 6


class Piece(Record):
    """Letters [start, end) of a name, read at a cost."""

    spelling: Spelling
    start: int
    end: int
    cost: float


def pieces_of(texts: Iterable[str], lexicon: Lexicon) -> dict[str, tuple[Piece, ...]]:
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
        return {text: tuple(some) for text, some in found.items()}
    folded = [confusion.fold(lettered[text]) for text in stretches]
    common = common_letters(folded, [confusion.fold(spelling.letters) for spelling in names])
    lengths = np.array([len(one) for one in folded])[:, None]
    allowed = np.maximum(0, ((lengths - lexicon.rules.sure_letters) / lexicon.rules.letters_per_error).astype(int))
    shorter = lengths < np.array([len(spelling.letters) for spelling in names])[None, :]
    likely = [
        (stretches[row], names[column], float(allowed[row, 0]))
        for row, column in np.argwhere(shorter & (common >= lengths - allowed))
        if any(char.isalpha() for char in lettered[stretches[row]])
    ]
    # A text that is part of a name stands in the name as a name stands in a text.
    there = confusion.places_of((lettered[text], spelling.letters, limit) for text, spelling, limit in likely)
    for (text, spelling, _), places in zip(likely, there, strict=True):
        if places:
            piece = Piece(spelling=spelling, start=places[0].start, end=places[0].end, cost=places[0].cost)
            if piece not in found.get(text, ()):
                found.setdefault(text, []).append(piece)
    return {text: tuple(some) for text, some in found.items()}


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
