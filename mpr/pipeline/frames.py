"""Cached frames: what a frame is, and reading its picture out of a pack.

A pack is one object that holds the JPEG pictures of a shard one behind the other; each `Frame` says where its own
lies, so any picture is one ranged read away.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.errors import NotFound
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.codec import Record

Image = NDArray[np.uint8]


class Frame(Record):
    """One sampled frame. `seq` is its place on the sampling grid, the same for any sharding; `pts_s` its time on the
    timeline; `pack`, `offset`, `size` where its JPEG lies in the timeline's folder of media_out."""

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

    def jpeg(self, frame: Frame) -> bytes:
        """The frame's stored JPEG bytes."""
        return self._blobs.read_range(frame.pack, frame.offset, frame.size)


def decode_jpeg(data: bytes) -> Image:
    """BGR uint8 picture. Raises NotFound when the bytes are not a picture."""
    image: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise NotFound("A cached frame is damaged; clear the timeline's frame cache and run again.")
    return np.asarray(image, np.uint8)


def encode_jpeg(image: Image, *, quality: int) -> bytes:
    """JPEG bytes of a BGR or grey picture; the same picture and quality give the same bytes."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(data)
