"""Frames and shots: what extract_frames and filter_scenes give."""

from __future__ import annotations

from collections.abc import Iterable

from mpr.pipeline.codec import Record
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Frame


class Frames(Record):
    """The sampled frames of one shard, and its scan strip.

    `frames` are the samples with a picture, in time order. Their `seq` is their time in whole milliseconds: it orders
    them, and is the same for any sharding. `repeats_s` are the times of samples that look like the stored one before
    them and have no picture of their own. `scan` is a small picture of every decoded video frame, grey (three equal
    channels when read), to be walked with `Context.pictures`; its `seq` counts from 0 within the shard. `decoded`
    counts decoded video frames; `keyframes_only` says whether others were skipped.
    """

    frames: list[Frame]
    scan: list[Frame]
    decoded: int
    keyframes_only: bool
    repeats_s: list[float] = []

    def counts(self) -> dict[str, int]:
        return {"frames": len(self.frames), "repeats": len(self.repeats_s), "decoded": self.decoded}


class Shot(Record):
    """A run of frames between two cuts, [start_s, end_s)."""

    number: int
    start_s: float
    end_s: float


class Replay(Record):
    """A stretch that the broadcast shows again, [start_s, end_s), between two transitions that look alike."""

    start_s: float
    end_s: float


class KeptFrame(Record):
    """A frame worth looking at. It stands for [start_s, end_s): its own sampling cell, clipped to its shot, and those
    of the near-duplicates behind it; together the kept frames cover the analysed time without overlap."""

    frame: Frame
    shot: int
    start_s: float
    end_s: float


class Scenes(Record):
    """Shots of the whole timeline and its kept frames in time order. `replays` are those that the picture tells, in
    time order; None where nothing in it tells a replay from play."""

    shots: list[Shot]
    frames: list[KeptFrame]
    dropped: int
    replays: list[Replay] | None = None

    def counts(self) -> dict[str, int]:
        return {"shots": len(self.shots), "frames": len(self.frames), "dropped": self.dropped}

    def within(self, span: Span) -> Scenes:
        """The frames of a span, with all shots they can belong to."""
        frames = [kept for kept in self.frames if span.holds(kept.frame.pts_s)]
        numbers = {kept.shot for kept in frames}
        return Scenes(shots=[shot for shot in self.shots if shot.number in numbers], frames=frames, dropped=0)


def by_seq(frames: Iterable[KeptFrame]) -> dict[int, KeptFrame]:
    """Kept frames by their place on the sampling grid."""
    return {kept.frame.seq: kept for kept in frames}
