"""The time for which a frame's sightings stand where nothing is tracked: the frame's cell."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from detection.records import KeptFrame, by_seq
from mpr.pipeline.codec import Record


class Cell(Record):
    """[start_s, end_s) of the timeline, and by how much either may be wrong."""

    start_s: float
    end_s: float
    boundary_error_s: float


def cells(frames: Iterable[KeptFrame]) -> dict[int, Cell]:
    """The cell of every kept frame, by its place on the sampling grid.

    What begins between two samples is credited from the middle between them, so half a sampling step may be wrong.
    """
    kept = by_seq(frames)
    ordered = [kept[seq] for seq in sorted(kept)]
    steps_s = [
        (after.frame.pts_s - before.frame.pts_s) / (after.frame.seq - before.frame.seq)
        for before, after in pairwise(ordered)
    ]
    step_s = median(steps_s) if steps_s else sum(one.end_s - one.start_s for one in ordered)
    error_s = round(step_s / 2, 6)
    return {one.frame.seq: Cell(start_s=one.start_s, end_s=one.end_s, boundary_error_s=error_s) for one in ordered}
