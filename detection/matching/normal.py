"""The form in which readings and names are compared.

Unicode compatibility forms are resolved (NFKC), case is folded, everything but letters, digits and the marks that carry
meaning goes. Accents of Latin, Greek and Cyrillic letters are taken off, because readers lose them on small text, but
remembered, because short names need exactness. Marks of other scripts are vowels and stay.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise

from mpr.pipeline.codec import Record

# Letters without a Unicode decomposition that people and readers write plainly.
_PLAIN = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"})
_ACCENTED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")


class Normal(Record):
    """A text's letters. `at[i]` is the sign of the text that letter i stands at, of `length` signs; `breaks` are the
    positions between letters (0 to len) where words part, in order, `soft` those where only the look changes: case or
    digits. `accents` holds the positions of letters whose accent was taken off."""

    letters: str
    at: tuple[int, ...]
    length: int
    breaks: tuple[int, ...]
    soft: tuple[int, ...]
    accents: tuple[int, ...]

    def words(self) -> list[tuple[int, int]]:
        """Start and end of every word."""
        return list(pairwise(self.breaks))

    def share(self, place: int) -> float:
        """Where a position between letters is in the text, as a share of its length."""
        return self.at[place] / self.length if place < len(self.at) else 1.0


@lru_cache(maxsize=8192)
def normalise(text: str) -> Normal:
    """The comparable form of a text; all parts are empty when it has no letter and no digit."""
    composed = unicodedata.normalize("NFKC", text)
    letters: list[str] = []
    at: list[int] = []
    breaks = {0}
    soft: set[int] = set()
    accents: set[int] = set()
    before = ""
    for place, char in enumerate(composed):
        if not char.isalnum() and not unicodedata.category(char).startswith("M"):
            breaks.add(len(letters))
            before = ""
            continue
        plain, accented = _plain(char)
        if before and plain and _looks_change(before, char):
            soft.add(len(letters))
        for letter in plain:
            if accented:
                accents.add(len(letters))
            letters.append(letter)
            at.append(place)
        before = char
    breaks.add(len(letters))
    return Normal(
        letters="".join(letters),
        at=tuple(at),
        length=len(composed),
        breaks=tuple(sorted(breaks)),
        soft=tuple(sorted(soft - breaks)),
        accents=tuple(sorted(accents)),
    )


def _plain(char: str) -> tuple[str, bool]:
    folded = char.casefold()
    if char.isascii():
        return folded, False
    if not unicodedata.name(char, "").startswith((*_ACCENTED_SCRIPTS, "COMBINING")):
        return folded, False
    bare = "".join(part for part in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(part))
    plain = bare.translate(_PLAIN)
    return plain, plain != folded


def _looks_change(before: str, char: str) -> bool:
    return (before.islower() and char.isupper()) or before.isdigit() != char.isdigit()
