"""Several readings of one thing agree on its brands.

What was read in the few best views of a track is voted on: each reading counts by its score, for the brands it names
and against those that it should have named.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from statistics import fmean

from detection.matching.meanings import Meanings
from detection.matching.normal import normalise
from detection.matching.pieces import Piece
from detection.matching.reading import Found
from detection.matching.rules import Rules
from detection.matching.scoreboard import Panels
from detection.matching.seen import Name, Seen, Thing
from detection.matching.shape import is_code
from detection.matching.turns import alike, is_clear
from detection.records import TextCandidate

# What a reading weighs against a name that it holds among other letters.
_HOLDS = 0.5


def texts_of(shot: Iterable[Seen]) -> set[str]:
    """All texts that the vote will want to know about."""
    texts = {reading.text for seen in shot for reading in seen.readings}
    texts.update(seen.agreed for seen in shot if seen.agreed)
    return texts


def vote(seen: Seen, meanings: Meanings, panels: Panels) -> Thing:
    """What one thing says."""
    if len(seen.readings) > 1:
        return _agreed(seen, meanings, panels)
    reading = seen.readings[0]
    text, meaning = reading.text, meanings.of(reading.text)
    return Thing(
        sights=seen.sights,
        text=text,
        score=reading.score,
        best=0 if len(seen.sights) == 1 else _place(seen, reading),
        names=_names(text, reading, reading.score, meaning.found, panels, meanings.lexicon.rules)
        if meaning.found
        else (),
        pieces=meaning.pieces,
        texts=(text,),
    )


def _agreed(seen: Seen, meanings: Meanings, panels: Panels) -> Thing:
    heard: dict[str, list[TextCandidate]] = {}
    surest: dict[str, TextCandidate] = {}
    best, clarity = seen.readings[0], -1.0
    for reading in seen.readings:
        text = reading.text
        if text not in heard:
            heard[text], surest[text] = [reading], reading
        else:
            heard[text].append(reading)
            if reading.score > surest[text].score:
                surest[text] = reading
        if reading.score * reading.sharpness > clarity:
            best, clarity = reading, reading.score * reading.sharpness
    found = {text: meaning for text in heard if (meaning := meanings.of(text).found)}
    told = Counter(one for text, some in found.items() for one in _brands(some) for _ in heard[text])
    confirmed = {brand for brand, times in told.items() if times > 1}
    rules = meanings.lexicon.rules
    names = [
        name
        for text, some in found.items()
        for name in _names(text, surest[text], surest[text].score, some, panels, rules, len(heard[text]), confirmed)
    ]
    if seen.agreed:
        score = round(fmean(reading.score for reading in seen.readings), 4)
        names += _names(seen.agreed, best, score, meanings.of(seen.agreed).found, panels, rules)
    telling = {name.text for name in names}
    lead = max(surest, key=lambda text: (text in telling, surest[text].score))
    texts = (*heard, seen.agreed) if seen.agreed else tuple(heard)
    return Thing(
        sights=seen.sights,
        text=lead,
        score=surest[lead].score,
        best=_place(seen, best),
        names=tuple(names) if len(texts) == 1 or not names else _elected(names, heard),
        pieces=meanings.of(lead).pieces if len(texts) == 1 else _all_pieces(texts, meanings),
        texts=texts,
    )


def _place(seen: Seen, reading: TextCandidate) -> int:
    """Among the sights, that of the reading's frame."""
    return next((at for at, sight in enumerate(seen.sights) if sight.seq == reading.seq), 0)


def _brands(found: Iterable[Found]) -> set[str]:
    return {one.spelling.brand for one in found}


def _names(
    text: str,
    reading: TextCandidate,
    score: float,
    found: Sequence[Found],
    panels: Panels,
    rules: Rules,
    votes: int = 1,
    confirmed: Set[str] = frozenset(),
) -> tuple[Name, ...]:
    """The brands that are surely read. A short name is no cell of a score panel, and unless another reading of the same
    thing has `confirmed` its brand it needs more confidence than a long one."""
    if not found or score < rules.min_confidence:
        return ()
    return tuple(
        Name(found=one, text=text, score=score, votes=votes)
        for one in found
        if not one.short
        or (
            (score >= rules.min_short_confidence or one.spelling.brand in confirmed)
            and not (is_code(text) and panels.hold(reading.quad))
        )
    )


def _elected(names: Sequence[Name], heard: Mapping[str, Sequence[TextCandidate]]) -> tuple[Name, ...]:
    """Of every brand its surest reading, unless readings that say otherwise weigh more. Of brands that are alike, which
    cannot both be meant, that with most votes."""
    by_brand: dict[str, list[Name]] = defaultdict(list)
    for name in names:
        by_brand[name.found.spelling.brand].append(name)
    votes = {
        brand: sum(one.votes * one.score * one.found.likeness * len(one.found.spelling.letters) for one in some)
        for brand, some in by_brand.items()
    }
    kept: list[str] = []
    for brand in sorted(votes, key=lambda brand: (-votes[brand], brand)):
        mine = by_brand[brand]
        texts = {one.text for one in mine}
        rivals = (by_brand[other] for other in kept)
        beside = all(texts & {one.text for one in some} or not _rival(mine[0], some[0]) for some in rivals)
        if beside and _against(mine, heard) <= sum(one.votes * one.score for one in mine):
            kept.append(brand)
    return tuple(_surest(by_brand[brand]) for brand in sorted(kept))


def _surest(names: Sequence[Name]) -> Name:
    best = max(names, key=lambda name: (name.score * name.found.likeness, name.text))
    return Name(found=best.found, text=best.text, score=best.score, votes=sum(name.votes for name in names))


def _rival(one: Name, other: Name) -> bool:
    return alike(one.found.spelling.letters, other.found.spelling.letters)


def _against(names: Sequence[Name], heard: Mapping[str, Sequence[TextCandidate]]) -> float:
    """Weight of the clear readings that do not name the brand though they are long enough to hold it; a shorter one may
    be what was left to see of it. One that holds the name and more counts half: an emblem beside a word is read as a
    letter of it in some views and not in others."""
    spelt = min((name.found.spelling.letters for name in names), key=len)
    telling = {name.text for name in names}
    against = 0.0
    for text, some in heard.items():
        letters = normalise(text).letters
        if text not in telling and len(letters) >= len(spelt):
            weight = sum(reading.score for reading in some if is_clear(reading))
            against += weight * (_HOLDS if spelt in letters else 1.0)
    return against


def _all_pieces(texts: Iterable[str], meanings: Meanings) -> tuple[Piece, ...]:
    best: dict[tuple[str, str, int, int], Piece] = {}
    for text in texts:
        for piece in meanings.of(text).pieces:
            key = piece.spelling.brand, piece.spelling.letters, piece.start, piece.end
            if key not in best or piece.cost < best[key].cost:
                best[key] = piece
    return tuple(best[key] for key in sorted(best))
