"""Taking a stretch out of a video file without encoding it anew. Pure: no Django.

Packets are copied as they are, from a keyframe on, so the cuts lie at keyframes. Some frames that are shown before the
last cut may need packets that come behind it (open groups of pictures); those are copied too. What is shown of the new
file is exactly the stretch: `origin_ticks` and `duration_s` leave out whatever is there besides.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av import Packet
from av.error import FFmpegError

from mpr.errors import BadVideo, StorageFull, from_os_error
from mpr.pipeline.codec import Record
from mpr.pipeline.video import Video, open_video

# Sound lies in files up to so long before or behind its picture.
_INTERLEAVED_S = 2.0
_STEPS_BACK_S = (0.0, 4.0, 16.0, 64.0)
# Matroska's clock is a millisecond.
_COARSE_S = 0.0011
_FINE_S = 2e-6
# Containers, the first that holds all codecs is taken. MP4 and QuickTime keep every clock; browsers play MP4.
_CONTAINERS = ("mp4", "mov", "matroska")
_MOST_WITHOUT_TIME = 64


class ChunkFacts(Record):
    """What the file of a chunk holds. It plays for `duration_s` from `origin_ticks` on."""

    container: str
    duration_s: float
    origin_ticks: int
    frame_count: int
    sound: list[str]


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Where a person wants a chunk, and where its cuts really fall; seconds of the source."""

    wished_start_s: float
    wished_end_s: float
    start_s: float
    end_s: float


def snapped(wishes: Sequence[tuple[float, float]], *, keyframes_s: Sequence[float], duration_s: float) -> list[Stretch]:
    """The wished stretches with their cuts at the nearest keyframes (the ends of the file are always possible), in the
    order of time. A stretch of which nothing is left is left out."""
    places = sorted({0.0, *(mark_s for mark_s in keyframes_s if mark_s < duration_s), duration_s})
    found = [
        Stretch(
            wished_start_s=round(wished_start_s, 6),
            wished_end_s=round(wished_end_s, 6),
            start_s=_nearest(places, wished_start_s),
            end_s=_nearest(places, wished_end_s),
        )
        for wished_start_s, wished_end_s in sorted(wishes)
    ]
    return [stretch for stretch in found if stretch.end_s > stretch.start_s]


def _nearest(places: Sequence[float], wished_s: float) -> float:
    at = bisect_left(places, wished_s)
    return min(places[max(0, at - 1) : at + 1], key=lambda place_s: (abs(place_s - wished_s), place_s))


def write_chunk(
    source: Path, stretch: Stretch, path: Path, *, name: str, origin_ticks: int, is_last: bool,
    progress: Callable[[float], None],
) -> ChunkFacts:  # fmt: skip
    """Copy a stretch of a file to `path`. `origin_ticks` is the source's first frame, from which its times count;
    `is_last` takes everything to the end of the file.

    Raises BadVideo when the file cannot be cut without encoding, StorageFull and the like when writing fails.
    """
    with open_video(source, name=name) as video:
        seek_to = _seek_to(video, origin_ticks + round(Fraction(stretch.start_s) / video.tick_s))
    with open_video(source, name=name) as video:
        if not video.timed_by_pts:
            raise BadVideo(
                f"{name} is an AVI, which does not say when its frames are shown, so it cannot be cut as it is; "
                "convert it to MP4 or MKV first."
            )
        writer = _Writer(video, stretch, name=name, origin_ticks=origin_ticks, is_last=is_last, seek_to=seek_to)
        try:
            with av.open(str(path), "w", format=_container(video)) as container:
                writer.copy(container, progress)
        except FFmpegError as error:
            if error.errno and error.errno > 0 and isinstance(error, OSError):
                failure = from_os_error(error, f"write a chunk of {name}")
                if isinstance(failure, StorageFull):
                    failure = StorageFull(
                        f"The disk is full, so a chunk of {name} could not be written; free some space, then try the "
                        "chunk again."
                    )
                raise failure from error
            raise BadVideo(f"{name} cannot be cut as it is ({error.strerror}); convert it to MP4 first.") from error
        return _checked(path, writer, stretch, name=name)


def _container(video: Video) -> str:
    """The format of the new file."""
    codecs = {stream.codec_context.codec.canonical_name for stream in _copied(video)}
    return next((format_name for format_name in _CONTAINERS if codecs <= _held_by(format_name)), _CONTAINERS[-1])


def _held_by(format_name: str) -> set[str]:
    with av.open("/dev/null", "w", format=format_name) as container:
        return set(container.supported_codecs)


def _seek_to(video: Video, begin: int) -> int | None:
    """To where one must seek so that the keyframe at `begin`, and the sound that belongs to it, are still to come; None
    for the beginning of the file. Containers without an index (MPEG-TS) land anywhere, so it is tried."""
    for back_s in _STEPS_BACK_S:
        target = begin - round(Fraction(_INTERLEAVED_S + back_s) / video.tick_s)
        if video.stream.start_time is None or target <= video.stream.start_time:
            return None
        try:
            video.container.seek(target, stream=video.stream)
        except FFmpegError:
            return None
        first = next((packet for packet in video.packets() if packet.is_keyframe), None)
        found = None if first is None else video.packet_ticks(first)
        if found is not None and found <= target:
            return target
    return None


def _copied(video: Video) -> list[Any]:
    """The picture and all sound whose kind the file tells; subtitles and data are left behind."""
    # Sound that begins far behind the picture may only be announced: nothing is known of it, not even its rate.
    sound = [stream for stream in video.container.streams.audio if stream.codec_context is not None]
    return [video.stream, *(stream for stream in sound if stream.codec_context.sample_rate > 0)]


class _Writer:
    """Copies packets of one stretch. `shown` are the ticks of the frames in it, as the source has them."""

    def __init__(
        self, video: Video, stretch: Stretch, *, name: str, origin_ticks: int, is_last: bool, seek_to: int | None
    ) -> None:
        self._video = video
        self._seek_to = seek_to
        self._stretch = stretch
        self._name = name
        self.is_first = stretch.start_s == 0.0
        self.is_last = is_last
        self.frame_ticks = video.frame_ticks
        self.begin = origin_ticks + round(Fraction(stretch.start_s) / video.tick_s)
        self.end = origin_ticks + round(Fraction(stretch.end_s) / video.tick_s)
        self.shown: list[int] = []

    def copy(self, container: Any, progress: Callable[[float], None]) -> None:
        streams = _copied(self._video)
        targets = {}
        for stream in streams:
            target = container.add_stream_from_template(stream, opaque=True)
            target.time_base = stream.time_base
            targets[stream.index] = target
        picture = _Picture(self)
        for packet in self._packets(streams):
            if packet.stream is self._video.stream:
                ready = picture.take(packet)
                progress(self._share(packet))
            elif self._is_heard(packet):
                ready = [packet]
            else:
                ready = []
            if picture.is_over and self._is_past(packet):
                break
            self._write(container, targets, ready)
        self._write(container, targets, picture.rest())
        if not self.shown:
            raise BadVideo(f"{self._name} has no keyframe at {self._stretch.start_s:.3f} s; choose another place.")

    def _write(self, container: Any, targets: dict[int, Any], packets: list[Any]) -> None:
        for packet in packets:
            stream = packet.stream
            shift = round(self.begin * self._video.tick_s / Fraction(stream.time_base))
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts = None if packet.dts is None else packet.dts - shift
            packet.stream = targets[stream.index]
            container.mux(packet)

    def seconds(self, ticks: int) -> float:
        """Ticks of the source as seconds since the begin."""
        return self._video.seconds(ticks, origin_ticks=self.begin)

    def _share(self, packet: Packet[Any]) -> float:
        ticks = self._video.packet_ticks(packet)
        return 0.0 if ticks is None else max(0.0, min(1.0, (ticks - self.begin) / max(1, self.end - self.begin)))

    def _is_heard(self, packet: Packet[Any]) -> bool:
        start_s, end_s = _times(packet)
        after_begin = end_s > self.begin * self._video.tick_s
        return after_begin and (self.is_last or start_s < self.end * self._video.tick_s)

    def _is_past(self, packet: Packet[Any]) -> bool:
        return _times(packet)[0] > self.end * self._video.tick_s + Fraction(_INTERLEAVED_S)

    def _packets(self, streams: list[Any]) -> Iterator[Any]:
        """Packets of all streams from well before the begin on."""
        if self._seek_to is not None:
            self._video.container.seek(self._seek_to, stream=self._video.stream)
        yield from self._demuxed(streams)

    def _demuxed(self, streams: list[Any]) -> Iterator[Any]:
        """A damaged stretch is passed over."""
        errors = 0
        while errors < 100:
            try:
                for packet in self._video.container.demux(streams):
                    errors = 0
                    if packet.size:
                        yield packet
            except FFmpegError:
                errors += 1
            else:
                return


class _Picture:
    """Which packets of the picture belong to the stretch."""

    def __init__(self, writer: _Writer) -> None:
        self._writer = writer
        self._begun = False
        self._with_run_up = False
        self._held: list[Any] = []
        self._timeless: list[Any] = []
        self._last: int | None = None
        self.is_over = False

    def take(self, packet: Any) -> list[Any]:
        """The packets that are surely needed by now."""
        ticks = packet.pts if packet.pts is not None else packet.dts
        if self.is_over or ticks is None or not self._belongs(packet, ticks):
            return []
        writer = self._writer
        if not writer.is_last and packet.dts is not None and packet.dts >= writer.end:
            self.is_over = True
            return []
        if not writer.is_last and ticks >= writer.end:
            # Needed only if something follows that is shown before the end.
            self._held.append(packet)
            return []
        if ticks >= writer.begin and not packet.is_discard:
            writer.shown.append(ticks)
        ready = [*self._held, packet]
        self._held.clear()
        return self._with_times(ready)

    def rest(self) -> list[Any]:
        """What waits for a time at the end of the file."""
        waiting, self._timeless = self._timeless, []
        for packet in waiting:
            packet.dts = packet.pts
        return waiting

    def _belongs(self, packet: Any, ticks: int) -> bool:
        """From the keyframe at the begin on. What is shown before that, and comes behind it, needs what lies before it.
        At the begin of a file, what an edit list hides is needed by what it shows."""
        if self._begun:
            return ticks >= self._writer.begin or self._with_run_up
        if not packet.is_keyframe:
            return False
        if ticks < self._writer.begin:
            self._with_run_up = self._writer.is_first
        self._begun = ticks >= self._writer.begin or self._with_run_up
        return self._begun

    def _with_times(self, packets: list[Any]) -> list[Any]:
        """Every packet with a decoding time that grows: the first ones of a Matroska file have none."""
        ready = []
        for packet in packets:
            if packet.dts is None and self._last is None and len(self._timeless) < _MOST_WITHOUT_TIME:
                self._timeless.append(packet)
                continue
            if self._timeless and packet.dts is not None:
                for back, waiting in enumerate(reversed(self._timeless), 1):
                    waiting.dts = min(waiting.pts, packet.dts - back * self._writer.frame_ticks)
            ready += [*self._timeless, packet]
            self._timeless = []
        for packet in ready:
            if packet.dts is None or (self._last is not None and packet.dts <= self._last):
                packet.dts = packet.pts if self._last is None else self._last + 1
            self._last = packet.dts
        return ready


def _times(packet: Packet[Any]) -> tuple[Fraction, Fraction]:
    """When a packet begins and ends, in seconds on the file's clock."""
    ticks = packet.pts if packet.pts is not None else packet.dts
    base = Fraction(packet.time_base)
    if ticks is None:
        return Fraction(-1), Fraction(-1)
    return ticks * base, (ticks + (packet.duration or 0)) * base


def _checked(path: Path, writer: _Writer, stretch: Stretch, *, name: str) -> ChunkFacts:
    """The facts of the new file. Raises BadVideo unless it has each frame of the stretch at its time."""
    duration_s = round(stretch.end_s - stretch.start_s, 6)
    with open_video(path, name=path.name) as made:
        told = sorted(shown for packet in made.packets() if (shown := made.packet_ticks(packet)) is not None)
        sound = [stream.codec_context.codec.canonical_name for stream in _copied(made)[1:]]
        origin = min(told, key=lambda shown: abs(float(shown * made.tick_s)), default=0)
        there = [made.seconds(shown, origin_ticks=origin) for shown in told if shown >= origin]
        format_name = made.container.format.name
    wanted_s = sorted({writer.seconds(shown) for shown in writer.shown})
    close_s = _COARSE_S if format_name.startswith("matroska") else _FINE_S
    kept = there[: len(wanted_s)]
    if len(kept) < len(wanted_s) or any(abs(a - b) > close_s for a, b in zip(kept, wanted_s, strict=True)):
        raise BadVideo(f"{name} cannot be cut as it is: its frames would not keep their times; convert it to MP4.")
    return ChunkFacts(
        container=format_name,
        duration_s=duration_s,
        origin_ticks=origin,
        frame_count=len(wanted_s),
        sound=sound,
    )
