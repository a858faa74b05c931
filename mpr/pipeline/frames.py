"""Cached frames: what a frame is, and reading its picture out of a pack.

A pack is one object that holds the JPEG pictures of a shard one behind the other; each `Frame` says where its own
lies, so any picture is one ranged read away, and a strip of small ones a few.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from threading import Lock
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.errors import NotFound
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.codec import Record

Image = NDArray[np.uint8]
Reduction = Literal[1, 2, 4, 8]

_COLOUR_READS = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
_GREY_READS = {
    1: cv2.IMREAD_GRAYSCALE,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
}
# What is read at once of a strip, and the bytes between two pictures that are rather read than stepped over.
_STRIP_BYTES = 8 * 1024 * 1024
_GAP_BYTES = 128 * 1024


class Frame(Record):
    """One stored picture of a video frame. `seq` is its number in the list that it stands in (see there); `pts_s` its
    time on the timeline; `pack`, `offset`, `size` where its JPEG lies in the timeline's folder of media_out."""

    seq: int
    pts_s: float
    width_px: int
    height_px: int
    pack: str
    offset: int
    size: int


class FrameReader:
    """Decoded frames through a bounded least-recently-used cache, shared by the stages that run in one process."""

    def __init__(self, blobs: Blobs, *, capacity_bytes: int = 256 * 1024 * 1024) -> None:
        self._blobs = blobs
        self._capacity_bytes = capacity_bytes
        self._held_bytes = 0
        self._images: OrderedDict[tuple[str, int], Image] = OrderedDict()
        self._lock = Lock()

    def read(self, frame: Frame) -> Image:
        """BGR uint8 picture (height_px, width_px, 3), read-only. Raises NotFound when its pack is gone."""
        key = (frame.pack, frame.offset)
        with self._lock:
            if key in self._images:
                self._images.move_to_end(key)
                return self._images[key]
        image = decode_jpeg(self.jpeg(frame))
        image.flags.writeable = False
        with self._lock:
            if key not in self._images:
                self._images[key] = image
                self._held_bytes += image.nbytes
            while self._held_bytes > self._capacity_bytes and len(self._images) > 1:
                self._held_bytes -= self._images.popitem(last=False)[1].nbytes
        return image

    def pictures(self, frames: Iterable[Frame], *, reduced: Reduction = 1, grey: bool = False) -> Iterator[Image]:
        """Their pictures, one after the other in the order given, as `read` gives them; of a strip, which is walked
        once, so nothing is cached. Neighbours in a pack, forwards or backwards, are fetched with one read of at most
        8 MB. `reduced` divides width and height (rounded up), which makes decoding cheaper; grey ones are (height,
        width).

        Raises NotFound when a pack is gone.
        """
        for data in self.jpegs(frames):
            image = decode_jpeg(data, reduced=reduced, grey=grey)
            image.flags.writeable = False
            yield image

    def jpegs(self, frames: Iterable[Frame]) -> Iterator[memoryview]:
        """Their stored JPEG bytes, in the order given, fetched as `pictures` does."""
        for strip in _strips(frames):
            begin = min(frame.offset for frame in strip)
            end = max(frame.offset + frame.size for frame in strip)
            data = memoryview(self._blobs.read_range(strip[0].pack, begin, end - begin))
            for frame in strip:
                yield data[frame.offset - begin : frame.offset - begin + frame.size]

    def jpeg(self, frame: Frame) -> bytes:
        """The frame's stored JPEG bytes."""
        return self._blobs.read_range(frame.pack, frame.offset, frame.size)


def _strips(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    """The frames in runs that lie close together in one pack."""
    strip: list[Frame] = []
    begin = end = 0
    for frame in frames:
        begin_with, end_with = min(begin, frame.offset), max(end, frame.offset + frame.size)
        if strip and (
            frame.pack != strip[-1].pack
            or end_with - begin_with > _STRIP_BYTES
            or max(begin - begin_with, end_with - end) - frame.size > _GAP_BYTES
        ):
            yield strip
            strip = []
        if not strip:
            begin_with, end_with = frame.offset, frame.offset + frame.size
        strip.append(frame)
        begin, end = begin_with, end_with
    if strip:
        yield strip


def decode_jpeg(data: bytes | memoryview, *, reduced: Reduction = 1, grey: bool = False) -> Image:
    """BGR uint8 picture, or a grey one (height, width). Raises NotFound when the bytes are not a picture."""
    how = (_GREY_READS if grey else _COLOUR_READS)[reduced]
    image: Any = cv2.imdecode(np.frombuffer(data, np.uint8), how) if data else None
    if image is None:
        raise NotFound("A cached frame is damaged; clear the timeline's frame cache and run again.")
    return np.asarray(image, np.uint8)


def encode_jpeg(image: Image, *, quality: int) -> bytes:
    """JPEG bytes of a BGR or grey picture; the same picture and quality give the same bytes."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(data)
