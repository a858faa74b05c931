"""Which brands one reading names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from rapidfuzz.distance import Levenshtein

from detection.matching import confusion
from detection.matching.confusion import Place
from detection.matching.lexicon import Lexicon, Spelling, core
from detection.matching.normal import Normal, normalise
from detection.matching.rules import Rules
from detection.matching.shape import has_shape
from mpr.pipeline.codec import Record

# A name inside a longer word is found with this cost, so that it is less sure than the same name standing alone.
_GLUED_COST = 0.5
# Codes of teams and countries beside clocks and scores have up to so many letters.
_CODE_LETTERS = 3
# So many letters behind a name are a further word rather than an ending.
_WORD_LETTERS = 3
# From this cost on a digit does not stand for a letter of a short name.
_UNLIKE = 0.6
# In a row of one name one letter of so many may be misread.
_ROW_LETTERS_PER_ERROR = 9


class Found(Record):
    """A brand in a reading: letters [start, end) of its normal form, which are at [left, right) of its width, 0 to 1.
    `likeness` is 1 when nothing was misread."""

    spelling: Spelling
    start: int
    end: int
    left: float
    right: float
    likeness: float
    short: bool


def find(text: str, spellings: Iterable[tuple[Spelling, Sequence[Place]]], lexicon: Lexicon) -> tuple[Found, ...]:
    """The brands that a reading names, left to right, without overlap; the longer and better read one wins.

    `spellings` are the long names that the reading may hold, with where; the short ones are looked up by their letters.
    """
    normal = normalise(text)
    if not normal.letters:
        return ()
    found = _short(text, normal, lexicon)
    if has_shape(text):
        found = [one for one in found if len(one.spelling.letters) > _CODE_LETTERS]
    for spelling, places in spellings:
        found += _long(normal, spelling, places, lexicon.rules)
    found.sort(key=lambda one: (-_weight(one), one.start, one.spelling.brand))
    kept: list[Found] = []
    for one in found:
        if not any(one.start < other.end and other.start < one.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.start))


def _found(spelling: Spelling, normal: Normal, start: int, end: int, likeness: float, *, short: bool = True) -> Found:
    whole = start == 0 and end == len(normal.letters)
    return Found(
        spelling=spelling,
        start=start,
        end=end,
        left=0.0 if whole else normal.share(start),
        right=1.0 if whole else normal.share(end),
        likeness=likeness,
        short=short,
    )


def _weight(found: Found) -> float:
    letters = len(found.spelling.letters)
    return max(found.end - found.start, letters) - 3 * letters * (1 - found.likeness)


# --- short names ------------------------------------------------------------------------------------------------------


def _short(text: str, normal: Normal, lexicon: Lexicon) -> list[Found]:
    """Names that must be exact: as words of their own, or repeated to make up one word."""
    found = []
    total = len(normal.letters)
    for start, end in _runs(normal, lexicon.rules.short_letters):
        for spelling, cost in _equal(normal.letters[start:end], lexicon):
            if _is_exact(text, normal, start, spelling):
                share = _share_of(normal, spelling.letters)
                if share >= lexicon.rules.min_short_share:
                    likeness = 1 - cost / len(spelling.letters)
                    found.append(_found(spelling, normal, start, end, likeness))
    for letters, spellings in lexicon.short.items():
        if len(letters) > 2 and letters in normal.letters and _is_row_of(letters, normal.letters):
            found.append(_found(spellings[0], normal, 0, total, 1.0))
    return found


def _is_row_of(name: str, letters: str) -> bool:
    """Whether the letters are a name again and again without a gap, perhaps cut off at the ends or misread a little."""
    if len(letters) < 2 * len(name):
        return False
    row = name * (len(letters) // len(name) + 2)
    errors = len(letters) // _ROW_LETTERS_PER_ERROR
    return any(
        Levenshtein.distance(letters, row[at : at + len(letters)], score_cutoff=errors) <= errors
        for at in range(len(name))
    )


def _runs(normal: Normal, longest: int) -> list[tuple[int, int]]:
    """Every run of whole words that is not longer than a short name."""
    cuts = normal.breaks
    return [(start, end) for start in cuts for end in cuts if 0 < end - start <= longest]


def _equal(letters: str, lexicon: Lexicon) -> list[tuple[Spelling, float]]:
    """Short names with just these letters, or with a single digit for a letter, such as 8 for B."""
    if letters in lexicon.short:
        return [(lexicon.short[letters][0], 0.0)]
    found = []
    if len(letters) > 2 and any(char.isalpha() for char in letters):
        for name, spellings in lexicon.short.items():
            if len(name) == len(letters):
                wrong = [(a, b) for a, b in zip(name, letters, strict=True) if a != b]
                if len(wrong) == 1 and wrong[0][0].isdigit() != wrong[0][1].isdigit():
                    cost = confusion.swap(*wrong[0])
                    if cost < _UNLIKE:
                        found.append((spellings[0], cost))
    return found


def _is_exact(text: str, normal: Normal, start: int, spelling: Spelling) -> bool:
    if len(spelling.letters) <= 2:
        return core(text) == core(spelling.text)
    accents = {place - start for place in normal.accents if start <= place < start + len(spelling.letters)}
    # Readers lose accents but do not invent them: “über” is a word, not a misread “Uber”.
    return accents <= set(spelling.accents)


def _share_of(normal: Normal, letters: str) -> float:
    """How much of the reading the name and its repetitions make up."""
    times = max(1, sum(normal.letters[start:end] == letters for start, end in normal.words()))
    return times * len(letters) / len(normal.letters)


# --- longer names -----------------------------------------------------------------------------------------------------


def _long(normal: Normal, spelling: Spelling, places: Sequence[Place], rules: Rules) -> list[Found]:
    """Every place of one name in the reading that passes, as one stretch from the first to the last."""
    kept: list[tuple[Place, float]] = []
    for place in places:
        if any(place.start < other.end and other.start < place.end for other, _ in kept):
            continue
        edges = _edge_cost(place, normal, spelling, rules)
        glued = edges == _GLUED_COST and place.cost <= spelling.budget / 2
        if (glued or place.cost + edges <= spelling.budget) and _in_letters(normal, place, spelling):
            kept.append((place, place.cost + edges))
    covered = sum(place.end - place.start for place, _ in kept)
    if not kept or covered / len(normal.letters) < rules.min_share:
        return []
    start, end = min(place.start for place, _ in kept), max(place.end for place, _ in kept)
    likeness = round(1 - min(cost for _, cost in kept) / len(spelling.letters), 4)
    return [_found(spelling, normal, start, end, likeness, short=False)]


def _in_letters(normal: Normal, place: Place, spelling: Spelling) -> bool:
    """Digits never stand for most of a name's letters: a clock of 10:15 is not a name that looks like it."""
    if spelling.letters.isdigit():
        return place.cost == 0 and len(normal.letters) == len(spelling.letters)
    read = sum(char.isalpha() for char in normal.letters[place.start : place.end])
    return read * 2 >= sum(char.isalpha() for char in spelling.letters)


def _edge_cost(place: Place, normal: Normal, spelling: Spelling, rules: Rules) -> float:
    """What it costs that letters stand directly before or behind the name; infinite where that makes another word."""
    parts = (*normal.breaks, *normal.soft)
    ahead = normal.letters[max(cut for cut in parts if cut <= place.start) : place.start]
    behind = normal.letters[place.end : min(cut for cut in parts if cut >= place.end)]
    name = spelling.letters
    if _repeats(ahead, (name * len(ahead))[-len(ahead) :], rules):
        ahead = ""
    if _repeats(behind, (name * len(behind))[: len(behind)], rules):
        behind = ""
    if not ahead and not behind:
        return 0.0
    if len(name) < rules.min_glued_share * (len(name) + len(ahead) + len(behind)):
        return inf
    if ahead and len(name) < rules.glued_letters:
        return inf
    if len(behind) >= _WORD_LETTERS:
        return _GLUED_COST if len(name) >= rules.glued_ahead_letters else inf
    return len(behind) * confusion.END + (_GLUED_COST if ahead else 0.0)


def _repeats(rest: str, again: str, rules: Rules) -> bool:
    """Whether what stands beside a name is the name again, whole or cut off."""
    if len(rest) < 2:
        return False
    errors = int(len(rest) / (rules.letters_per_error + 1))
    return Levenshtein.distance(rest, again, score_cutoff=errors) <= errors
