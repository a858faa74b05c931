"""The frames of a stretch of the timeline, decoded, and turned into pictures as a viewer sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from av import VideoFrame
from av.error import FFmpegError
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from mpr.errors import BadVideo
from mpr.pipeline.ahead import made_ahead
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Image
from mpr.pipeline.timeline import Chunk, TimelineFacts
from mpr.pipeline.video import Video, open_video, rotation_deg

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
_UNTAGGED = 2  # AVCOL_SPC_UNSPECIFIED
# Untagged footage of this height or more is BT.709, below it BT.601 (the default), as players take it.
_HD_PX = 720
# Frames decoded together while earlier ones are looked at; more would have left the cache when they are looked at.
_AHEAD = 2


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
            open_video(path, name=chunk.key, threads=threads, keyframes_only=keyframes_only) as video,
        ):
            last_s = max(span.start_s, chunk.start_s) - 1e-6
            for shown in made_ahead(_frames_of(video, chunk, span), batch=_AHEAD):
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
    for ticks, frame in video.frames(packets):
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

    def __init__(self, width_px: int, height_px: int, *, area: bool = False) -> None:
        """`area` averages all pixels that fall into one, for pictures that are made much smaller."""
        self._size = (width_px, height_px)
        self._interpolation = Interpolation.AREA if area else Interpolation.BICUBIC
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
                interpolation=self._interpolation,
                threads=1,
            )
        except FFmpegError as error:
            raise BadVideo(
                f"Its pixel format {frame.format.name} cannot be converted; export it again as H.264 in MP4."
            ) from error
        picture = _pixels(scaled)
        return np.asarray(cv2.rotate(picture, _TURNS[turn]), np.uint8) if turn else picture


def _pixels(frame: VideoFrame) -> Image:
    """The frame's own memory, (height, width, 3), of which each row may end in padding: no copy is made."""
    plane = frame.planes[0]
    memory: Any = plane
    rows: Image = np.frombuffer(memory, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : 3 * plane.width].reshape(plane.height, plane.width, 3)
