"""The frames of a stretch of the timeline, decoded, and turned into pictures as a viewer sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from av import VideoFrame
from av.error import FFmpegError
from av.video.plane import VideoPlane
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from mpr.errors import BadVideo
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Image
from mpr.pipeline.timeline import Chunk, TimelineFacts
from mpr.pipeline.video import Video, open_video, rotation_deg

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
_UNTAGGED = 2  # AVCOL_SPC_UNSPECIFIED
# Untagged footage of this height or more is BT.709, below it BT.601 (the default), as players take it.
_HD_PX = 720
# 8-bit formats whose first plane is the luma, in the limited range (16 to 235) unless the frame says otherwise.
_LUMA_FIRST = frozenset({"yuv420p", "yuv422p", "yuv444p", "yuva420p", "nv12", "nv21"})
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_WIDENING = 255 / 219


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One frame at its time on the timeline. `previous_s` is the time of the frame before it in the same chunk, also
    when that lies before the stretch that was asked for; None for a chunk's first frame."""

    time_s: float
    previous_s: float | None
    chunk: Chunk
    frame: VideoFrame


def shown_frames(
    facts: TimelineFacts,
    span: Span,
    media: Blobs,
    *,
    threads: int,
    keyframes_only: bool,
    deblocks_all: bool,
    on_damage: Callable[[Chunk, int], None],
) -> Iterator[Shown]:
    """Frames shown in the span, in time order; which ones they are does not depend on where spans are cut.

    `on_damage` is told how many packets of a chunk are damaged or missing. Raises BadVideo, NotFound.
    """
    for chunk in facts.chunks:
        if chunk.start_s >= span.end_s or chunk.start_s + chunk.duration_s <= span.start_s:
            continue
        with (
            media.local(chunk.key) as path,
            open_video(
                path, name=chunk.key, threads=threads, keyframes_only=keyframes_only, deblocks_all=deblocks_all
            ) as video,
        ):
            last_s = max(span.start_s, chunk.start_s) - 1e-6
            for shown in _frames_of(video, chunk, span):
                last_s = shown.time_s
                yield shown
            end_s = min(span.end_s, chunk.start_s + chunk.duration_s)
            missing = sum(last_s < keyframe_s < end_s for keyframe_s in facts.keyframes_s)
            if video.damaged or missing:
                on_damage(chunk, video.damaged + missing)


def _frames_of(video: Video, chunk: Chunk, span: Span) -> Iterator[Shown]:
    def time_s(ticks: int) -> float:
        return round(chunk.start_s + video.seconds(ticks, origin_ticks=chunk.origin_ticks), 6)

    start_s = max(span.start_s, chunk.start_s)
    start_ticks = chunk.origin_ticks + int((start_s - chunk.start_s) / video.tick_s)
    while time_s(start_ticks) < start_s:
        start_ticks += 1
    end_s = min(span.end_s, round(chunk.start_s + chunk.duration_s, 6))
    last_before, packets = video.packets_from(start_ticks)
    previous_s = None if last_before is None or last_before < chunk.origin_ticks else time_s(last_before)
    for ticks, frame in video.frames(packets, from_ticks=start_ticks):
        now_s = time_s(ticks)
        # Damaged files repeat times or step back; those frames were never shown.
        if ticks < start_ticks or (previous_s is not None and now_s <= previous_s):
            continue
        if now_s >= end_s:
            return
        yield Shown(time_s=now_s, previous_s=previous_s, chunk=chunk, frame=frame)
        previous_s = now_s


class Converter:
    """Frames to BGR pictures of one size, upright. Width and height are pixels as shown.

    Kept between frames, because setting up the scaler is dear.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self._size = (width_px, height_px)
        self._scaler = VideoReformatter()

    def picture(self, frame: VideoFrame) -> Image:
        """(height_px, width_px, 3), uint8. Raises BadVideo for a pixel format that cannot be converted."""
        turn = rotation_deg(frame)
        width_px, height_px = self._size if turn in (0, 180) else self._size[::-1]
        untagged_hd = frame.colorspace == _UNTAGGED and frame.height >= _HD_PX
        try:
            scaled = self._scaler.reformat(
                frame,
                width=width_px,
                height=height_px,
                format="bgr24",
                src_colorspace=Colorspace.ITU709 if untagged_hd else None,
                interpolation=Interpolation.BICUBIC,
                threads=1,
            )
        except FFmpegError as error:
            raise _cannot_convert(frame) from error
        plane = scaled.planes[0]
        picture = _rows(plane)[:, : 3 * plane.width].reshape(plane.height, plane.width, 3)
        return np.asarray(cv2.rotate(picture, _TURNS[turn]), np.uint8) if turn else picture


class Shrinker:
    """Frames to small grey pictures of one size, upright, each pixel the mean of those that fall into it. Grey, because
    that takes half the time of colours: the luma lies ready in most footage."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._size = (width_px, height_px)
        self._scaler = VideoReformatter()

    def picture(self, frame: VideoFrame) -> Image:
        """(height_px, width_px), uint8. Raises BadVideo for a pixel format that cannot be converted."""
        turn = rotation_deg(frame)
        width_px, height_px = self._size if turn in (0, 180) else self._size[::-1]
        if frame.format.name in _LUMA_FIRST:
            picture = _halved(_luma(frame), width_px, height_px)
            if picture.shape != (height_px, width_px):
                picture = self._scaled(VideoFrame.from_numpy_buffer(picture, format="gray"), width_px, height_px)
            if frame.color_range != _FULL_RANGE:
                picture = np.asarray(cv2.addWeighted(picture, _WIDENING, picture, 0, -16 * _WIDENING), np.uint8)
        else:
            picture = self._scaled(frame, width_px, height_px)
        return np.asarray(cv2.rotate(picture, _TURNS[turn]), np.uint8) if turn else picture

    def _scaled(self, frame: VideoFrame, width_px: int, height_px: int) -> Image:
        try:
            scaled = self._scaler.reformat(
                frame, width=width_px, height=height_px, format="gray", interpolation=Interpolation.AREA, threads=1
            )
        except FFmpegError as error:
            raise _cannot_convert(frame) from error
        plane = scaled.planes[0]
        return _rows(plane)[:, : plane.width]


def _halved(picture: Image, width_px: int, height_px: int) -> Image:
    """The picture, halved while that is a step of the way to the wished size and leaves a mean of whole pixels: that
    costs a fraction of what the scaler takes for the same."""
    while True:
        height, width = picture.shape
        far = width >= 4 * width_px and height >= 4 * height_px
        if width % 2 or height % 2 or not (far or (width, height) == (2 * width_px, 2 * height_px)):
            return picture
        picture = np.asarray(cv2.resize(picture, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)


def _luma(frame: VideoFrame) -> Image:
    plane = frame.planes[0]
    return _rows(plane)[:, : plane.width]


def _rows(plane: VideoPlane) -> Image:
    """The plane's own memory, row by row, each with its padding: no copy is made."""
    memory: Any = plane
    rows: Image = np.frombuffer(memory, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height]


def _cannot_convert(frame: VideoFrame) -> BadVideo:
    return BadVideo(f"Its pixel format {frame.format.name} cannot be converted; export it again as H.264 in MP4.")
