"""The scan strip of a shard: small grey pictures of its video frames, by number."""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence

from mpr.pipeline.frames import Frame, Image

# Times are whole microseconds and pass through sums of floats.
_SLACK_S = 2e-6


class Strip:
    """Pictures numbered from 0 in time order, all of one size. Those used last are held, up to `capacity_bytes`."""

    def __init__(
        self,
        frames: Sequence[Frame],
        read: Callable[[Iterable[Frame]], Iterator[Image]],  # grey ones
        *,
        capacity_bytes: int = 96 * 1024 * 1024,
    ) -> None:
        self._frames = frames
        self._read = read
        self._capacity_bytes = capacity_bytes
        self._held_bytes = 0
        self._held: OrderedDict[int, Image] = OrderedDict()
        self.times_s = [frame.pts_s for frame in frames]
        self.width_px = frames[0].width_px if frames else 0
        self.height_px = frames[0].height_px if frames else 0

    def __len__(self) -> int:
        return len(self._frames)

    def picture(self, number: int) -> Image:
        """The grey picture (height, width)."""
        if number not in self._held:
            self.load([number])
        self._held.move_to_end(number)
        return self._held[number]

    def load(self, numbers: Iterable[int]) -> None:
        """Read pictures that will be asked for in one go; those that are held already cost nothing."""
        missing = [number for number in numbers if number not in self._held]
        for number, picture in zip(missing, self._read([self._frames[number] for number in missing]), strict=True):
            self._held[number] = picture
            self._held_bytes += picture.nbytes
            while self._held_bytes > self._capacity_bytes and len(self._held) > 1:
                self._held_bytes -= self._held.popitem(last=False)[1].nbytes

    def at(self, time_s: float) -> int:
        """The picture nearest to a moment."""
        after = min(bisect_left(self.times_s, time_s - _SLACK_S), len(self.times_s) - 1)
        if after > 0 and time_s - self.times_s[after - 1] < self.times_s[after] - time_s:
            return after - 1
        return after

    def between(self, start_s: float, end_s: float) -> range:
        """The numbers of the pictures of [start_s, end_s)."""
        return range(bisect_left(self.times_s, start_s - _SLACK_S), bisect_left(self.times_s, end_s - _SLACK_S))
