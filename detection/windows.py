"""Which parts of a frame to look at more closely, and at what scale, so that a network has least to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.pipeline.frames import Image

# A network is prepared anew for every size of picture it meets, so windows come in few sizes. It sees text worse
# without its surroundings, so they are never small, and are filled with what the frame shows there.
_WIDTHS_PX = np.array([320, 480, 640, 960, 1280, 1600, 1920, 2560, 3840])
_HEIGHTS_PX = np.array([64, 96, 128, 192, 256, 320, 448, 576, 736, 1088, 1600, 1920, 2560, 3840])
_STEP_PX = 32
# What a call costs beside its pixels, in pixels: 2 ms of 0.2 µs each.
_CALL_PX = 10_000


@dataclass(frozen=True, kw_only=True)
class Region:
    """A part of a frame, in its pixels, and the scale at which it should be seen."""

    left: float
    top: float
    right: float
    bottom: float
    scale: float


@dataclass(frozen=True, kw_only=True)
class Window:
    """An upright part of a frame that begins at (left, top) and is `width_px` × `height_px` once it is scaled."""

    left: float
    top: float
    scale: float
    width_px: int
    height_px: int

    def picture(self, image: Image) -> Image:
        """What it shows. Beyond the frame its border is repeated."""
        placed = np.array([[self.scale, 0, -self.left * self.scale], [0, self.scale, -self.top * self.scale]])
        size = (self.width_px, self.height_px)
        shown = cv2.warpAffine(image, placed, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return cast(Image, shown)

    def to_frame(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Points (n, 2) of its picture in frame pixels."""
        return np.asarray(points / self.scale + (self.left, self.top), np.float32)

    def cuts(self, points: NDArray[np.float32], image: Image) -> bool:
        """Whether what has these corners in its picture touches a side at which the frame goes on."""
        height, width = image.shape[:2]
        (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
        return bool(
            (left <= 1 and self.left > 0)
            or (top <= 1 and self.top > 0)
            or (right >= self.width_px - 1 and self.left + self.width_px / self.scale < width)
            or (bottom >= self.height_px - 1 and self.top + self.height_px / self.scale < height)
        )


def windows(regions: Sequence[Region], *, width_px: int, height_px: int) -> list[Window]:
    """Windows that show all regions of a frame of this size, each at its scale or a larger one.

    Regions share a window where that is cheaper than one for each; the pair that saves most is joined first.
    """
    rows = np.array([[one.left, one.top, one.right, one.bottom, one.scale] for one in regions], np.float64)
    while len(rows) > 1:
        joined = _joined(rows[:, None], rows[None])
        alone = _cost(rows, width_px, height_px)
        saved = alone[:, None] + alone[None] - _cost(joined, width_px, height_px)
        saved[np.tril_indices(len(rows))] = -np.inf
        first, second = np.unravel_index(int(saved.argmax()), saved.shape)
        if saved[first, second] <= 0:
            break
        rows[first] = joined[first, second]
        rows = np.delete(rows, second, axis=0)
    return [_window(row, width_px, height_px) for row in rows]


def cost_px(found: Sequence[Window]) -> int:
    """What looking through them costs, in pixels."""
    return sum(one.width_px * one.height_px + _CALL_PX for one in found)


def _joined(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    both = np.maximum(a, b)
    both[..., :2] = np.minimum(a[..., :2], b[..., :2])
    return both


def _cost(rows: NDArray[np.float64], width_px: int, height_px: int) -> NDArray[np.float64]:
    width, height = _sizes(rows, width_px, height_px)
    return np.asarray(width * height + _CALL_PX, np.float64)


def _sizes(rows: NDArray[np.float64], width_px: int, height_px: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Widths and heights of the windows for (…, 5) regions: the next larger sizes, or the whole frame's."""
    scale = rows[..., 4]
    return (
        np.minimum(_next(_WIDTHS_PX, (rows[..., 2] - rows[..., 0]) * scale), _stepped(width_px * scale)),
        np.minimum(_next(_HEIGHTS_PX, (rows[..., 3] - rows[..., 1]) * scale), _stepped(height_px * scale)),
    )


def _next(sizes: NDArray[np.int64], wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    place = np.searchsorted(sizes, wanted)
    return np.where(place < len(sizes), sizes[np.minimum(place, len(sizes) - 1)], _stepped(wanted))


def _stepped(wanted: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.maximum(1, np.ceil(wanted / _STEP_PX)) * _STEP_PX, np.int64)


def _window(row: NDArray[np.float64], width_px: int, height_px: int) -> Window:
    """The window around a region, moved so that it lies within the frame as far as it can."""
    left, top, right, bottom, scale = (float(value) for value in row)
    width, height = (int(side) for side in _sizes(row, width_px, height_px))
    return Window(
        left=_begin((left + right) / 2, width / scale, width_px),
        top=_begin((top + bottom) / 2, height / scale, height_px),
        scale=scale,
        width_px=width,
        height_px=height,
    )


def _begin(centre: float, length: float, whole: float) -> float:
    return max(0.0, min(centre - length / 2, whole - length))
