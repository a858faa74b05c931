"""Take frames out of the footage: the pictures that later stages look at, and a strip of thumbnails to find cuts by.

In: the timeline's facts; the shard decodes its own span. Out: `Frames`: for each slot of the sampling grid, [k / fps,
(k + 1) / fps), the first frame shown in it, as a JPEG in the shard's pack; a small grey look at each of them; and a
thumbnail of every decoded frame. Where shards are cut changes nothing: a slot belongs to the shard its first frame
lies in.

Only frames that are kept are converted. All pictures have the size of the footage as shown (square pixels, rotated),
at most `max_height_px` high, also where a broadcast changes its picture size on the way. When keyframes come at least
as often as frames are sampled, all over the timeline, only keyframes are decoded. Damaged packets cost the frames that
need them and a warning in the log.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Annotated, Literal

from av import VideoFrame

from detection.records import Frames, ScanPicture
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Frame, Image, encode_jpeg
from mpr.pipeline.playback import Converter, Shown, shown_frames
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.timeline import Chunk, TimelineFacts

# Times are whole microseconds; a frame this close before a slot's begin is meant to lie on it.
_SLACK_S = 2e-6
_SMALL_QUALITY = 90
_LEAST_HEIGHT_PX = 8


@dataclass(frozen=True, kw_only=True)
class Inputs:
    timeline: TimelineFacts


@dataclass(frozen=True, kw_only=True)
class Config:
    fps: Annotated[float, limits("Frames looked at per second of footage.", gt=0, le=240)] = 2.0
    max_height_px: Annotated[int, limits("Higher footage is scaled down to this height.", ge=64, le=8640)] = 1080
    jpeg_quality: Annotated[int, limits("Quality of the cached frames.", ge=50, le=100)] = 92
    keyframes_only: Annotated[
        Literal["auto", "never"],
        limits("“auto” decodes keyframes alone when they come at least `fps` times a second; cuts get less exact."),
    ] = "auto"
    scan_width_px: Annotated[int, limits("Width of the thumbnails that cuts are found by.", ge=16, le=640)] = 64
    scan_fps: Annotated[float, limits("At most so many thumbnails per second; 0 takes every frame.", ge=0)] = 0.0
    look_width_px: Annotated[
        int, limits("Width of the grey pictures that near-duplicates are told by.", ge=32, le=1280)
    ] = 256
    decode_threads: Annotated[int, limits("Threads per decoder; 0 is one per core.", ge=0, le=64)] = 2


@dataclass(frozen=True, kw_only=True)
class _Sample:
    """A kept frame: its slot, its time and the size of its JPEG."""

    slot: int
    time_s: float
    picture_px: tuple[int, int]
    size: int


@dataclass(kw_only=True)
class _Taken:
    """What the shard has taken so far; `pack` is the samples' JPEGs one behind the other."""

    pack: bytearray = field(default_factory=bytearray)
    samples: list[_Sample] = field(default_factory=list)
    looks: list[bytes] = field(default_factory=list)
    scan: list[ScanPicture] = field(default_factory=list)
    decoded: int = 0


class _Pictures:
    """The three kinds of picture that are made of a frame."""

    def __init__(self, facts: TimelineFacts, config: Config) -> None:
        height_px = min(facts.height_px, config.max_height_px)
        self._full = Converter(_scaled(facts.width_px, height_px / facts.height_px), height_px)
        self._scan = _small(facts, config.scan_width_px, "bgr24")
        self._look = _small(facts, config.look_width_px, "gray")
        self._quality = config.jpeg_quality

    def full(self, frame: VideoFrame) -> tuple[bytes, tuple[int, int]]:
        """The JPEG and its (width, height)."""
        picture: Image = self._full.picture(frame)
        return encode_jpeg(picture, quality=self._quality), (picture.shape[1], picture.shape[0])

    def look(self, frame: VideoFrame) -> bytes:
        return encode_jpeg(self._look.picture(frame), quality=_SMALL_QUALITY)

    def thumbnail(self, frame: VideoFrame) -> bytes:
        return encode_jpeg(self._scan.picture(frame), quality=_SMALL_QUALITY)


def run(inputs: Inputs, config: Config, ctx: Context) -> Frames:
    facts = inputs.timeline
    keyframes_only = config.keyframes_only == "auto" and _keyframes_suffice(facts, config.fps)
    pictures = _Pictures(facts, config)
    taken = _Taken()
    expected = max(1, math.ceil((ctx.span.end_s - ctx.span.start_s) * config.fps))
    shown_in_span = shown_frames(
        facts,
        ctx.span,
        ctx.media,
        threads=config.decode_threads,
        keyframes_only=keyframes_only,
        on_damage=lambda chunk, count: _warn(ctx, chunk, count),
    )
    for shown in shown_in_span:
        taken.decoded += 1
        if config.scan_fps == 0 or _opened_slot(shown, config.scan_fps) is not None:
            taken.scan.append(ScanPicture(pts_s=shown.time_s, jpeg=pictures.thumbnail(shown.frame)))
        slot = _opened_slot(shown, config.fps)
        if slot is not None:
            _take(taken, slot, shown, pictures)
            ctx.progress(min(len(taken.samples), expected), expected)
    return Frames(
        frames=_stored(taken, ctx),
        looks=taken.looks,
        scan=taken.scan,
        decoded=taken.decoded,
        keyframes_only=keyframes_only,
    )


def _keyframes_suffice(facts: TimelineFacts, fps: float) -> bool:
    """Whether every slot of the grid surely holds a keyframe. Asked of the whole timeline and not of the span, because
    the answer must not depend on how it is cut."""
    if not facts.keyframes_s:
        return False
    marks = [0.0, *facts.keyframes_s, facts.duration_s]
    return all(after - before <= 1 / fps + _SLACK_S for before, after in pairwise(marks))


def _opened_slot(shown: Shown, fps: float) -> int | None:
    """The slot whose first frame this is, if it is one. A slot that begins in an earlier chunk belongs to that one."""
    slot = _slot(shown.time_s, fps)
    if slot / fps < shown.chunk.start_s - _SLACK_S:
        return None
    return slot if shown.previous_s is None or _slot(shown.previous_s, fps) < slot else None


def _slot(time_s: float, fps: float) -> int:
    return math.floor((time_s + _SLACK_S) * fps)


def _take(taken: _Taken, slot: int, shown: Shown, pictures: _Pictures) -> None:
    jpeg, picture_px = pictures.full(shown.frame)
    taken.samples.append(_Sample(slot=slot, time_s=shown.time_s, picture_px=picture_px, size=len(jpeg)))
    taken.looks.append(pictures.look(shown.frame))
    taken.pack += jpeg


def _stored(taken: _Taken, ctx: Context) -> list[Frame]:
    """Write the pack; a span without frames has none."""
    if not taken.samples:
        return []
    key = ctx.write_pack("frames.pack", bytes(taken.pack))
    frames = []
    offset = 0
    for sample in taken.samples:
        width_px, height_px = sample.picture_px
        frames.append(
            Frame(
                seq=sample.slot,
                pts_s=sample.time_s,
                width_px=width_px,
                height_px=height_px,
                pack=key,
                offset=offset,
                size=sample.size,
            )
        )
        offset += sample.size
    return frames


def _warn(ctx: Context, chunk: Chunk, count: int) -> None:
    ctx.log(
        f"{count} packets of {chunk.key} between {ctx.span.start_s:.1f} and {ctx.span.end_s:.1f} s are damaged or "
        "missing; frames that need them are left out.",
        level="warning",
    )


def _small(facts: TimelineFacts, width_px: int, format: str) -> Converter:
    height_px = max(_LEAST_HEIGHT_PX, _scaled(facts.height_px, width_px / facts.width_px))
    return Converter(width_px, height_px, format=format, area=True)


def _scaled(length_px: int, factor: float) -> int:
    return max(1, round(length_px * factor))


STAGE = Stage(
    name="extract_frames",
    version=1,
    inputs=Inputs,
    config=Config,
    output=Frames,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.CPU,
)
