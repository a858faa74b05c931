"""Frames and shots: what extract_frames and filter_scenes give."""

from __future__ import annotations

from collections.abc import Iterable

from mpr.pipeline.codec import Record
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Frame


class ScanPicture(Record):
    """A thumbnail of one decoded video frame, for finding cuts at full rate without decoding again."""

    pts_s: float
    jpeg: bytes


class Frames(Record):
    """Sampled frames of one shard in time order, and the scan strip of every decoded frame.

    `looks` are small grey JPEGs of the sampled frames, one for each, for telling near-duplicates. `decoded` counts
    decoded video frames; `keyframes_only` says whether others were skipped.
    """

    frames: list[Frame]
    scan: list[ScanPicture]
    decoded: int
    keyframes_only: bool
    looks: list[bytes] = []

    def counts(self) -> dict[str, int]:
        return {"frames": len(self.frames), "decoded": self.decoded}


class Shot(Record):
    """A run of frames between two cuts, [start_s, end_s)."""

    number: int
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
    """Shots of the whole timeline and its kept frames in time order."""

    shots: list[Shot]
    frames: list[KeptFrame]
    dropped: int

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
