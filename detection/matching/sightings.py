"""From what was seen to sightings of brands, shot by shot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from detection.matching import geometry
from detection.matching.joining import Joined, join
from detection.matching.lexicon import Lexicon
from detection.matching.normal import normalise
from detection.matching.rules import Rules
from detection.matching.seen import Name, Sight, Thing
from detection.records import BrandMatch, KeptFrame


def read_shot(
    things: Sequence[Thing], kept: Mapping[int, KeptFrame], lexicon: Lexicon
) -> tuple[list[BrandMatch], list[Thing]]:
    """The brands of one shot, and what names none. A longer name read together from several things takes, where it is
    seen, the place of what they say alone."""
    matches: list[BrandMatch] = []
    taken: set[tuple[int, int]] = set()
    for joined in join(things, lexicon):
        match = _together(joined, things)
        if match and match.confidence >= lexicon.rules.min_confidence:
            matches.append(match)
            taken.update((member.thing, member.sight.seq) for member in joined.members)
    joined_things = {thing for thing, _ in taken}
    told = _told(things, lexicon.rules)
    rest = []
    for number, thing in enumerate(things):
        names: Sequence[Name] = thing.names
        if names and told:
            names = [name for name in names if _is_proven(name, thing, told, kept, lexicon.rules)]
        if names:
            free = [one for one in thing.sights if (number, one.seq) not in taken] if taken else thing.sights
            for name in names:
                matches += _named(name, free)
        elif number not in joined_things:
            rest.append(thing)
    return matches, rest


def _told(things: Iterable[Thing], rules: Rules) -> Counter[str]:
    """How often each brand with a tiny name was read in the shot."""
    told: Counter[str] = Counter()
    for name in [name for thing in things if thing.names for name in thing.names]:
        if len(name.found.spelling.letters) <= rules.tiny_letters:
            told[name.found.spelling.brand] += name.votes
    return told


def _is_proven(name: Name, thing: Thing, told: Mapping[str, int], kept: Mapping[int, KeptFrame], rules: Rules) -> bool:
    """Two or three letters are soon misread out of anything: it takes two readings, or one that is large and sure."""
    if len(name.found.spelling.letters) > rules.tiny_letters or told[name.found.spelling.brand] > 1:
        return True
    sight = thing.sights[thing.best]
    tall = geometry.height(sight.quad) >= rules.min_tiny_height * kept[sight.seq].frame.height_px
    return tall and name.score >= rules.min_tiny_confidence


def sightings(
    sights: Iterable[Sight], brand: str, text: str, confidence: float, *, left: float = 0.0, right: float = 1.0
) -> list[BrandMatch]:
    """A brand at some sights, or at the part of them between two shares of their width."""
    whole = left == 0.0 and right == 1.0
    return [
        BrandMatch(
            seq=sight.seq,
            boxes=_only(sight.box),
            quad=sight.quad if whole else geometry.part(sight.quad, left, right),
            outline=sight.outline if whole else geometry.part(sight.outline, left, right),
            brand=brand,
            text=text,
            confidence=confidence,
            sharpness=sight.sharpness,
            contrast=sight.contrast,
            method="ocr",
            start_s=sight.start_s,
            end_s=sight.end_s,
            boundary_error_s=sight.boundary_error_s,
            motion=sight.motion,
        )
        for sight in sights
    ]


@lru_cache(maxsize=4096)
def _only(box: int) -> list[int]:
    """A box as the list that sightings have; one list serves all of them, which nobody changes."""
    return [box] if box >= 0 else []


def _named(name: Name, sights: Iterable[Sight]) -> list[BrandMatch]:
    found = name.found
    confidence = round(name.score * found.likeness, 4)
    return sightings(sights, found.spelling.brand, name.text, confidence, left=found.left, right=found.right)


def _together(joined: Joined, things: Sequence[Thing]) -> BrandMatch | None:
    """The joined name for the time in which all that is left of it is seen, or None when that is no time at all."""
    sights = [member.sight for member in joined.members]
    start_s, end_s = max(sight.start_s for sight in sights), min(sight.end_s for sight in sights)
    if end_s <= start_s:
        return None
    members = [things[member.thing] for member in joined.members]
    letters = [max(1, len(normalise(member.text).letters)) for member in members]

    def mean(values: Iterable[float]) -> float:
        return sum(value * weight for value, weight in zip(values, letters, strict=True)) / sum(letters)

    return BrandMatch(
        seq=sights[0].seq,
        boxes=sorted(sight.box for sight in sights if sight.box >= 0),
        quad=geometry.outline([sight.quad for sight in sights]),
        outline=geometry.outline([sight.outline for sight in sights]),
        brand=joined.spelling.brand,
        text=" ".join(member.text.strip() for member in members),
        confidence=round(mean(member.score for member in members) * joined.likeness, 4),
        sharpness=round(mean(sight.sharpness for sight in sights), 3),
        contrast=round(mean(sight.contrast for sight in sights), 4),
        method="ocr",
        start_s=start_s,
        end_s=end_s,
        boundary_error_s=max(sight.boundary_error_s for sight in sights),
        motion=sights[0].motion if len({sight.motion for sight in sights}) == 1 else None,
    )
