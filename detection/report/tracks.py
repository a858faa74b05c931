"""Tracks: sightings of one brand that are the same thing on screen from frame to frame.

Sightings of one brand in consecutive kept frames of one shot are linked when their boxes overlap or when the centre
moved little in relation to the mark's size, nearest pair first; a track may miss frames for a short while and never
crosses a cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import hypot

import numpy as np
import shapely

from detection.records import KeptFrame
from detection.report.sightings import Ints, Sightings

Bounds = tuple[float, float, float, float]

# A mark whose size changed by more than this factor between two samples is another one.
_MOST_GROWTH = 2.5


def link(sightings: Sightings, kept: Sequence[KeptFrame], *, max_gap_s: float, max_step: float) -> Ints:
    """The track number of each sighting, counted from 0 by brand and first appearance.

    `max_gap_s` is the longest time between the end of one frame and the start of the next that a track survives;
    `max_step` the longest move of the centre between two frames, in diagonals of the mark's box. A brand's boxes that
    overlap within one frame belong to different tracks.
    """
    numbers = np.full(len(sightings), -1, np.int64)
    boxes: list[Bounds] = [tuple(row) for row in shapely.bounds(sightings.polygon).tolist()]
    rows = np.lexsort((sightings.frame, sightings.brand)).tolist()
    frames, brands = sightings.frame.tolist(), sightings.brand.tolist()
    tracks = 0
    open_: list[int] = []  # the last row of each living track
    before: tuple[int, int] | None = None  # (brand, shot) of the previous frame
    for (brand, frame), group in groupby(rows, key=lambda row: (brands[row], frames[row])):
        now = kept[frame]
        if (brand, now.shot) != before:
            open_ = []
        open_ = [row for row in open_ if now.start_s - kept[frames[row]].end_s <= max_gap_s + 1e-6]
        here = list(group)
        for old, new in _pairs(open_, here, boxes, max_step):
            numbers[new] = numbers[old]
            open_.remove(old)
            open_.append(new)
        for row in here:
            if numbers[row] < 0:
                numbers[row] = tracks
                tracks += 1
                open_.append(row)
        before = (brand, now.shot)
    return numbers


def _pairs(old: list[int], new: list[int], boxes: list[Bounds], max_step: float) -> list[tuple[int, int]]:
    """Disjoint pairs (old row, new row), best first."""
    costs = sorted(
        (cost, first, second)
        for first in old
        for second in new
        if (cost := _cost(boxes[first], boxes[second])) <= max_step
    )
    taken: set[int] = set()
    pairs = []
    for _, first, second in costs:
        if first not in taken and second not in taken:
            taken |= {first, second}
            pairs.append((first, second))
    return pairs


def _cost(a: Bounds, b: Bounds) -> float:
    """Move of the centre in diagonals of the larger box, less the overlap (IoU); infinite for sizes too different."""
    wide_a, high_a, wide_b, high_b = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    area_a, area_b = wide_a * high_a, wide_b * high_b
    if min(area_a, area_b) * _MOST_GROWTH**2 < max(area_a, area_b):
        return float("inf")
    common = max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    diagonal = max(hypot(wide_a, high_a), hypot(wide_b, high_b))
    move = hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]) / 2
    return move / diagonal - common / (area_a + area_b - common)
