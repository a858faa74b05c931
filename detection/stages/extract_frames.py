"""Take frames out of the footage: the pictures that later stages look at, and a strip of every frame in small and grey.

In: the timeline's facts; the shard decodes its own span. Out: `Frames`: sampled frames as JPEGs in the shard's pack,
and in a second pack the scan strip, which serves for finding cuts and following what moves.

Sampled is the first frame shown in each slot of the grid, [k / fps, (k + 1) / fps). Where shards are cut changes
nothing about that: a slot belongs to the shard its first frame lies in. A sample that shows the same as the last one
the shard has stored gets no picture, only its time is kept. Between two hard changes of the picture that no slot begins
in, a frame is sampled beside the grid, so that short shots are seen too.

Only frames that are stored are converted at full size. All pictures have the size of the footage as shown (square
pixels, rotated), at most `max_height_px` high, also where a broadcast changes its picture size on the way. When
keyframes come at least as often as frames are sampled, all over the timeline, only keyframes are decoded. Damaged
packets cost the frames that need them and a warning in the log.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from detection.records import Frames
from detection.video.novelty import HardChanges, Repeats
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Frame, Image, encode_jpeg
from mpr.pipeline.playback import Converter, Shown, Shrinker, shown_frames
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.timeline import Chunk, TimelineFacts

# Times are whole microseconds; a frame this close before a slot's begin is meant to lie on it.
_SLACK_S = 2e-6
_LEAST_HEIGHT_PX = 8
# A frame beside the grid is taken so long after a hard change: a flash is over, and the encoder has caught up.
_SETTLED_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Inputs:
    timeline: TimelineFacts


@dataclass(frozen=True, kw_only=True)
class Config:
    fps: Annotated[float, limits("Frames looked at per second of footage.", gt=0, le=240)] = 2.0
    max_height_px: Annotated[int, limits("Higher footage is scaled down to this height.", ge=64, le=8640)] = 1080
    jpeg_quality: Annotated[int, limits("Quality of the cached frames.", ge=50, le=100)] = 90
    keyframes_only: Annotated[
        Literal["auto", "never"],
        limits("“auto” decodes keyframes alone when they come at least `fps` times a second; cuts get less exact."),
    ] = "auto"
    deblocking: Annotated[
        Literal["references", "all"],
        limits(
            "“references” smooths block edges only in frames that others are predicted from, which takes a tenth less "
            "time; the others look as coarse as the encoder left them."
        ),
    ] = "references"
    scan_width_px: Annotated[
        int, limits("Width of the small pictures that cuts and movement are found by.", ge=64, le=1280)
    ] = 320
    scan_fps: Annotated[float, limits("At most so many small pictures per second; 0 takes every frame.", ge=0)] = 0.0
    scan_quality: Annotated[int, limits("JPEG quality of the small pictures.", ge=50, le=100)] = 85
    duplicate_change: Annotated[
        float,
        limits(
            "A frame is a near-duplicate if no spot of it in small changed by this many grey levels; 0 stores all.",
            ge=0,
            le=255,
        ),
    ] = 10.0
    max_gap_s: Annotated[float, limits("Even of a still picture a frame is stored this often.", gt=0)] = 4.0
    decode_threads: Annotated[
        int, limits("Threads per decoder; 1 is best with one worker per core, 0 is one per core.", ge=0, le=64)
    ] = 1


class _Pack:
    """Pictures one behind the other, and where each lies."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._data = bytearray()
        self._places: list[tuple[int, float, tuple[int, int], int]] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, picture: Image, *, seq: int, time_s: float, quality: int) -> None:
        jpeg = encode_jpeg(picture, quality=quality)
        self._places.append((seq, time_s, (picture.shape[1], picture.shape[0]), len(jpeg)))
        self._data += jpeg

    def stored(self, ctx: Context) -> list[Frame]:
        """Write the pack; one without pictures is not written."""
        if not self._places:
            return []
        key = ctx.write_pack(self._name, bytes(self._data))
        frames = []
        offset = 0
        for seq, time_s, (width_px, height_px), size in self._places:
            frames.append(
                Frame(seq=seq, pts_s=time_s, width_px=width_px, height_px=height_px, pack=key, offset=offset, size=size)
            )
            offset += size
        return frames


class _Samples:
    """Which frames are sampled, and which of those are stored."""

    def __init__(self, facts: TimelineFacts, config: Config) -> None:
        height_px = min(facts.height_px, config.max_height_px)
        self._converter = Converter(_scaled(facts.width_px, height_px / facts.height_px), height_px)
        self._quality = config.jpeg_quality
        self._changes = HardChanges()
        self._repeats = Repeats(least_change=config.duplicate_change, max_gap_s=config.max_gap_s)
        # The last hard change that no sample has followed, and the frame that is sampled if none does.
        self._changed_s: float | None = None
        self._waiting: tuple[Shown, Image] | None = None
        self.pack = _Pack("frames.pack")
        self.repeats_s: list[float] = []

    def see(self, shown: Shown, small: Image, *, on_grid: bool) -> None:
        """The next frame, and the same in small and grey."""
        if self._changes.add(small):
            self.finish()
            self._changed_s = shown.time_s
        if on_grid:
            self._take(shown, small)
        elif self._waiting is None and self._changed_s is not None and shown.time_s - self._changed_s >= _SETTLED_S:
            self._waiting = (shown, small)

    def finish(self) -> None:
        """A hard change, or the end: what is over now and had no sample gets one."""
        if self._waiting is not None:
            self._take(*self._waiting)

    def _take(self, shown: Shown, small: Image) -> None:
        if self._repeats.add(shown.time_s, small, surely_new=self._changed_s is not None):
            self.repeats_s.append(shown.time_s)
        else:
            picture = self._converter.picture(shown.frame)
            self.pack.add(picture, seq=_number(shown.time_s), time_s=shown.time_s, quality=self._quality)
        self._changed_s = self._waiting = None


def run(inputs: Inputs, config: Config, ctx: Context) -> Frames:
    facts = inputs.timeline
    keyframes_only = config.keyframes_only == "auto" and _keyframes_suffice(facts, config.fps)
    samples = _Samples(facts, config)
    shrinker = _shrinker(facts, config.scan_width_px)
    scan = _Pack("scan.pack")
    decoded = 0
    expected = max(1, math.ceil((ctx.span.end_s - ctx.span.start_s) * config.fps))
    sampled = 0
    shown_in_span = shown_frames(
        facts,
        ctx.span,
        ctx.media,
        threads=config.decode_threads,
        keyframes_only=keyframes_only,
        deblocks_all=config.deblocking == "all",
        on_damage=lambda chunk, count: _warn(ctx, chunk, count),
    )
    for shown in shown_in_span:
        decoded += 1
        on_grid = _opens_slot(shown, config.fps)
        in_scan = config.scan_fps == 0 or _opens_slot(shown, config.scan_fps)
        if not (on_grid or in_scan):
            continue
        small = shrinker.picture(shown.frame)
        if in_scan:
            scan.add(small, seq=len(scan), time_s=shown.time_s, quality=config.scan_quality)
        samples.see(shown, small, on_grid=on_grid)
        if on_grid:
            sampled += 1
            ctx.progress(min(sampled, expected), expected)
    samples.finish()
    return Frames(
        frames=samples.pack.stored(ctx),
        repeats_s=samples.repeats_s,
        scan=scan.stored(ctx),
        decoded=decoded,
        keyframes_only=keyframes_only,
    )


def _keyframes_suffice(facts: TimelineFacts, fps: float) -> bool:
    """Whether every slot of the grid surely holds a keyframe. Asked of the whole timeline and not of the span, because
    the answer must not depend on how it is cut."""
    if not facts.keyframes_s:
        return False
    marks = [0.0, *facts.keyframes_s, facts.duration_s]
    return all(after - before <= 1 / fps + _SLACK_S for before, after in pairwise(marks))


def _opens_slot(shown: Shown, fps: float) -> bool:
    """Whether this is the first frame of a slot. A slot that begins in an earlier chunk belongs to that one."""
    slot = _slot(shown.time_s, fps)
    if slot / fps < shown.chunk.start_s - _SLACK_S:
        return False
    before_s = shown.previous_s
    return before_s is None or (_slot(before_s, fps) < slot and _number(before_s) < _number(shown.time_s))


def _slot(time_s: float, fps: float) -> int:
    return math.floor((time_s + _SLACK_S) * fps)


def _number(time_s: float) -> int:
    """A sample's `seq`: whole milliseconds."""
    return math.floor((time_s + _SLACK_S) * 1000)


def _warn(ctx: Context, chunk: Chunk, count: int) -> None:
    ctx.log(
        f"{count} packets of {chunk.key} between {ctx.span.start_s:.1f} and {ctx.span.end_s:.1f} s are damaged or "
        "missing; frames that need them are left out.",
        level="warning",
    )


def _shrinker(facts: TimelineFacts, width_px: int) -> Shrinker:
    return Shrinker(width_px, max(_LEAST_HEIGHT_PX, _scaled(facts.height_px, width_px / facts.width_px)))


def _scaled(length_px: int, factor: float) -> int:
    return max(1, round(length_px * factor))


STAGE = Stage(
    name="extract_frames",
    version=5,
    inputs=Inputs,
    config=Config,
    output=Frames,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.CPU,
)
