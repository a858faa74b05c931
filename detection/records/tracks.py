"""Tracks: the same thing on screen from frame to frame, and the time for which it is seen."""

from __future__ import annotations

from typing import Literal

from detection.records.geometry import Quad
from mpr.pipeline.codec import Record

Cause = Literal["cut", "shard", "edge", "vanished"]
Motion = Literal["camera", "screen", "own"]


class View(Record):
    """A track in one kept frame, which stands for [start_s, end_s) of it. `box` is the box's place in its frame's list,
    -1 where the detector missed it and following the picture says where it is. `outline` is what its letters fill of
    the quad, with the same first corner. `sharpness` and `contrast` are those of the upright crop, as in
    TextCandidate."""

    seq: int
    box: int
    quad: Quad
    start_s: float
    end_s: float
    sharpness: float
    contrast: float
    outline: Quad | None = None


class Track(Record):
    """One thing in one shot, within one shard. Its views are in time order; their times cover [start_s, end_s) except
    where it is hidden, and never overlap. `number` is its place in the shard's list.

    A track begins and ends with a "cut", at the border of its "shard" (it goes on in the next one), at the "edge" of
    the picture, or because it "vanished" (covered, switched off, too blurred to tell); `start_error_s` and
    `end_error_s` say by how much that time may be wrong. `motion` says what it moves with: the "camera" (boards, the
    ground), the "screen" (graphics) or on its "own" (jerseys, cars)."""

    number: int
    shot: int
    label: str
    start_s: float
    end_s: float
    start_cause: Cause
    end_cause: Cause
    start_error_s: float
    end_error_s: float
    motion: Motion
    views: list[View]


class Tracks(Record):
    """The tracks of one shard, ordered by start and then by place."""

    tracks: list[Track]

    def counts(self) -> dict[str, int]:
        return {"tracks": len(self.tracks), "views": sum(len(track.views) for track in self.tracks)}
