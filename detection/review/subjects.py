"""Which decision is about which finding, and what follows from several on one thing. Pure.

A finding of the report that a decision was made on is found again by its interval. One of another report, of a replay
or a later job on the timeline, is the same thing when it has the brand that was decided on, or the one that was given,
and both share at least half of the shorter's time, give or take half a second; an open question when it has the same
letters too, or lies at the same place of nearly the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from detection.matching.normal import normalise

AIRING, QUESTION = "airing", "question"
UNREVIEWED, ACCEPTED, REJECTED, RENAMED = "unreviewed", "accepted", "rejected", "renamed"

_TOLERANCE_S = 0.5
_LEAST_SHARE = 0.5
# From here on two intervals are one thing, so that decisions on them make one history.
_SAME_THING = 0.8
_SAME_PLACE = 0.3
_EXACTLY_S = 1e-4
_BUCKET_S = 10.0

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class Thing:
    """Something that a report tells of. `brand` is that of an airing, or the one nearest to a question; `box` are the
    bounds of its evidence at `t_s`, None where nothing is known; `found_in` names the report."""

    kind: str
    brand: str
    text: str
    start_s: float
    end_s: float
    t_s: float
    box: Box | None
    found_in: str

    def is_exactly(self, other: Thing) -> bool:
        """Whether both are one finding of one report."""
        return (
            self.found_in == other.found_in
            and self.kind == other.kind
            and self.brand.casefold() == other.brand.casefold()
            and abs(self.start_s - other.start_s) <= _EXACTLY_S
            and abs(self.end_s - other.end_s) <= _EXACTLY_S
            and (self.kind == AIRING or self.text == other.text)
        )


@dataclass(frozen=True, kw_only=True)
class Said:
    """A decision that was not undone; a larger number is a later one."""

    number: int
    subject: UUID
    about: Thing
    verdict: str
    brand: str = ""
    start_s: float | None = None
    end_s: float | None = None
    at_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What holds of one thing. `brand` is the one that it is, `ends` are given ones, `joined` the interval from the
    beginning of the one before, `parted` the moments at which it is split."""

    subject: UUID
    number: int
    about: Thing
    state: str
    brand: str
    ends: tuple[float, float] | None = None
    joined: tuple[float, float] | None = None
    parted: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What people say of a finding, and what of it they decided on."""

    state: str
    standing: Standing

    @property
    def brand(self) -> str:
        return self.standing.brand


def standings(said: Iterable[Said]) -> list[Standing]:
    """What follows from decisions: of each thing the last verdict holds, the last ends, the last merger, all splits."""
    found: dict[UUID, Standing] = {}
    for one in sorted(said, key=lambda one: one.number):
        found[one.subject] = _after(found.get(one.subject), one)
    return list(found.values())


def governed(things: Mapping[Any, Thing], holding: Sequence[Standing]) -> dict[Any, Judged]:
    """By key of a finding what people decided of it; findings of which nothing was decided are left out."""
    near: dict[int, list[Standing]] = {}
    for standing in holding:
        for bucket in _buckets(standing.about):
            near.setdefault(bucket, []).append(standing)
    judged: dict[Any, Judged] = {}
    for key, thing in things.items():
        some = {one.subject: one for bucket in _buckets(thing) for one in near.get(bucket, ())}
        best = max(
            (found for one in some.values() if (found := _fit(thing, one))), key=lambda found: found[0], default=None
        )
        if best is not None:
            judged[key] = best[1]
    return judged


def same_subject(thing: Thing, standing: Standing) -> bool:
    """Whether a further decision belongs to the history of what was decided before."""
    about = standing.about
    return thing.kind == about.kind and (thing.is_exactly(about) or _union_share(thing, about) >= _SAME_THING)


def bounds(polygon: Sequence[Sequence[float]]) -> Box | None:
    """The box around an outline, None when there is none."""
    if not polygon:
        return None
    across, down = [point[0] for point in polygon], [point[1] for point in polygon]
    return min(across), min(down), max(across), max(down)


def letters(text: str) -> str:
    """The form in which readings are compared."""
    return normalise(text).letters


def _after(before: Standing | None, one: Said) -> Standing:
    state = before.state if before else UNREVIEWED
    brand = before.brand if before else one.about.brand
    ends, joined = (before.ends, before.joined) if before else (None, None)
    parted = before.parted if before else ()
    if one.verdict == "accept":
        state, brand = ACCEPTED, one.brand or one.about.brand
    elif one.verdict == "rename":
        state, brand = RENAMED, one.brand
    elif one.verdict in ("reject", "no_brand"):
        state, brand = REJECTED, one.about.brand
    elif one.verdict == "ends" and one.start_s is not None and one.end_s is not None:
        ends = one.start_s, one.end_s
    elif one.verdict == "merge" and one.start_s is not None:
        joined = one.start_s, one.about.end_s
    elif one.verdict == "split" and one.at_s is not None:
        parted = (*parted, one.at_s)
    return Standing(
        subject=one.subject, number=one.number, about=one.about, state=state, brand=brand, ends=ends, joined=joined,
        parted=parted,
    )  # fmt: skip


def _fit(thing: Thing, standing: Standing) -> tuple[tuple[bool, float, int], Judged] | None:
    """What a standing says of a finding and how well both fit, None when they are not one thing."""
    about = standing.about
    if thing.found_in == about.found_in:
        exact = thing.is_exactly(about)
        return ((True, 1.0, standing.number), Judged(state=standing.state, standing=standing)) if exact else None
    if _shared_s(thing, about) + _TOLERANCE_S < _LEAST_SHARE * min(_length_s(thing), _length_s(about)):
        return None
    if thing.end_s + _TOLERANCE_S <= about.start_s or about.end_s + _TOLERANCE_S <= thing.start_s:
        return None
    state = _state(thing, standing)
    if state is None:
        return None
    return (False, _union_share(thing, about), standing.number), Judged(state=state, standing=standing)


def _state(thing: Thing, standing: Standing) -> str | None:
    """What a standing of another report says of a finding; None when they are not about the same."""
    about, name = standing.about, thing.brand.casefold()
    if thing.kind == QUESTION:
        return standing.state if _reads_alike(thing, about) or _lies_alike(thing, about) else None
    if about.kind == AIRING and name == about.brand.casefold():
        return standing.state
    if standing.state in (ACCEPTED, RENAMED) and name == standing.brand.casefold():
        return ACCEPTED
    if about.kind == QUESTION and standing.state == REJECTED and _reads_alike(thing, about):
        return REJECTED
    return None


def _reads_alike(one: Thing, other: Thing) -> bool:
    return bool(letters(one.text)) and letters(one.text) == letters(other.text)


def _lies_alike(one: Thing, other: Thing) -> bool:
    if one.box is None or other.box is None or abs(one.t_s - other.t_s) > _TOLERANCE_S:
        return False
    width = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
    height = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
    if width <= 0 or height <= 0:
        return False
    return width * height >= _SAME_PLACE * (_area(one.box) + _area(other.box) - width * height)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _length_s(thing: Thing) -> float:
    return thing.end_s - thing.start_s


def _shared_s(one: Thing, other: Thing) -> float:
    return min(one.end_s, other.end_s) - max(one.start_s, other.start_s)


def _union_share(one: Thing, other: Thing) -> float:
    whole = max(one.end_s, other.end_s) - min(one.start_s, other.start_s)
    return max(0.0, _shared_s(one, other)) / max(whole, 1e-9)


def _buckets(thing: Thing) -> range:
    return range(int((thing.start_s - _TOLERANCE_S) // _BUCKET_S), int((thing.end_s + _TOLERANCE_S) // _BUCKET_S) + 1)
