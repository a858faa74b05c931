"""Damaged readings that a good reading nearby explains.

A name half behind a player reads "EMIRA" or "YPUMA". Alone that proves nothing; within moments of a full reading of the
same brand in the same shot, at about the same size, it is that brand (hysteresis, as in Canny's edge linking).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from detection.matching import confusion, geometry
from detection.matching.cells import Cell
from detection.matching.lexicon import Lexicon, Spelling
from detection.matching.normal import normalise
from detection.matching.rules import Rules
from detection.matching.search import common_letters
from detection.records import BrandMatch, KeptFrame, TextCandidate

_SIZE_RATIO = 2.0
# Names shorter than this leave too little of themselves when damaged; what is left must be as long.
_LETTERS = 4
_CHUNK = 4096


def explain(
    readings: Sequence[TextCandidate],
    matches: Iterable[BrandMatch],
    kept: Mapping[int, KeptFrame],
    cells: Mapping[int, Cell],
    lexicon: Lexicon,
) -> list[BrandMatch | None]:
    """For every reading that names nothing the sighting it is a damaged reading of, or None."""
    rules = lexicon.rules
    if rules.support_s == 0:
        return [None] * len(readings)
    sure = _Sure(matches, kept)
    brands = sure.brands()
    spellings = [one for one in lexicon.spellings if one.brand in brands and len(one.letters) >= _LETTERS]
    likely = damaged_names({reading.text for reading in readings}, spellings, rules)
    return [_explained(reading, likely.get(reading.text, ()), sure, kept, cells, rules) for reading in readings]


def damaged_names(
    texts: Iterable[str], spellings: Sequence[Spelling], rules: Rules
) -> dict[str, list[tuple[float, str]]]:
    """The brands each distinct text may be damaged readings of, with their likeness, best first."""
    distinct = sorted(text for text in set(texts) if any(char.isalpha() for char in text))
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
        for row, column in np.argwhere(misread | cut_off):
            likeness = _likeness(normalise(chunk[row]).letters, spellings[column].letters, rules)
            if likeness:
                found.setdefault(chunk[row], []).append((likeness, spellings[column].brand))
    return {text: sorted(options, key=lambda one: (-one[0], one[1])) for text, options in found.items()}


def _likeness(letters: str, name: str, rules: Rules) -> float:
    """Likeness to a name with some letters wrong, or with an end cut off; 0 when too little is left."""
    wrong = Levenshtein.distance(confusion.fold(letters), confusion.fold(name))
    if wrong <= rules.support_error * len(name):
        return 1 - wrong / len(name)
    part = len(letters) / len(name)
    if len(letters) >= _LETTERS and rules.support_part <= part < 1:
        limit = (len(letters) - rules.sure_letters) / rules.letters_per_error
        for place in confusion.places(letters, name, limit):
            return (1 - place.cost / len(letters)) * part
    return 0.0


def _explained(
    reading: TextCandidate,
    options: Iterable[tuple[float, str]],
    sure: _Sure,
    kept: Mapping[int, KeptFrame],
    cells: Mapping[int, Cell],
    rules: Rules,
) -> BrandMatch | None:
    if reading.score < rules.min_confidence:
        return None
    height_px, cell = geometry.height(reading.quad), cells[reading.seq]
    for likeness, brand in options:
        if sure.is_near(kept[reading.seq], brand, height_px, rules.support_s):
            return BrandMatch(
                seq=reading.seq,
                boxes=[reading.box],
                quad=reading.quad,
                brand=brand,
                text=reading.text,
                confidence=round(reading.score * likeness, 4),
                sharpness=reading.sharpness,
                contrast=reading.contrast,
                method="ocr",
                start_s=cell.start_s,
                end_s=cell.end_s,
                boundary_error_s=cell.boundary_error_s,
            )
    return None


class _Sure:
    """The well-read sightings: time and height by shot and brand."""

    def __init__(self, matches: Iterable[BrandMatch], kept: Mapping[int, KeptFrame]) -> None:
        self._sightings: dict[tuple[int, str], list[tuple[float, float]]] = defaultdict(list)
        for match in matches:
            frame = kept[match.seq]
            self._sightings[frame.shot, match.brand].append((frame.frame.pts_s, geometry.height(match.quad)))
        for sightings in self._sightings.values():
            sightings.sort()

    def brands(self) -> set[str]:
        return {brand for _, brand in self._sightings}

    def is_near(self, frame: KeptFrame, brand: str, height_px: float, reach_s: float) -> bool:
        """Whether the brand was read within `reach_s` of the frame, in its shot, at about this height."""
        sightings = self._sightings.get((frame.shot, brand), [])
        first = bisect_left(sightings, (frame.frame.pts_s - reach_s, 0.0))
        last = bisect_right(sightings, (frame.frame.pts_s + reach_s, float("inf")))
        return any(
            max(height, height_px) <= _SIZE_RATIO * min(height, height_px) for _, height in sightings[first:last]
        )
