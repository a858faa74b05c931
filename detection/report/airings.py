"""Airings: when exposure begins and ends.

An airing is a maximal run of a brand's cells within one shot. Short misses between two cells are bridged; a cut never
is. Bridging joins airings and adds nothing to the exposure seconds.

Example, 0.5 s cells in one shot, seen x and missed ·, bridge 1.0 s: `xx··x···xx` is two airings, 0–2.5 s and 4–5 s,
while the exposure is 2.5 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from detection.report.exposure import Exposure

# Times are sums of frame times; what is closer than this is equal.
_EPSILON_S = 1e-6


def runs(exposure: Exposure, *, bridge_s: float) -> list[slice]:
    """The cells of each airing, ordered by brand, then time. With `bridge_s` = 0 only touching cells are joined."""
    count = len(exposure.brand)
    if not count:
        return []
    gap_s = exposure.start_s[1:] - exposure.end_s[:-1]
    parts = (
        (exposure.brand[1:] != exposure.brand[:-1])
        | (exposure.shot[1:] != exposure.shot[:-1])
        | (gap_s > bridge_s + _EPSILON_S)
    )
    edges = [0, *(np.flatnonzero(parts) + 1).tolist(), count]
    return [slice(start, stop) for start, stop in pairwise(edges)]


def is_listed(
    exposure: Exposure, run: slice, shot_lengths_s: Mapping[int, float], *, min_event_s: float, sure_from: float
) -> bool:
    """Whether a run is long enough to be listed as an event. A run that fills its shot always is, because it could not
    have been longer; a shorter one is when its surest sighting has at least the confidence `sure_from`."""
    length_s = float(exposure.end_s[run.stop - 1] - exposure.start_s[run.start])
    needed_s = min(min_event_s, shot_lengths_s[int(exposure.shot[run.start])])
    return length_s >= needed_s - _EPSILON_S or float(exposure.confidence[run].max()) >= sure_from
