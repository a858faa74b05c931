"""Copies of footage that every browser plays: H.264 and AAC in MP4. Pure: no Django.

A copy is made in stretches of some minutes, so that a worker that dies loses little and one can watch before all is
done. Its frames have the times of the source's, counted from the stretch's begin, and a keyframe at least every second,
so that seeking is quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av import AudioFrame, VideoFrame
from av.error import FFmpegError
from av.video.reformatter import Interpolation, VideoReformatter

from mpr.errors import BadVideo, from_os_error
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.containers import open_container, open_file
from mpr.pipeline.context import Span
from mpr.pipeline.playback import Converter, shown_frames
from mpr.pipeline.timeline import TimelineFacts
from mpr.pipeline.video import rotation_deg

_TICKS_PER_S = 90_000
_MOST_HEIGHT_PX = 720
_SOUND_HZ = 48_000
_THREADS = 2
_QUALITY = "23"
# Enough of the first bytes of sound before the stretch for the decoder to be in step.
_SOUND_BEFORE_S = 0.5


def write_proxy(facts: TimelineFacts, span: Span, media: Blobs, path: Path, progress: Callable[[float], None]) -> None:
    """Encode a stretch of a file to `path`. Raises BadVideo when not one frame of it can be decoded, StorageFull."""
    try:
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            _encode(facts, span, media, container, progress)
    except OSError as error:
        if isinstance(error, FFmpegError) and not error.errno:
            raise BadVideo(f"A copy for browsers cannot be made of it ({error}); export it as H.264 in MP4.") from error
        raise from_os_error(error, "write a copy for browsers") from error


def _encode(facts: TimelineFacts, span: Span, media: Blobs, container: Any, progress: Callable[[float], None]) -> None:
    size = _size(facts)
    stream = container.add_stream("libx264", rate=Fraction(facts.fps).limit_denominator(1001))
    stream.width, stream.height, stream.pix_fmt = size.width_px, size.height_px, "yuv420p"
    stream.codec_context.time_base = stream.time_base = Fraction(1, _TICKS_PER_S)
    stream.codec_context.gop_size = max(1, round(facts.fps))
    stream.codec_context.thread_count = _THREADS
    # Without B-frames the first frame lies at 0 for every player.
    stream.options = {"preset": "veryfast", "crf": _QUALITY, "bf": "0"}
    with _Sound(facts, span, media) as sound:
        voice = container.add_stream("aac", rate=_SOUND_HZ, layout="stereo", bit_rate=128_000) if sound.there else None
        shrink = _Shrink(size)
        frames = shown_frames(
            facts,
            span,
            media,
            threads=_THREADS,
            keyframes_only=False,
            deblocks_all=True,
            on_damage=lambda chunk, count: None,
        )
        any_frame = False
        for shown in frames:
            any_frame = True
            picture = shrink.picture(shown.frame)
            picture.pts = round((shown.time_s - span.start_s) * _TICKS_PER_S)
            picture.time_base = Fraction(1, _TICKS_PER_S)
            container.mux(stream.encode(picture))
            if voice is not None:
                for heard in sound.until(shown.time_s):
                    container.mux(voice.encode(heard))
            progress((shown.time_s - span.start_s) / (span.end_s - span.start_s))
        if not any_frame:
            raise BadVideo(f"Between {span.start_s:.1f} and {span.end_s:.1f} s not one frame can be decoded.")
        container.mux(stream.encode(None))
        if voice is not None:
            for heard in sound.until(span.end_s):
                container.mux(voice.encode(heard))
            container.mux(voice.encode(None))


@dataclass(frozen=True, kw_only=True)
class _Size:
    width_px: int
    height_px: int


def _size(facts: TimelineFacts) -> _Size:
    """As shown, at most 720 lines, in even numbers as H.264 asks."""
    factor = min(1.0, _MOST_HEIGHT_PX / facts.height_px)
    return _Size(
        width_px=max(2, round(facts.width_px * factor / 2) * 2),
        height_px=max(2, round(facts.height_px * factor / 2) * 2),
    )


class _Shrink:
    def __init__(self, size: _Size) -> None:
        self._size = size
        self._scaler = VideoReformatter()
        self._upright = Converter(size.width_px, size.height_px)

    def picture(self, frame: VideoFrame) -> VideoFrame:
        if rotation_deg(frame):
            return VideoFrame.from_ndarray(self._upright.picture(frame), format="bgr24")
        return self._scaler.reformat(
            frame, width=self._size.width_px, height=self._size.height_px, format="yuv420p",
            interpolation=Interpolation.BILINEAR, threads=1,
        )  # fmt: skip


class _Sound:
    """The first sound of the file within a stretch, resampled; `there` tells whether there is any."""

    def __init__(self, facts: TimelineFacts, span: Span, media: Blobs) -> None:
        self._chunk = facts.chunks[0]
        self._span = span
        self._media = media
        self.there = False
        self._waiting: AudioFrame | None = None
        self._frames: Iterator[AudioFrame] = iter(())

    def __enter__(self) -> _Sound:
        self._local = self._media.local(self._chunk.key)
        self._file = open_file(self._local.__enter__(), name=self._chunk.key)
        self._container = open_container(self._file, name=self._chunk.key)
        streams = [stream for stream in self._container.streams.audio if stream.codec_context is not None]
        if streams and self._container.streams.video:
            self.there = True
            self._frames = self._heard(streams[0])
        return self

    def __exit__(self, *error: Any) -> None:
        self._container.close()
        self._file.close()
        self._local.__exit__(None, None, None)

    def until(self, time_s: float) -> Iterator[AudioFrame]:
        """What is heard up to a moment, each frame with its time from the stretch's begin."""
        limit = round((time_s - self._span.start_s) * _SOUND_HZ)
        while True:
            frame = self._waiting or next(self._frames, None)
            self._waiting = None
            if frame is None:
                return
            if (frame.pts or 0) >= limit:
                self._waiting = frame
                return
            yield frame

    def _heard(self, stream: Any) -> Iterator[AudioFrame]:
        picture = self._container.streams.video[0]
        origin_s = self._chunk.origin_ticks * Fraction(picture.time_base or 1)
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=_SOUND_HZ)
        start_s = float(origin_s) + self._span.start_s
        try:
            self._container.seek(int(max(0.0, start_s - _SOUND_BEFORE_S) * av.time_base))
        except FFmpegError:
            return
        last = -1
        for packet in self._container.demux(stream):
            try:
                decoded = packet.decode()
            except FFmpegError:
                continue
            for frame in decoded:
                if frame.pts is None or frame.time_base is None:
                    continue
                at = round((float(frame.pts * frame.time_base) - start_s) * _SOUND_HZ)
                frame.pts = None
                for heard in resampler.resample(frame):
                    # Never backwards, never before the begin.
                    if at > last and at >= 0:
                        heard.pts, heard.time_base = at, Fraction(1, _SOUND_HZ)
                        last = at
                        yield heard
                    at += heard.samples
