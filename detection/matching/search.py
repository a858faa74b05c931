"""Looking up many readings at once.

Equal readings are looked up once. A fast filter first picks the few names that a reading could hold (rapidfuzz's
longest common subsequence over all pairs, then its partial ratio); only those are compared letter by letter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq

from detection.matching import confusion
from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.normal import normalise
from detection.matching.reading import Found, find

# Pairs compared in one go; bounds memory, not results.
_CHUNK = 4096


def find_all(
    texts: Iterable[str], lexicon: Lexicon, *, on_chunk: Callable[[int], None] = lambda done: None
) -> dict[str, list[Found]]:
    """What each distinct text names; texts that name nothing are there with an empty list."""
    distinct = sorted(set(texts))
    found: dict[str, list[Found]] = {}
    folded = [confusion.fold(normalise(text).letters) for text in distinct]
    names = [confusion.fold(spelling.letters) for spelling in lexicon.long]
    lost = np.array([int(spelling.budget) + 1 for spelling in lexicon.long], np.int32)
    needed = np.array([len(name) for name in names], np.int32) - lost
    for start in range(0, len(distinct), _CHUNK):
        chunk = folded[start : start + _CHUNK]
        possible = common_letters(chunk, names) >= needed if names else np.zeros((len(chunk), 0), bool)
        for row, text in enumerate(distinct[start : start + _CHUNK]):
            likely = list(_likely(chunk[row], np.flatnonzero(possible[row]), names, lexicon.long, lost))
            found[text] = find(text, likely, lexicon)
        on_chunk(start + len(chunk))
    return found


def common_letters(texts: Sequence[str], names: Sequence[str]) -> NDArray[np.int32]:
    """Length of the longest common subsequence of every text (rows) with every name (columns)."""
    return np.asarray(process.cdist(texts, names, scorer=LCSseq.similarity, dtype=np.int32), np.int32)


def _likely(
    text: str, columns: NDArray[np.intp], names: Sequence[str], spellings: Sequence[Spelling], lost: NDArray[np.int32]
) -> Iterator[Spelling]:
    for column in columns:
        name = names[column]
        # A lost letter takes one from the name's part of the text, an additional one shifts another out of it.
        cutoff = 100 * (1 - (lost[column] + 0.5) / len(name))
        if len(text) <= len(name) or fuzz.partial_ratio(name, text, score_cutoff=cutoff) > 0:
            yield spellings[column]
