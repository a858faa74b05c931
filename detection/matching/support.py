"""Damaged readings that a good reading nearby explains.

A name half behind a player reads "EMIRA" or "YPUMA". Alone that proves nothing; within moments of a full reading of the
same brand in the same shot, at about the same size, it is that brand (hysteresis, as in Canny's edge linking).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import product

import numpy as np
from rapidfuzz.distance import Levenshtein

from detection.matching import confusion, geometry
from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.normal import normalise
from detection.matching.rules import Rules
from detection.matching.search import common_letters
from detection.matching.seen import Thing
from detection.matching.sightings import sightings
from detection.records import BrandMatch, KeptFrame

_SIZE_RATIO = 2.0
# Names shorter than this leave too little of themselves when damaged; what is left must be as long.
_LETTERS = 4
_CHUNK = 4096


def explain(
    shots: Mapping[int, tuple[Sequence[BrandMatch], Sequence[Thing]]], kept: Mapping[int, KeptFrame], lexicon: Lexicon
) -> Iterator[tuple[int, list[BrandMatch], list[Thing]]]:
    """For each shot, with its sure sightings and what names nothing: the sightings of what are damaged readings of its
    brands, and what is left."""
    rules = lexicon.rules
    asked: set[tuple[str, str]] = set()
    for matches, things in shots.values() if rules.support_s else ():
        asked.update(product({text for thing in things for text in thing.texts}, {match.brand for match in matches}))
    likely = damaged_names(asked, lexicon)
    for shot, (matches, things) in shots.items():
        sure = _Sure(matches, kept)
        found: list[BrandMatch] = []
        left = []
        for thing in things:
            explained = [] if likely.keys().isdisjoint(thing.texts) else _explained(thing, likely, sure, rules)
            found += explained
            if not explained:
                left.append(thing)
        yield shot, found, left


def damaged_names(asked: Set[tuple[str, str]], lexicon: Lexicon) -> dict[str, list[tuple[float, str]]]:
    """Of texts and brands asked about, those that may be damaged readings, with their likeness, best first."""
    rules = lexicon.rules
    brands = {brand for _, brand in asked}
    spellings = [one for one in lexicon.spellings if one.brand in brands and len(one.letters) >= _LETTERS]
    distinct = sorted(text for text in {text for text, _ in asked} if any(char.isalpha() for char in text))
    names = [confusion.fold(spelling.letters) for spelling in spellings]
    name_lengths = np.array([len(name) for name in names])[None, :]
    found: dict[str, list[tuple[float, str]]] = {}
    for first in range(0, len(distinct) if names else 0, _CHUNK):
        chunk = distinct[first : first + _CHUNK]
        folded = [confusion.fold(normalise(text).letters) for text in chunk]
        lengths = np.array([len(letters) for letters in folded])[:, None]
        shared = common_letters(folded, names)
        misread = np.abs(lengths - name_lengths) <= rules.support_error * name_lengths
        misread &= shared >= name_lengths * (1 - rules.support_error) - 1
        cut_off = (lengths >= _LETTERS) & (lengths >= rules.support_part * name_lengths) & (lengths < name_lengths)
        cut_off &= shared >= lengths - np.maximum(lengths - rules.sure_letters, 0) / rules.letters_per_error - 1
        pairs = [
            (chunk[row], spellings[column])
            for row, column in np.argwhere(misread | cut_off).tolist()
            if (chunk[row], spellings[column].brand) in asked
        ]
        for (text, spelling), likeness in zip(pairs, _likenesses(pairs, rules), strict=True):
            if likeness:
                found.setdefault(text, []).append((likeness, spelling.brand))
    return {text: sorted(options, key=lambda one: (-one[0], one[1])) for text, options in found.items()}


def _likenesses(pairs: Sequence[tuple[str, Spelling]], rules: Rules) -> list[float]:
    """Likeness to a name with some letters wrong, or with an end cut off; 0 when too little is left."""
    likenesses = []
    parts: list[tuple[int, tuple[str, str, float]]] = []
    for number, (text, spelling) in enumerate(pairs):
        letters, name = normalise(text).letters, spelling.letters
        wrong = Levenshtein.distance(confusion.fold(letters), confusion.fold(name))
        likenesses.append(1 - wrong / len(name) if wrong <= rules.support_error * len(name) else 0.0)
        if not likenesses[-1] and len(letters) >= _LETTERS and rules.support_part <= len(letters) / len(name) < 1:
            parts.append((number, (letters, name, (len(letters) - rules.sure_letters) / rules.letters_per_error)))
    places = confusion.places_of(question for _, question in parts)
    for (number, (letters, name, _)), found in zip(parts, places, strict=True):
        if found:
            likenesses[number] = (1 - found[0].cost / len(letters)) * len(letters) / len(name)
    return likenesses


def _explained(
    thing: Thing, likely: Mapping[str, Sequence[tuple[float, str]]], sure: _Sure, rules: Rules
) -> list[BrandMatch]:
    if thing.score < rules.min_confidence:
        return []
    options = [(*option, text) for text in thing.texts for option in likely.get(text, ())]
    for likeness, brand, text in sorted(options, key=lambda one: (-one[0], one[1])):
        if sure.is_near(thing, brand, rules.support_s):
            confidence = round(thing.score * likeness, 4)
            return sightings(thing.sights, brand, text, confidence)
    return []


class _Sure:
    """The well-read sightings of a shot: time and height by brand."""

    def __init__(self, matches: Iterable[BrandMatch], kept: Mapping[int, KeptFrame]) -> None:
        self._matches = matches
        self._kept = kept

    @cached_property
    def _seen(self) -> dict[str, list[tuple[float, float]]]:
        seen: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for match in self._matches:
            seen[match.brand].append((self._kept[match.seq].frame.pts_s, geometry.height(match.quad)))
        for some in seen.values():
            some.sort()
        return seen

    def is_near(self, thing: Thing, brand: str, reach_s: float) -> bool:
        """Whether the brand was read within `reach_s` of when the thing is seen, at about its height."""
        seen = self._seen.get(brand, [])
        first = bisect_left(seen, (thing.sights[0].at_s - reach_s, 0.0))
        last = bisect_right(seen, (thing.sights[-1].at_s + reach_s, float("inf")))
        height_px = geometry.height(thing.sights[thing.best].quad)
        return any(max(height, height_px) <= _SIZE_RATIO * min(height, height_px) for _, height in seen[first:last])
