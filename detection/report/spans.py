"""Stretches of time as whole microseconds, so that equal moments are equal and sums are exact.

A set of stretches is three columns: the group a stretch belongs to (a brand, a question), its start and its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Reports keep times to this many decimals of a second; closer moments are one.
DECIMALS = 6
_UNITS = 10**DECIMALS


@dataclass(frozen=True, kw_only=True)
class Stretches:
    """Stretches of time by the number of their brand, in any order; they may overlap."""

    brand: Ints
    start_us: Ints
    end_us: Ints

    @classmethod
    def none(cls) -> Stretches:
        """No time at all."""
        return cls(brand=np.zeros(0, np.int64), start_us=np.zeros(0, np.int64), end_us=np.zeros(0, np.int64))


def to_us(seconds: Iterable[float] | Floats) -> Ints:
    """Whole microseconds."""
    given = seconds if isinstance(seconds, np.ndarray) else np.fromiter(seconds, float)
    whole: Ints = np.rint(given * _UNITS).astype(np.int64)
    return whole


def to_s(microseconds: Ints) -> Floats:
    """Seconds, each the floating-point number nearest to the microseconds."""
    seconds: Floats = microseconds / _UNITS
    return seconds


def merged(group: Ints, start_us: Ints, end_us: Ints) -> tuple[Ints, Ints, Ints]:
    """The same time as disjoint stretches that do not touch, by group, then in time order."""
    if not len(group):
        return group, start_us, end_us
    # Each group on a stretch of its own of one long line, so that one pass serves all.
    span = int(end_us.max() - start_us.min()) + 1
    shift = group * span - start_us.min()
    order = np.argsort(start_us + shift, kind="stable")
    group, start, end = group[order], (start_us + shift)[order], (end_us + shift)[order]
    reach = np.maximum.accumulate(end)
    opens = np.append(True, (start[1:] > reach[:-1]) | (group[1:] != group[:-1]))
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(start)) - 1
    back = group[first] * span - start_us.min()
    return group[first], start[first] - back, reach[last] - back


def lengths_us(group: Ints, start_us: Ints, end_us: Ints, count: int) -> Ints:
    """How much time the stretches of each of `count` groups cover together."""
    whose, start_us, end_us = merged(group, start_us, end_us)
    covered = np.zeros(count, np.int64)
    np.add.at(covered, whose, end_us - start_us)
    return covered


def covered_us(group: Ints, start_us: Ints, end_us: Ints, by: Stretches) -> Ints:
    """Of each stretch of time the part that those of the same group in `by` cover."""
    if not len(group) or not len(by.brand):
        return np.zeros(len(group), np.int64)
    whose, starts, ends = merged(by.brand, by.start_us, by.end_us)
    # Each group on a stretch of its own of one long line, as in `merged`.
    span = int(max(ends.max(), end_us.max()) - min(starts.min(), start_us.min())) + 1
    begins = whose * span + starts
    before = np.append(0, np.cumsum(ends - starts))

    def until(place: Ints) -> Ints:
        at = np.searchsorted(begins, place, side="right") - 1
        within: Ints = np.clip(place - begins[at], 0, (ends - starts)[at])
        return np.where(at < 0, 0, before[at] + within)

    covered: Ints = until(group * span + end_us) - until(group * span + start_us)
    return covered


def sums(group: Ints, values: Floats | Ints, count: int) -> Floats:
    """The sum of each of `count` groups, added in the order given."""
    added: Floats = np.bincount(group, values, count).astype(float, copy=False)
    return added
