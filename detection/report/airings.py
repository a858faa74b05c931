"""Airings: when exposure begins and ends.

An airing is a maximal run of a brand's cells within one shot. Short misses between two cells are bridged; a cut never
is. Bridging joins airings and adds nothing to the exposure seconds.

Example, 0.5 s cells in one shot, seen x and missed ·, bridge 1.0 s: `xx··x···xx` is two airings, 0–2.5 s and 4–5 s,
while the exposure is 2.5 s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from detection.report.exposure import Exposure
from detection.report.sightings import Bools
from detection.report.spans import Ints, Stretches


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Runs ordered by brand, then time. `first` and `last` are a run's cells, `of_cell` the run of each cell."""

    first: Ints
    last: Ints
    of_cell: Ints
    brand: Ints
    start_us: Ints
    end_us: Ints

    def __len__(self) -> int:
        return len(self.first)


def find_runs(
    exposure: Exposure, *, bridge_us: int, joined: Stretches | None = None, parted: Stretches | None = None
) -> Runs:
    """The airings. With `bridge_us` = 0 only touching cells are joined. What lies in a stretch of `joined` is one, even
    across a cut, and where a stretch of `parted` begins one ends."""
    other = exposure.brand[1:] != exposure.brand[:-1]
    parts = (exposure.shot[1:] != exposure.shot[:-1]) | (exposure.start_us[1:] - exposure.end_us[:-1] > bridge_us)
    for brand, start_us, end_us in _each(joined):
        after = (exposure.start_us[1:] > start_us) & (exposure.start_us[1:] < end_us)
        parts &= ~(after & (exposure.end_us[:-1] > start_us) & (exposure.brand[1:] == brand))
    for brand, at_us, _ in _each(parted):
        parts |= (exposure.start_us[1:] >= at_us) & (exposure.end_us[:-1] <= at_us) & (exposure.brand[1:] == brand)
    parts |= other
    opens = np.append(True, parts) if len(exposure) else np.zeros(0, bool)
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(exposure))[: len(first)] - 1
    return Runs(
        first=first,
        last=last,
        of_cell=np.cumsum(opens) - 1,
        brand=exposure.brand[first],
        start_us=exposure.start_us[first],
        end_us=exposure.end_us[last],
    )


def listed(
    exposure: Exposure, runs: Runs, shot_lengths_us: Mapping[int, int], *, min_event_us: int, sure_from: float
) -> Bools:
    """Which runs are long enough to be listed as events. A run that fills its shot always is, because it could not have
    been longer; a shorter one is when its surest sighting has at least the confidence `sure_from`."""
    if not len(runs):
        return np.zeros(0, bool)
    shots, which = np.unique(exposure.shot[runs.first], return_inverse=True)
    needed_us = np.minimum([shot_lengths_us[shot] for shot in shots.tolist()], min_event_us)[which]
    sure = np.maximum.reduceat(exposure.confidence, runs.first) >= sure_from
    # Rounding its ends may have cost a shot a microsecond.
    mask: Bools = (runs.end_us - runs.start_us >= needed_us - 1) | sure
    return mask


def _each(stretches: Stretches | None) -> Iterable[tuple[int, int, int]]:
    if stretches is None:
        return ()
    columns = (stretches.brand.tolist(), stretches.start_us.tolist(), stretches.end_us.tolist())
    return zip(*columns, strict=True)
