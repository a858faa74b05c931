"""Reading the picture of a video file: packets, frames and their times.

Times inside a file are whole ticks of its time base. The probe and the stages share this module, so that they agree on
the time of every frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from av import Packet, VideoFrame
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.stream import VideoStream

from mpr.errors import BadVideo
from mpr.pipeline.containers import open_container, open_file

# How far before the wished moment a seek tries to land, one after the other; containers without an index (MPEG-TS)
# land anywhere, so what was found is checked and the next step taken.
_STEPS_BACK_S = (0.0, 1.0, 4.0, 16.0, 64.0)
# After this many read errors in a row the rest of the file is taken as lost.
_MOST_ERRORS = 100
# AVI stores no presentation times; a decoder holds back at most this many frames (H.264, max_dec_frame_buffering).
_MOST_REORDER = 16


class Video:
    """The first real picture stream of an open file. Cover pictures of songs do not count.

    `damaged` counts packets that could not be read or decoded so far, or not without flaws.
    """

    def __init__(
        self, path: Path, *, name: str, threads: int = 1, keyframes_only: bool = False, deblocks_all: bool = True
    ) -> None:
        self._path = path
        self._name = name
        self._threads = threads
        self._keyframes_only = keyframes_only
        self._deblocks_all = deblocks_all
        self.damaged = 0
        self._open()

    def _open(self) -> None:
        self._untouched = True
        self._file: BinaryIO = open_file(self._path, name=self._name)
        try:
            self.container: InputContainer = open_container(self._file, name=self._name)
            self.stream = _picture(self.container, self._name)
        except BaseException:
            self._file.close()
            raise
        context = self.stream.codec_context
        context.thread_type = "AUTO"
        context.thread_count = self._threads
        if self._keyframes_only:
            context.skip_frame = "NONKEY"
        if not self._deblocks_all:
            context.options = {"skip_loop_filter": "noref"}

    def close(self) -> None:
        self.container.close()
        self._file.close()

    @cached_property
    def tick_s(self) -> Fraction:
        """Seconds per tick."""
        return Fraction(self.stream.time_base or Fraction(1, 1_000_000))

    @cached_property
    def _tick_ratio(self) -> tuple[int, int]:
        # Every frame's time is asked for several times, and products of fractions are slow.
        return self.tick_s.as_integer_ratio()

    @cached_property
    def frame_ticks(self) -> int:
        """Ticks from one frame to the next as the container states it; at least 1."""
        rate = self.stream.average_rate or self.stream.guessed_rate or Fraction(25)
        return max(1, round(1 / (rate * self.tick_s)))

    def seconds(self, ticks: int, *, origin_ticks: int) -> float:
        """Seconds since the origin, in whole microseconds so that equal times compare equal."""
        numerator, denominator = self._tick_ratio
        return round((ticks - origin_ticks) * numerator / denominator, 6)

    def packet_ticks(self, packet: Packet[VideoStream]) -> int | None:
        """When the packet's frame is shown, on the clock of `frames`; for AVI not later than that."""
        if self.timed_by_pts:
            return packet.pts if packet.pts is not None else packet.dts
        if packet.dts is None:
            return None
        return packet.dts + self.stream.codec_context.reorder_depth * self.frame_ticks

    @cached_property
    def timed_by_pts(self) -> bool:
        """Whether packets say when their frames are shown. In an AVI only the order of decoding is known for sure: the
        time of a frame is then that of the packet at which the decoder gives it back."""
        return self.container.format.name != "avi"

    def packets(self) -> Iterator[Packet[VideoStream]]:
        """The packets from where the file stands, in decoding order. A damaged stretch is passed over."""
        self._untouched = False
        errors = 0
        while errors < _MOST_ERRORS:
            try:
                for packet in self.container.demux(self.stream):
                    errors = 0
                    self.damaged += packet.is_corrupt
                    if packet.size:
                        yield packet
            except FFmpegError:
                self.damaged += 1
                errors += 1
            else:
                return

    def packets_from(self, start_ticks: int) -> tuple[int | None, Iterator[Packet[VideoStream]]]:
        """The packets needed to decode everything shown from `start_ticks` on, and when the last frame before that is
        shown (None when there is none). Where only keyframes are decoded, only they count.
        """
        margin = 0 if self.timed_by_pts else _MOST_REORDER * self.frame_ticks
        source = self._packets_before(start_ticks - margin)
        held: list[Packet[VideoStream]] = []
        last_before: int | None = None
        for packet in source:
            ticks = self.packet_ticks(packet)
            if packet.is_keyframe and ticks is not None and ticks <= start_ticks - margin:
                held.clear()
            held.append(packet)
            counts = not packet.is_discard and (packet.is_keyframe or not self._keyframes_only)
            if counts and ticks is not None and ticks < start_ticks:
                last_before = ticks if last_before is None else max(last_before, ticks)
            # Nothing is shown before it is decoded: from here on every frame lies at or after the start.
            if packet.dts is not None and packet.dts >= start_ticks:
                break
        return last_before, chain(held, source)

    def _packets_before(self, ticks: int) -> Iterator[Packet[VideoStream]]:
        """Packets from a keyframe shown before `ticks`, or from the beginning of the file."""
        for back_s in _STEPS_BACK_S:
            target = ticks - 1 - round(back_s / self.tick_s)
            if self.stream.start_time is not None and target <= self.stream.start_time:
                break
            self._untouched = False
            try:
                self.container.seek(target, stream=self.stream)
            except FFmpegError:
                break
            source = self.packets()
            first = next((packet for packet in source if packet.is_keyframe), None)
            found = None if first is None else self.packet_ticks(first)
            if first is not None and found is not None and found < ticks:
                return chain([first], source)
        if not self._untouched:
            self.close()
            self._open()
        return self.packets()

    def frames(
        self, packets: Iterable[Packet[VideoStream]], *, from_ticks: int | None = None
    ) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded frames in the order they are shown, each with its ticks. Of those shown before `from_ticks` only what
        later ones are predicted from is sure to come."""
        last = 0
        for packet in chain(packets, (None,)):
            if packet is not None and self._keyframes_only and not packet.is_keyframe:
                continue
            if packet is not None and from_ticks is not None and not self._keyframes_only:
                self._leave_out_unreferenced(packet, from_ticks)
            try:
                found = self.stream.decode(packet)
            except FFmpegError:
                self.damaged += 1
                continue
            if packet is not None and packet.dts is not None:
                last = max(last, packet.dts)
            for frame in found:
                ticks = frame.pts if self.timed_by_pts else frame.dts
                # The frames that a decoder gives back at the very end of an AVI carry no time.
                last = last + self.frame_ticks if ticks is None else ticks
                if frame.is_corrupt:
                    self.damaged += 1
                else:
                    yield last, frame

    def _leave_out_unreferenced(self, packet: Packet[VideoStream], from_ticks: int) -> None:
        """Have the decoder pass over the packet if nobody needs its frame: it is shown too early, and no other frame is
        predicted from it."""
        ticks = self.packet_ticks(packet) if self.timed_by_pts else None
        too_early = ticks is not None and ticks < from_ticks
        self.stream.codec_context.skip_frame = "NONREF" if too_early else "DEFAULT"


@contextmanager
def open_video(
    path: Path, *, name: str, threads: int = 1, keyframes_only: bool = False, deblocks_all: bool = True
) -> Iterator[Video]:
    """The picture of a file; `name` is what messages call it. Without `deblocks_all` frames that no other is predicted
    from keep the edges of their blocks (FFmpeg's skip_loop_filter=noref), which takes less time. Raises BadVideo with a
    sentence."""
    video = Video(path, name=name, threads=threads, keyframes_only=keyframes_only, deblocks_all=deblocks_all)
    try:
        yield video
    finally:
        video.close()


def rotation_deg(frame: VideoFrame) -> int:
    """The counter-clockwise turn (0, 90, 180 or 270 degrees) that a player gives the frame before showing it."""
    return round(frame.rotation / 90) * 90 % 360


def _picture(container: InputContainer, name: str) -> VideoStream:
    streams = [stream for stream in container.streams.video if not stream.disposition & Disposition.attached_pic]
    if not streams:
        kind = "only sound" if container.streams.audio else "no picture"
        raise BadVideo(f"{name} has {kind}; give a file with a video track.")
    decodable = [stream for stream in streams if stream.codec_context is not None]
    if not decodable:
        raise BadVideo(f"{name} uses a video codec that cannot be decoded here; export it again as H.264 in MP4.")
    return decodable[0]
