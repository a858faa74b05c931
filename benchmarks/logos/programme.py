"""Clips joined to one programme, and pictures shown as one: what is claimed in an hour depends on how long a piece of
footage is, since closer looks are shared out over all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mpr.pipeline.frames import Image

_WIDE_PX, _HIGH_PX, _FPS = 1280, 720, 25
_CRF = "26"


def join(videos: Sequence[Path], path: Path) -> Path:
    """The videos one after another, at 1280 × 720 and 25 frames a second, written to `path`."""
    return _film((frame for video in videos for frame in _frames(video)), path)


def show_stills(pictures: Iterable[Image], hold_s: float, path: Path) -> Path:
    """Pictures (BGR) one after another, each for so long, written likewise."""
    ticks = max(1, round(hold_s * _FPS))
    held = (picture for picture in pictures for _ in range(ticks))
    return _film((VideoFrame.from_ndarray(picture, format="bgr24") for picture in held), path)


def _film(frames: Iterable[VideoFrame], path: Path) -> Path:
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=_FPS, options={"crf": _CRF, "preset": "superfast"})
        stream.width, stream.height, stream.pix_fmt = _WIDE_PX, _HIGH_PX, "yuv420p"
        stream.time_base = Fraction(1, _FPS)
        for count, frame in enumerate(frames):
            seen = frame.reformat(_WIDE_PX, _HIGH_PX, "yuv420p")
            seen.pts, seen.time_base = count, Fraction(1, _FPS)
            film.mux(stream.encode(seen))
        film.mux(stream.encode())
    return path


def _frames(video: Path) -> Iterator[VideoFrame]:
    """The frame that is seen at each tick."""
    with av.open(str(video)) as file:
        stream: VideoStream = file.streams.video[0]
        stream.thread_type = "AUTO"
        ticks = 0
        for frame in file.decode(stream):
            # Whoever gets the frame may give it another time.
            until = -1.0 if frame.time is None else frame.time * _FPS + 0.5
            while ticks <= until:
                yield frame
                ticks += 1
