"""What a video file holds, found by reading its packets and decoding one frame. Pure: no Django."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median

from av import VideoFrame

from mpr.errors import BadVideo
from mpr.pipeline.codec import Record
from mpr.pipeline.playback import Converter
from mpr.pipeline.video import Video, open_video, rotation_deg

# Larger pictures are taken for damage or an attack on memory: 16K × 8K is what HEVC's highest level allows.
_MOST_PIXELS = 16384 * 8640
# Keyframes nearer to each other than this tell nothing more; all-intra footage would list every frame.
_KEYFRAME_STEP_S = 0.1
# A step between frames is uneven when it differs by more than this from the median; millisecond clocks alone round
# a 60 Hz step by 6 %.
_UNEVEN = 0.2
_UNEVEN_SHARE = 0.01
# The file counts as cut off when more than this of what its header promises cannot be read.
_MISSING_S = 0.5
_MISSING_SHARE = 0.02


class Properties(Record):
    """Probe data that has no column of its own: `MediaAsset.properties`.

    `origin_ticks` is the first frame's time on the stream's clock and `start_time_s` the same in seconds; every other
    time counts from there. `notes` are sentences for people about what is odd with the file.
    """

    container: str
    pixel_format: str
    rotation_deg: int
    interlaced: bool
    variable_frame_rate: bool
    frame_count: int
    start_time_s: float
    origin_ticks: int
    keyframes_s: list[float]
    notes: list[str]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """A file that can be analysed. Width and height are pixels as shown: square, after rotation."""

    duration_s: float
    fps: float
    width: int
    height: int
    video_codec: str
    audio_codec: str
    bitrate: int
    properties: Properties


@dataclass(frozen=True, kw_only=True)
class _Clock:
    """What the packets say about time: sorted ticks of all shown frames, the end, and where decoding can start."""

    ticks: list[int]
    end_ticks: int
    keyframe_ticks: list[int]
    damaged: int


def probe(path: Path, *, name: str | None = None) -> Probe:
    """Read a file's facts without decoding more than its first frame. `name` is what messages call the file.

    A file that was cut off but still plays passes, with a note; its duration is what can be read.
    Raises BadVideo with a sentence for everything that cannot be analysed.
    """
    name = name or path.name
    with open_video(path, name=name) as video:
        origin_ticks, frame = _first_frame(video, name)
        width, height = _shown_size(video, frame)
        rotation = rotation_deg(frame)
        interlaced = frame.interlaced_frame
        pixel_format = frame.format.name
    with open_video(path, name=name) as video:
        clock = _read_clock(video, origin_ticks)
        duration_s = video.seconds(clock.end_ticks, origin_ticks=origin_ticks)
        audio = video.container.streams.audio
        audio_codec = audio[0].codec_context.name if audio and audio[0].codec_context else ""
        return Probe(
            duration_s=duration_s,
            fps=round(len(clock.ticks) / duration_s, 4),
            width=width,
            height=height,
            video_codec=video.stream.codec_context.codec.canonical_name,
            audio_codec=audio_codec,
            bitrate=video.container.bit_rate or round(path.stat().st_size * 8 / duration_s),
            properties=Properties(
                container=video.container.format.name,
                pixel_format=pixel_format,
                rotation_deg=rotation,
                interlaced=interlaced,
                variable_frame_rate=_is_uneven(clock.ticks),
                frame_count=len(clock.ticks),
                start_time_s=round(float(origin_ticks * video.tick_s), 6),
                origin_ticks=origin_ticks,
                keyframes_s=_keyframes(video, clock, origin_ticks),
                notes=_notes(video, clock, duration_s),
            ),
        )


def _first_frame(video: Video, name: str) -> tuple[int, VideoFrame]:
    first = next(video.frames(video.packets(), from_ticks=video.stream.start_time), None)
    if first is None:
        raise BadVideo(f"{name} has a video track, but no frame of it can be decoded; export it again as H.264 in MP4.")
    _, frame = first
    if frame.width * frame.height > _MOST_PIXELS:
        raise BadVideo(f"{name} is {frame.width} × {frame.height} pixels, which is too large; scale it down to 8K.")
    Converter(16, 16).picture(frame)
    return first


def _shown_size(video: Video, frame: VideoFrame) -> tuple[int, int]:
    aspect = video.stream.sample_aspect_ratio or Fraction(1)
    # Encoders write nonsense here now and then; no real pixel is three times as wide as high.
    width = round(frame.width * aspect) if Fraction(1, 3) <= aspect <= 3 else frame.width
    return (frame.height, width) if rotation_deg(frame) in (90, 270) else (width, frame.height)


def _read_clock(video: Video, origin_ticks: int) -> _Clock:
    ticks: list[int] = []
    keyframes: list[int] = []
    end = 0
    for packet in video.packets():
        shown = video.packet_ticks(packet)
        if shown is None or packet.is_discard or shown < origin_ticks:
            continue
        ticks.append(shown)
        end = max(end, shown + (packet.duration or video.frame_ticks))
        if packet.is_keyframe:
            keyframes.append(shown)
    # The first frame was decoded, so it is there even when its packet carries no time.
    ticks = sorted(ticks) or [origin_ticks]
    end = max(end, ticks[-1] + 1, origin_ticks + 1)
    return _Clock(ticks=ticks, end_ticks=end, keyframe_ticks=sorted(keyframes), damaged=video.damaged)


def _keyframes(video: Video, clock: _Clock, origin_ticks: int) -> list[float]:
    """Where decoding can start, as far as the packets say so exactly."""
    listed: list[float] = []
    if not video.timed_by_pts:
        return listed
    for ticks in clock.keyframe_ticks:
        time_s = video.seconds(ticks, origin_ticks=origin_ticks)
        if not listed or time_s >= listed[-1] + _KEYFRAME_STEP_S:
            listed.append(time_s)
    return listed


def _is_uneven(ticks: list[int]) -> bool:
    steps = [after - before for before, after in pairwise(ticks)]
    if not steps:
        return False
    usual = median(steps)
    uneven = sum(abs(step - usual) > max(1, _UNEVEN * usual) for step in steps)
    return uneven > _UNEVEN_SHARE * len(steps)


def _notes(video: Video, clock: _Clock, duration_s: float) -> list[str]:
    notes = []
    promised_s = _promised_s(video)
    if promised_s is not None and promised_s - duration_s > max(_MISSING_S, _MISSING_SHARE * promised_s):
        notes.append(
            f"The file is cut off: its header says {promised_s:.1f} s, {duration_s:.1f} s can be read and are analysed."
        )
    if clock.damaged:
        notes.append(f"{clock.damaged} damaged packets; the frames that need them are left out.")
    return notes


def _promised_s(video: Video) -> float | None:
    """How long the video is according to the header, without sound that goes on after the picture; None when unsaid."""
    said = []
    if video.stream.duration is not None:
        said.append(float(video.stream.duration * video.tick_s))
    if stated := video.stream.metadata.get("DURATION"):  # Matroska: 00:00:09.960000000
        hours, minutes, seconds = stated.strip("\0").split(":")
        said.append(int(hours) * 3600 + int(minutes) * 60 + float(seconds))
    if video.container.duration is not None:
        said.append(video.container.duration / 1_000_000)
    return min(said, default=None)
