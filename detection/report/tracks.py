"""Tracks: sightings of one brand that are the same thing on screen from frame to frame.

Sightings of one brand in consecutive kept frames of one shot are linked when their boxes overlap or when the centre
moved little in relation to the mark's size, nearest pair first; a track may miss frames for a short while and never
crosses a cut.
"""

from __future__ import annotations

import numpy as np

from detection.report.sightings import Sightings
from detection.report.spans import Floats, Ints

# A mark whose size changed by more than this factor between two samples is another one.
_MOST_GROWTH = 2.5

# So many frames with one another at a time.
_CHUNK = 4096


def link(sightings: Sightings, *, max_gap_us: int, max_step: float) -> Ints:
    """The track number of each sighting, counted from 0 by brand and first appearance.

    `max_gap_us` is the longest time between the end of one sighting and the start of the next that a track survives;
    `max_step` the longest move of the centre between two frames, in diagonals of the mark's box. A brand's boxes that
    overlap within one frame belong to different tracks.
    """
    rows = np.lexsort((sightings.frame, sightings.brand))
    numbers = np.full(len(rows), -1, np.int64)
    earlier, later = _near_pairs(sightings, rows, max_gap_us, max_step)
    before, goes_on = [-1] * len(rows), [False] * len(rows)
    # What stands first in the list goes first: pairs of the earliest frame, then the nearest.
    for old, new in zip(earlier.tolist(), later.tolist(), strict=True):
        if before[new] < 0 and not goes_on[old]:
            before[new] = old
            goes_on[old] = True
    tracks = 0
    ordered: list[int] = []
    for old in before:
        ordered.append(tracks if old < 0 else ordered[old])
        tracks += old < 0
    numbers[rows] = ordered
    return numbers


def _near_pairs(sightings: Sightings, rows: Ints, max_gap_us: int, max_step: float) -> tuple[Ints, Ints]:
    """Pairs (earlier, later) of places in `rows`, which are ordered by brand and frame, that may be the same thing: in
    the order in which they are to be linked."""
    if not len(rows):
        return rows, rows
    brand, frame, shot = sightings.brand[rows], sightings.frame[rows], sightings.shot[rows]
    start_us, end_us, box = sightings.start_us[rows], sightings.end_us[rows], sightings.box[rows]
    seen_in = brand * (int(frame.max()) + 1) + frame
    first = np.flatnonzero(np.diff(seen_in, prepend=-1))
    count = np.diff(np.append(first, len(rows)))
    starts, ends = np.minimum.reduceat(start_us, first), np.maximum.reduceat(end_us, first)
    shot_of_brand = (brand * (int(shot.max()) + 1) + shot)[first]
    found: list[tuple[Ints, Ints, Floats]] = []
    for step in range(1, len(first)):
        reached = (shot_of_brand[step:] == shot_of_brand[:-step]) & (starts[step:] - ends[:-step] <= max_gap_us)
        if not reached.any():
            break
        for old in np.array_split(np.flatnonzero(reached), 1 + len(reached) // _CHUNK):
            earlier, later = _products(first, count, old, old + step)
            costs = _costs(box[earlier], box[later])
            near = (costs <= max_step) & (start_us[later] - end_us[earlier] <= max_gap_us)
            found.append((earlier[near], later[near], costs[near]))
    if not found:
        return rows[:0], rows[:0]
    earlier, later, costs = (np.concatenate(side) for side in zip(*found, strict=True))
    order = np.lexsort((later, earlier, costs, seen_in[later]))
    return earlier[order], later[order]


def _products(first: Ints, count: Ints, old: Ints, new: Ints) -> tuple[Ints, Ints]:
    """All pairs of a row of group old[i] with one of group new[i]."""
    sizes = count[old] * count[new]
    group = np.repeat(np.arange(len(old)), sizes)
    within = np.arange(len(group)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    across = count[new][group]
    return first[old][group] + within // across, first[new][group] + within % across


def _costs(a: Floats, b: Floats) -> Floats:
    """Move of the centre in diagonals of the larger box, less the overlap (IoU); infinite for sizes too different."""
    size_a, size_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    area_a, area_b = size_a.prod(axis=1), size_b.prod(axis=1)
    shared = np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2])
    common = np.maximum(shared, 0.0).prod(axis=1)
    diagonal = np.maximum(np.hypot(*size_a.T), np.hypot(*size_b.T))
    move = np.hypot(*(a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]).T) / 2
    costs: Floats = move / diagonal - common / (area_a + area_b - common)
    costs[np.minimum(area_a, area_b) * _MOST_GROWTH**2 < np.maximum(area_a, area_b)] = np.inf
    return costs
