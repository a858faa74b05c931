"""The timeline as the stages see it: which files lie behind one another, and where each begins."""

from __future__ import annotations

from mpr.errors import NotFound
from mpr.pipeline.codec import Record


class Chunk(Record):
    """One media file of the timeline. It plays during [start_s, start_s + duration_s) of the timeline; `key` is its
    storage key in media_in. `origin_ticks` is the time inside the file, on the video stream's clock, that lies at
    start_s: its first frame, which MPEG-TS and edit lists put anywhere."""

    key: str
    sha256: str
    start_s: float
    duration_s: float
    origin_ticks: int = 0


class TimelineFacts(Record):
    """The source "timeline": what is known of the footage before any stage runs. `keyframes_s` are the timeline seconds
    at which a decoder can start."""

    chunks: list[Chunk]
    duration_s: float
    fps: float
    width_px: int
    height_px: int
    keyframes_s: list[float]

    def chunk_at(self, time_s: float) -> Chunk:
        """The chunk that plays at a moment of the timeline. Raises NotFound outside it."""
        if time_s < self.duration_s:
            for chunk in reversed(self.chunks):
                if chunk.start_s <= time_s:
                    return chunk
        raise NotFound(f"The timeline has nothing at {time_s:.3f} s.")
