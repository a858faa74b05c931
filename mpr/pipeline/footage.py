"""Small clips for tests, drawn and encoded here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from mpr.pipeline.frames import Image

_TICKS_PER_S = 90_000
# Numbers are painted as one patch per bit, black or white.
_BITS = 8


def numbered(count: int, *, width_px: int = 96, height_px: int = 64) -> list[Image]:
    """Pictures that say their own number, readable after any encoding with `number_of`."""
    return [_numbered(number, width_px, height_px) for number in range(count)]


def number_of(picture: Image) -> int:
    """The number painted into a picture of `numbered`, at any scale."""
    small = cv2.resize(picture, (_BITS, 1), interpolation=cv2.INTER_AREA)
    levels = small.reshape(1, _BITS, -1).mean(axis=2)[0]
    return sum(1 << bit for bit in range(_BITS) if levels[bit] > 127)


def _numbered(number: int, width_px: int, height_px: int) -> Image:
    bits = np.array([[255 if number >> bit & 1 else 0 for bit in range(_BITS)]], np.uint8)
    grey = cv2.resize(bits, (width_px, height_px), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def write_clip(
    path: Path,
    pictures: Iterable[Image],
    *,
    fps: int = 25,
    start_s: float = 0.0,
    times_s: Sequence[float] | None = None,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    keyframe_every: int = 12,
    b_frames: int = 2,
    rotation_deg: int = 0,
    sound: bool = False,
    format: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode BGR pictures of one size; `times_s` gives each its own time, else they come at `fps` from
    `start_s` on. `rotation_deg` is
    the quarter turns that a player is asked to make, counter-clockwise."""
    waiting = list(pictures)
    # Keyframes come where they were asked for, not also at cuts.
    steady = {"sc_threshold": "0"} if codec == "libx264" else {}
    height_px, width_px = waiting[0].shape[:2]
    with av.open(str(path), "w", format=format) as container:
        stream: Any = container.add_stream(codec, rate=fps, options={"threads": "1", **steady, **(options or {})})
        stream.width, stream.height, stream.pix_fmt = width_px, height_px, pixel_format
        stream.codec_context.gop_size = keyframe_every
        if times_s is not None:
            stream.codec_context.time_base = stream.time_base = Fraction(1, _TICKS_PER_S)
        if codec in ("libx264", "mpeg2video", "mpeg4"):
            stream.codec_context.max_b_frames = b_frames
        if rotation_deg:
            stream.set_display_rotation(rotation_deg)
        voice: Any = container.add_stream("aac", rate=48_000) if sound else None
        for number, picture in enumerate(waiting):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            if times_s is not None:
                frame.pts, frame.time_base = round(times_s[number] * _TICKS_PER_S), Fraction(1, _TICKS_PER_S)
            else:
                frame.pts, frame.time_base = number + round(start_s * fps), Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if voice is not None:
            _add_silence(container, voice, len(waiting) / fps)
    return path


def write_sound(path: Path, *, seconds: float = 1.0) -> Path:
    """A file with sound alone."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("aac", rate=48_000)
        _add_silence(container, stream, seconds)
    return path


def _add_silence(container: Any, stream: Any, seconds: float) -> None:
    for number in range(round(seconds * 48_000 / 1024)):
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 1024, Fraction(1, 48_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
