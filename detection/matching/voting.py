"""Several readings of one thing agree on one text and its brands.

Every view of a track shows the same thing, so what was read in its few best views is voted on: each reading counts by
its score, and for the brands it names. What disagrees altogether was not the same: a board that changed while it was
followed is cut in two halfway between the readings.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import fmean

import msgspec
from rapidfuzz import fuzz

from detection.matching import confusion
from detection.matching.consensus import consensus
from detection.matching.meanings import Meanings
from detection.matching.normal import normalise
from detection.matching.pieces import Piece
from detection.matching.reading import Found
from detection.matching.rules import Rules
from detection.matching.scoreboard import Panels
from detection.matching.seen import Name, Seen, Sight, Thing
from detection.matching.shape import is_code
from detection.records import TextCandidate

# Texts with less in common than this (rapidfuzz's partial ratio, 0 to 100) are not readings of one text.
_ALIKE = 55.0
# What a reading needs to contradict another: so many letters, read so surely.
_CLEAR_LETTERS = 4
_CLEAR_SCORE = 0.85
# What a reading weighs against a name that it holds among other letters.
_HOLDS = 0.5


def texts_of(shot: Iterable[Seen]) -> Iterator[str]:
    """All texts that the vote will want to know about."""
    for seen in shot:
        for reading in seen.readings:
            yield reading.text
        if len(seen.readings) > 1:
            for spell in _spells(seen.readings):
                yield consensus([(seen.readings[at].text, seen.readings[at].score) for at in spell])


def vote(shot: Iterable[Seen], meanings: Meanings, panels: Panels) -> list[Thing]:
    """What was seen in a shot. Where readings of one place contradict each other, it was several things in turn."""
    things = []
    for seen in shot:
        if len(seen.readings) == 1:
            things.append(_alone(seen, meanings, panels))
        else:
            spells = _spells(seen.readings)
            sights = _cut(seen.sights, seen.readings, spells)
            things += [
                _thing(some, [seen.readings[at] for at in spell], meanings, panels)
                for some, spell in zip(sights, spells, strict=True)
                if some
            ]
    return things


# --- what belongs together --------------------------------------------------------------------------------------------


def _spells(readings: Sequence[TextCandidate]) -> list[list[int]]:
    """Places of the readings, cut where two clear ones contradict each other; unclear ones go with the nearer."""
    clear = [at for at, reading in enumerate(readings) if _is_clear(reading)]
    cuts = []
    for one, other in pairwise(clear):
        if not _agree(readings[one].text, readings[other].text):
            middle = (readings[one].seq + readings[other].seq) / 2
            cuts.append(next(at for at in range(one + 1, other + 1) if at == other or readings[at].seq > middle))
    return [list(range(start, end)) for start, end in pairwise([0, *cuts, len(readings)])]


def _is_clear(reading: TextCandidate) -> bool:
    return reading.score >= _CLEAR_SCORE and len(normalise(reading.text).letters) >= _CLEAR_LETTERS


def _agree(one: str, other: str) -> bool:
    first, second = (confusion.fold(normalise(text).letters) for text in (one, other))
    return fuzz.partial_ratio(first, second) >= _ALIKE


def _cut(
    sights: Sequence[Sight], readings: Sequence[TextCandidate], spells: Sequence[Sequence[int]]
) -> Iterator[tuple[Sight, ...]]:
    """The sights of each spell. Between two spells time is cut halfway from the last reading to the first; by half of
    that distance it may be wrong."""
    at_s = {sight.seq: sight.at_s for sight in sights}
    starts, errors_s = [float("-inf")], [0.0]
    for before, after in pairwise(spells):
        last_s, first_s = at_s[readings[before[-1]].seq], at_s[readings[after[0]].seq]
        starts.append((last_s + first_s) / 2)
        errors_s.append((first_s - last_s) / 2)
    edges = list(zip([*starts, float("inf")], [*errors_s, 0.0], strict=True))
    for (start_s, start_error_s), (end_s, end_error_s) in pairwise(edges):
        yield tuple(
            _clipped(sight, start_s, start_error_s, end_s, end_error_s)
            for sight in sights
            if max(sight.start_s, start_s) < min(sight.end_s, end_s)
        )


def _clipped(sight: Sight, start_s: float, start_error_s: float, end_s: float, end_error_s: float) -> Sight:
    if start_s <= sight.start_s and sight.end_s <= end_s:
        return sight
    error_s = sight.boundary_error_s
    if sight.start_s < start_s:
        error_s = max(error_s, start_error_s)
    if end_s < sight.end_s:
        error_s = max(error_s, end_error_s)
    return msgspec.structs.replace(
        sight, start_s=max(sight.start_s, start_s), end_s=min(sight.end_s, end_s), boundary_error_s=error_s
    )


# --- what it says -----------------------------------------------------------------------------------------------------


def _alone(seen: Seen, meanings: Meanings, panels: Panels) -> Thing:
    reading = seen.readings[0]
    text, score, meaning = reading.text, reading.score, meanings.of(reading.text)
    names: tuple[Name, ...] = ()
    if meaning.found:
        names = tuple(
            Name(found=found, text=text, score=score)
            for found in meaning.found
            if _is_sure(reading, score, found, panels, meanings.lexicon.rules)
        )
    best = 0 if len(seen.sights) == 1 else _place(seen.sights, reading)
    return Thing(
        sights=seen.sights, text=text, score=score, best=best, names=names, pieces=meaning.pieces, texts=(text,)
    )


def _place(sights: Sequence[Sight], reading: TextCandidate) -> int:
    """Among the sights, that of the reading's frame."""
    return next((at for at, sight in enumerate(sights) if sight.seq == reading.seq), 0)


def _thing(sights: tuple[Sight, ...], readings: Sequence[TextCandidate], meanings: Meanings, panels: Panels) -> Thing:
    best = max(range(len(readings)), key=lambda at: (readings[at].score * readings[at].sharpness, -at))
    voted = [(reading.text, reading.score, reading) for reading in readings]
    agreed = consensus([(reading.text, reading.score) for reading in readings])
    if agreed:
        voted.append((agreed, fmean(reading.score for reading in readings), readings[best]))
    read = Counter(brand for reading in readings for brand in _brands(meanings.of(reading.text).found))
    names = [
        Name(found=found, text=text, score=score)
        for text, score, reading in voted
        for found in meanings.of(text).found
        if _is_sure(reading, score, found, panels, meanings.lexicon.rules, confirmed=read[found.spelling.brand] > 1)
    ]
    lead = max(readings, key=lambda reading: (sum(name.text == reading.text for name in names), reading.score))
    return Thing(
        sights=sights,
        text=lead.text,
        score=lead.score,
        best=_place(sights, readings[best]),
        names=_elected(names, readings),
        pieces=_all_pieces([text for text, _, _ in voted], meanings),
        texts=tuple(dict.fromkeys(text for text, _, _ in voted)),
    )


def _brands(found: Iterable[Found]) -> set[str]:
    return {one.spelling.brand for one in found}


def _is_sure(
    reading: TextCandidate, score: float, found: Found, panels: Panels, rules: Rules, *, confirmed: bool = False
) -> bool:
    """Whether a reading is sure enough of a brand. A short name that another reading of the same thing `confirmed`
    needs no more confidence than a long one."""
    if found.short:
        enough = rules.min_confidence if confirmed else rules.min_short_confidence
        return score >= enough and not (is_code(reading.text) and panels.hold(reading.quad))
    return score >= rules.min_confidence


def _elected(names: Sequence[Name], readings: Sequence[TextCandidate]) -> tuple[Name, ...]:
    """Of every brand its surest reading, unless readings that say otherwise weigh more. Of brands that are alike, which
    cannot both be meant, that with most votes."""
    by_brand: dict[str, list[Name]] = defaultdict(list)
    for name in names:
        by_brand[name.found.spelling.brand].append(name)
    votes = {brand: sum(_vote(one) for one in some) for brand, some in by_brand.items()}
    kept: list[str] = []
    for brand in sorted(votes, key=lambda brand: (-votes[brand], brand)):
        mine = by_brand[brand]
        texts = {one.text for one in mine}
        rivals = (by_brand[other] for other in kept)
        beside = all(texts & {one.text for one in some} or not _rivals(mine[0], some[0]) for some in rivals)
        if beside and _against(mine, readings) <= sum(one.score for one in mine):
            kept.append(brand)
    return tuple(_surest(by_brand[brand], readings) for brand in sorted(kept))


def _surest(names: Sequence[Name], readings: Sequence[TextCandidate]) -> Name:
    texts = {name.text for name in names}
    best = max(names, key=lambda name: (name.score * name.found.likeness, name.text))
    return Name(
        found=best.found, text=best.text, score=best.score, votes=sum(reading.text in texts for reading in readings)
    )


def _vote(name: Name) -> float:
    return name.score * name.found.likeness * len(name.found.spelling.letters)


def _against(names: Sequence[Name], readings: Sequence[TextCandidate]) -> float:
    """Weight of the clear readings that do not name the brand though they are long enough to hold it; a shorter one may
    be what was left to see of it. One that holds the name and more counts half: an emblem beside a word is read as a
    letter of it in some views and not in others."""
    texts = {name.text for name in names}
    spelt = min((name.found.spelling.letters for name in names), key=len)
    against = 0.0
    for reading in readings:
        letters = normalise(reading.text).letters
        if reading.text not in texts and _is_clear(reading) and len(letters) >= len(spelt):
            against += reading.score * (_HOLDS if spelt in letters else 1.0)
    return against


def _rivals(one: Name, other: Name) -> bool:
    return fuzz.partial_ratio(one.found.spelling.letters, other.found.spelling.letters) >= _ALIKE


def _all_pieces(texts: Sequence[str], meanings: Meanings) -> tuple[Piece, ...]:
    best: dict[tuple[str, str, int, int], Piece] = {}
    for text in texts:
        for piece in meanings.of(text).pieces:
            key = piece.spelling.brand, piece.spelling.letters, piece.start, piece.end
            if key not in best or piece.cost < best[key].cost:
                best[key] = piece
    return tuple(best[key] for key in sorted(best))
