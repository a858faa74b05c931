"""What was seen at one place in turn.

All views of a track show one thing, unless what is on it changed while it was followed, as on boards of lamps: then two
clear readings have next to nothing in common, and time is cut halfway between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

import msgspec
from rapidfuzz import fuzz

from detection.matching import confusion
from detection.matching.consensus import consensus
from detection.matching.normal import normalise
from detection.matching.seen import Seen, Sight
from detection.records import TextCandidate

# Texts with less in common than this (rapidfuzz's partial ratio, 0 to 100) are not readings of one text.
_ALIKE = 55.0
# What a reading needs to contradict another: so many letters, read so surely.
_CLEAR_LETTERS = 4
_CLEAR_SCORE = 0.85


def in_turn(seen: Seen) -> list[Seen]:
    """The same, or its parts one after the other, each with the text that its readings agree on."""
    readings = seen.readings
    if len({reading.text for reading in readings}) == 1:
        return [seen]
    cuts = [0, *_cuts(readings), len(readings)]
    spells = [readings[start:end] for start, end in pairwise(cuts)]
    sights = [seen.sights] if len(spells) == 1 else _cut(seen.sights, spells)
    return [
        Seen(sights=some, readings=spell, agreed=consensus([(one.text, one.score) for one in spell]))
        for some, spell in zip(sights, spells, strict=True)
        if some
    ]


def is_clear(reading: TextCandidate) -> bool:
    """Whether a reading can be believed against others."""
    return reading.score >= _CLEAR_SCORE and len(normalise(reading.text).letters) >= _CLEAR_LETTERS


def alike(one: str, other: str) -> bool:
    """Whether two texts, as letters, may be the same or parts of the same."""
    return fuzz.partial_ratio(confusion.fold(one), confusion.fold(other)) >= _ALIKE


@lru_cache(maxsize=2048)
def _may_be_one(one: str, other: str) -> bool:
    return alike(normalise(one).letters, normalise(other).letters)


def _cuts(readings: Sequence[TextCandidate]) -> Iterator[int]:
    """The readings with which something else begins; unclear ones go with the nearer clear one."""
    clear = [at for at, reading in enumerate(readings) if is_clear(reading)]
    for one, other in pairwise(clear):
        if readings[one].text != readings[other].text and not _may_be_one(readings[one].text, readings[other].text):
            middle = (readings[one].seq + readings[other].seq) / 2
            yield next(at for at in range(one + 1, other + 1) if at == other or readings[at].seq > middle)


def _cut(sights: Sequence[Sight], spells: Sequence[Sequence[TextCandidate]]) -> Iterator[tuple[Sight, ...]]:
    """The sights of each spell. Time is cut halfway from the last reading of one to the first of the next; by half of
    that distance it may be wrong."""
    at_s = {sight.seq: sight.at_s for sight in sights}
    starts_s, errors_s = [float("-inf")], [0.0]
    for before, after in pairwise(spells):
        last_s, first_s = at_s[before[-1].seq], at_s[after[0].seq]
        starts_s.append((last_s + first_s) / 2)
        errors_s.append((first_s - last_s) / 2)
    edges = list(zip([*starts_s, float("inf")], [*errors_s, 0.0], strict=True))
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
