"""Which seconds of a report a person looks at in an audit.

Claimed seconds are drawn from every brand, placement and band of confidence in proportion to their exposure, at least
one of each; where there are more of them than can be looked at, the smaller ones are one stratum together. Within a
stratum a second's chance is its exposure. Seconds of any kind are drawn from four strata: with an open question in
them, beside an airing's end, in shots with a brand, in shots without; what is likelier to hide a brand is looked at
more often than its time alone would ask.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from detection.report.audit import Kind, Stratum
from detection.report.exports.seconds import by_second
from detection.report.placement import NAMES
from detection.report.seen import Seen
from detection.report.spans import DECIMALS, Floats, Ints, sums
from mpr.pipeline.codec import Record

# Bands of confidence: below the first, between the two, above.
BANDS = (0.7, 0.9)
_BAND_NAMES = ("below 0.7", "0.7 to 0.9", "above 0.9")
# Strata of any seconds, the most doubtful first, and how much more often each is looked at than its time asks.
ANY_STRATA = ("open question", "beside an airing", "shot with a brand", "shot without a brand")
_ATTENTION = (3.0, 3.0, 1.0, 1.0)
_BESIDE_S = 2
_SECOND_US = 1_000_000


class Item(Record):
    """A second to look at: [t_s, t_s + 1). `claims` are the brands that the report has in it; of a claimed one, `row`
    is the sighting that shows `brand`."""

    kind: Kind
    stratum: int
    t_s: float
    brand: str | None
    claims: list[str]
    row: int | None


class Sample(Record):
    """`claimed_s` is by brand what the report claims of exposure."""

    claimed_s: dict[str, float]
    strata: list[Stratum]
    items: list[Item]


def draw(seen: Seen, *, size: int, seed: int) -> Sample:
    """Half of `size` from claimed seconds, half from seconds of any kind; fewer when there are no more. The same seed
    draws the same. Items come in time order, so that a person watches forwards."""
    dice = np.random.default_rng(seed)
    claims = _Claims(seen)
    strata, items = claims.draw(size - size // 2, dice)
    more, others = _any_seconds(seen, claims, size // 2, dice, first=len(strata))
    every = [*items, *others]
    return Sample(
        claimed_s=claims.by_brand(),
        strata=[*strata, *more],
        items=sorted(every, key=lambda item: (item.t_s, item.kind, item.brand or "")),
    )


class _Claims:
    """Seconds by brand: `second`, `brand`, exposure `length_s`, and the sighting that shows it best."""

    def __init__(self, seen: Seen) -> None:
        exposure = seen.exposure
        cell, second, start_us, end_us = by_second(exposure.start_us, exposure.end_us)
        keys = second * max(1, len(seen.names)) + exposure.brand[cell]
        rows, which = np.unique(keys, return_inverse=True)
        self.seen = seen
        self.second, self.brand = np.divmod(rows, max(1, len(seen.names)))
        self.length_s = sums(which, (end_us - start_us) / 1e6, len(rows))
        self.row = self._best(cell, which, len(rows))

    def _best(self, cell: Ints, which: Ints, count: int) -> Ints:
        """By second and brand, the sighting of the best quality in it."""
        exposure = self.seen.exposure
        first = np.searchsorted(exposure.cell, np.arange(len(exposure) + 1))
        best_pair = np.array(
            [start + int(np.argmax(exposure.pair_quality[start:stop])) for start, stop in pairwise(first.tolist())],
            np.int64,
        )
        pair = best_pair[cell] if len(cell) else cell
        order = np.lexsort((-exposure.pair_quality[pair], which))
        best: Ints = exposure.row[pair[order[np.flatnonzero(np.diff(which[order], prepend=-1))]]]
        assert len(best) == count
        return best

    def by_brand(self) -> dict[str, float]:
        """Seconds of exposure."""
        names = self.seen.names
        seconds = sums(self.brand, self.length_s, len(names)).round(DECIMALS).tolist()
        return {name: length_s for name, length_s in zip(names, seconds, strict=True) if length_s > 0}

    def names_at(self, second: int) -> list[str]:
        """The brands claimed in a second."""
        low, high = np.searchsorted(self.second, (second, second + 1))
        return [self.seen.names[brand] for brand in self.brand[low:high].tolist()]

    def draw(self, size: int, dice: Any) -> tuple[list[Stratum], list[Item]]:
        seen = self.seen
        placement = seen.placements[self.row]
        band = np.searchsorted(BANDS, seen.sightings.confidence[self.row], side="right")
        keys = (self.brand * len(NAMES) + placement) * len(_BAND_NAMES) + band
        kinds, stratum = np.unique(keys, return_inverse=True)
        heaviest = np.argsort(-sums(stratum, self.length_s, len(kinds)), kind="stable")
        own = max(1, size // 2) if len(kinds) > size else len(kinds)
        rank = np.empty(len(kinds), np.int64)
        rank[heaviest] = np.minimum(np.arange(len(kinds)), own)
        stratum = rank[stratum]
        count = min(own + 1, len(kinds))
        seconds, units = sums(stratum, self.length_s, count), np.bincount(stratum, minlength=count)
        wanted = share_out(size, seconds, units)
        strata, items = [], []
        for number in range(count):
            key = None if number == own else int(kinds[heaviest[number]])
            strata.append(self._stratum(key, units=int(units[number]), seconds=float(seconds[number])))
            members = np.flatnonzero(stratum == number)
            chosen = members[_in_proportion(self.length_s[members], int(wanted[number]), dice)]
            items += [self._item(number, one) for one in chosen.tolist()]
        return strata, items

    def _stratum(self, key: int | None, *, units: int, seconds: float) -> Stratum:
        """`key` is None for the smaller ones together."""
        seconds = round(seconds, DECIMALS)
        if key is None:
            return Stratum(
                kind="claimed", what="smaller ones together", brand=None, placement=None, units=units, seconds=seconds
            )
        rest, band = divmod(key, len(_BAND_NAMES))
        brand, place = divmod(rest, len(NAMES))
        return Stratum(
            kind="claimed", what=f"confidence {_BAND_NAMES[band]}", brand=self.seen.names[brand],
            placement=NAMES[place], units=units, seconds=seconds,
        )  # fmt: skip

    def _item(self, stratum: int, one: int) -> Item:
        at = int(self.second[one])
        return Item(
            kind="claimed", stratum=stratum, t_s=float(at), brand=self.seen.names[int(self.brand[one])],
            claims=self.names_at(at), row=int(self.row[one]),
        )  # fmt: skip


def share_out(size: int, weights: Floats, limits: Ints) -> Ints:
    """`size` things shared out by weight among groups that take at most `limits`: one each first, the heaviest groups
    first when there are not enough, the rest by the largest remainders."""
    size = min(size, int(limits.sum()))
    given = np.zeros(len(weights), np.int64)
    heaviest = np.lexsort((np.arange(len(weights)), -weights))
    given[[group for group in heaviest.tolist() if limits[group]][:size]] = 1
    while (left := size - int(given.sum())) > 0:
        open_ = given < limits
        quota = np.where(open_, weights, 0.0)
        quota = left * (quota / quota.sum() if quota.sum() > 0 else open_ / open_.sum())
        step = np.minimum(np.floor(quota).astype(np.int64), limits - given)
        if not step.any():
            order = np.lexsort((np.arange(len(weights)), -np.where(open_, quota, -1.0)))
            step[order[: min(left, int(open_.sum()))]] = 1
        given += step
    return given


def _in_proportion(sizes: Floats, count: int, dice: Any) -> Ints:
    """`count` different places, each drawn with a chance in proportion to its size: systematic sampling in random order
    (W. G. Madow, 1949). What is larger than a step is taken for sure."""
    chosen: list[int] = []
    left = dice.permutation(len(sizes))
    while count > 0 and len(left):
        step = sizes[left].sum() / count
        sure = left[sizes[left] >= step]
        if not len(sure):
            marks = (dice.random() + np.arange(count)) * step
            ends = np.cumsum(sizes[left])
            chosen += left[np.minimum(np.searchsorted(ends, marks, side="right"), len(left) - 1)].tolist()
            break
        sure = sure[:count]
        chosen += sure.tolist()
        count -= len(sure)
        left = left[~np.isin(left, sure)]
    return np.array(sorted(set(chosen)), np.int64)


def _any_seconds(seen: Seen, claims: _Claims, size: int, dice: Any, *, first: int) -> tuple[list[Stratum], list[Item]]:
    seconds = _analysed(seen)
    stratum = _kinds(seen, claims, seconds)
    units = np.bincount(stratum, minlength=len(ANY_STRATA))
    wanted = share_out(size, units * np.array(_ATTENTION), units)
    strata = [
        Stratum(kind="any", what=what, brand=None, placement=None, units=int(units[number]), seconds=0.0)
        for number, what in enumerate(ANY_STRATA)
    ]
    items = []
    for number in range(len(ANY_STRATA)):
        members = np.flatnonzero(stratum == number)
        chosen: Ints = np.sort(dice.choice(members, int(wanted[number]), replace=False)) if len(members) else members
        for at in seconds[chosen].tolist():
            items.append(
                Item(
                    kind="any", stratum=first + number, t_s=float(at), brand=None, claims=claims.names_at(at), row=None
                )
            )
    return strata, items


def _analysed(seen: Seen) -> Ints:
    """The whole seconds in which a frame was analysed."""
    seconds: Ints = np.unique(np.floor(seen.kept.pts_s).astype(np.int64))
    return seconds


def _kinds(seen: Seen, claims: _Claims, seconds: Ints) -> Ints:
    """By second the first of ANY_STRATA that it belongs to."""
    doubts = by_second(seen.doubts.start_us, seen.doubts.end_us)[1]
    exposure = seen.exposure
    edges = np.concatenate([exposure.start_us, exposure.end_us]) // _SECOND_US
    beside = (edges[:, None] + np.arange(-_BESIDE_S, _BESIDE_S + 1)).ravel()
    beside = np.setdiff1d(beside, claims.second)
    shots = np.array([shot.start_s for shot in seen.shots])
    with_brand = np.unique(np.searchsorted(shots, claims.second + 0.5, side="right"))
    of_shot = np.searchsorted(shots, seconds + 0.5, side="right")
    conditions: Sequence[Any] = [
        np.isin(seconds, doubts), np.isin(seconds, beside), np.isin(of_shot, with_brand), np.ones(len(seconds), bool)
    ]  # fmt: skip
    kinds: Ints = np.select(conditions, range(len(conditions)))
    return kinds
