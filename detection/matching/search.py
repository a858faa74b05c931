"""Looking up many readings at once.

Equal readings are looked up once. A fast filter first picks the few names that a reading could hold (rapidfuzz's
longest common subsequence over all pairs, then its partial ratio); only those are compared letter by letter.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq

from detection.matching import confusion
from detection.matching.confusion import Place
from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.normal import normalise
from detection.matching.reading import Found, find

# Pairs compared in one go; bounds memory, not results.
_CHUNK = 4096


def find_all(texts: Iterable[str], lexicon: Lexicon) -> dict[str, tuple[Found, ...]]:
    """What each distinct text names; texts that name nothing are there with nothing."""
    distinct = sorted(set(texts))
    found: dict[str, tuple[Found, ...]] = {}
    names = [confusion.fold(spelling.letters) for spelling in lexicon.long]
    lost = np.array([int(spelling.budget) + 1 for spelling in lexicon.long], np.int32)
    needed = np.array([len(name) for name in names], np.int32) - lost
    for start in range(0, len(distinct), _CHUNK):
        chunk = distinct[start : start + _CHUNK]
        letters = [normalise(text).letters for text in chunk]
        folded = [confusion.fold(one) for one in letters]
        possible = common_letters(folded, names) >= needed if names else np.zeros((len(chunk), 0), bool)
        pairs = [
            (int(row), lexicon.long[column])
            for row, column in np.argwhere(possible)
            if _is_likely(folded[row], names[column], int(lost[column]))
        ]
        places = confusion.places_of((one.letters, letters[row], one.budget) for row, one in pairs)
        held: dict[int, list[tuple[Spelling, Sequence[Place]]]] = defaultdict(list)
        for (row, spelling), there in zip(pairs, places, strict=True):
            if there:
                held[row].append((spelling, there))
        for row, text in enumerate(chunk):
            found[text] = find(text, held.get(row, ()), lexicon)
    return found


def common_letters(texts: Sequence[str], names: Sequence[str]) -> NDArray[np.int32]:
    """Length of the longest common subsequence of every text (rows) with every name (columns)."""
    return np.asarray(process.cdist(texts, names, scorer=LCSseq.similarity, dtype=np.int32), np.int32)


def _is_likely(text: str, name: str, lost: int) -> bool:
    # A lost letter takes one from the name's part of the text, an additional one shifts another out of it.
    cutoff = 100 * (1 - (lost + 0.5) / len(name))
    return len(text) <= len(name) or fuzz.partial_ratio(name, text, score_cutoff=cutoff) > 0
