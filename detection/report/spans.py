"""Stretches of time as whole microseconds, so that equal moments are equal and sums are exact.

A set of stretches is three columns: the group a stretch belongs to (a brand, a question), its start and its end.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Reports keep times to this many decimals of a second; closer moments are one.
DECIMALS = 6
_UNITS = 10**DECIMALS


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


def sums(group: Ints, values: Floats | Ints, count: int) -> Floats:
    """The sum of each of `count` groups, added in the order given."""
    added: Floats = np.bincount(group, values, count).astype(float, copy=False)
    return added
