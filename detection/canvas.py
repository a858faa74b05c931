"""Drawing on a frame so that it can be read on any picture: outlines with a dark rim, text on a plate of its colour.

Coordinates are those of the frame; the canvas scales them to the size that it draws at.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np

from detection.records import Point
from mpr.pipeline.frames import Image, encode_jpeg

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

_RIM: Colour = (20, 20, 20)
_PAPER: Colour = (255, 255, 255)
_LEAST_WIDTH_PX, _MOST_WIDTH_PX = 640, 1600
_FRACTION_BITS = 4
_PAD_PX = 4


class Canvas:
    """A copy of a BGR picture to draw on."""

    def __init__(self, image: Image) -> None:
        height, width = image.shape[:2]
        self._scale = min(max(width, _LEAST_WIDTH_PX), _MOST_WIDTH_PX) / width
        size = (round(width * self._scale), max(1, round(height * self._scale)))
        method = cv2.INTER_AREA if self._scale < 1 else cv2.INTER_LINEAR
        self._image: Any = image.copy() if self._scale == 1 else cv2.resize(image, size, interpolation=method)
        self._text_px = max(13, round(size[0] / 80))
        self._labels: list[Box] = []
        self._captions: list[tuple[Box, str]] = []

    @property
    def width_px(self) -> int:
        return int(self._image.shape[1])

    def jpeg(self, *, quality: int = 88, width_px: int | None = None) -> bytes:
        """The picture, with the captions on top of everything; a small one, no wider than `width_px`, has none."""
        height, width = self._image.shape[:2]
        if width_px is not None and width_px < width:
            size = (width_px, max(1, round(height * width_px / width)))
            return encode_jpeg(cv2.resize(self._image, size, interpolation=cv2.INTER_AREA), quality=quality)
        for place, text in self._captions:
            self._plate(place, text, _PAPER)
        return encode_jpeg(self._image, quality=quality)

    def tint(self, mask: Image, colour: Colour, *, strength: float = 0.35) -> None:
        """Colour what a grey mask of any size covers."""
        height, width = self._image.shape[:2]
        covered = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST) > 127
        mixed = (1 - strength) * self._image[covered] + strength * np.array(colour, float)
        self._image[covered] = mixed.round().astype(np.uint8)

    def outline(self, points: Sequence[Point], colour: Colour, *, width_px: int = 2) -> None:
        self._lines(points, colour, width_px, closed=True)

    def path(self, points: Sequence[Point], colour: Colour, *, width_px: int = 2) -> None:
        self._lines(points, colour, width_px, closed=False)

    def dot(self, point: Point, colour: Colour) -> None:
        x, y = self._at(point)
        for radius_px, fill in ((7, _RIM), (5, colour)):
            cv2.circle(self._image, (x, y), radius_px, fill, -1, cv2.LINE_AA)

    def label(self, points: Sequence[Point], text: str, colour: Colour) -> None:
        """Text beside an outline: above it if there is room, else below, else as near as it covers no other label."""
        corners = [self._at(point) for point in points]
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
        width, height = self._measure(text)
        above, below, step = top - height - 2, bottom + 2, height + 2
        tries = [(left, above), (left, below), (right + 2, top), (left - width - 2, top)]
        for row in range(1, 6):
            tries += [(left, above - row * step), (left, below + row * step)]
        places = [self._inside(x, y, width, height) for x, y in tries]
        free = (place for place in places if not any(_overlap(place, other) for other in self._labels))
        place = next(free, places[0])
        self._labels.append(place)
        self._plate(place, text, colour)

    def caption(self, text: str) -> None:
        """A line in the top left corner; further ones go below it, and labels that come later around it."""
        width, height = self._measure(text)
        top = len(self._captions) * height
        place = (0, top, width, top + height)
        self._captions.append((place, text))
        self._labels.append(place)

    def append(self, image: Image) -> None:
        """Put another picture of the canvas's width below."""
        self._image = np.vstack([self._image, image])

    def _lines(self, points: Sequence[Point], colour: Colour, width_px: int, *, closed: bool) -> None:
        scaled = np.rint(np.array(points, float) * self._scale * 2**_FRACTION_BITS).astype(np.int32)
        for drawn, thickness in ((_RIM, width_px + 2), (colour, width_px)):
            cv2.polylines(self._image, [scaled], closed, drawn, thickness, cv2.LINE_AA, _FRACTION_BITS)

    def _at(self, point: Point) -> tuple[int, int]:
        return round(point[0] * self._scale), round(point[1] * self._scale)

    def _inside(self, x: int, y: int, width: int, height: int) -> Box:
        left = min(max(0, x), max(0, self._image.shape[1] - width))
        top = min(max(0, y), max(0, self._image.shape[0] - height))
        return left, top, left + width, top + height

    def _measure(self, text: str) -> tuple[int, int]:
        _, _, width, _ = cv2.getTextSize((0, 0), text, (0, 0), _font(), self._text_px, 600)
        return width + 2 * _PAD_PX, self._text_px + 2 * _PAD_PX

    def _plate(self, place: Box, text: str, colour: Colour) -> None:
        left, top, right, bottom = place
        cv2.rectangle(self._image, (left, top), (right - 1, bottom - 1), colour, -1)
        blue, green, red = colour
        # Relative luminance of BT.709, near enough without gamma.
        ink = _PAPER if 0.07 * blue + 0.72 * green + 0.21 * red < 128 else _RIM
        base = (left + _PAD_PX, bottom - _PAD_PX - round(0.15 * self._text_px))
        cv2.putText(self._image, text, base, ink, _font(), self._text_px, 600)


def shelf(pictures: Sequence[tuple[str, Image]], *, width_px: int, row_px: int = 56) -> Image:
    """Named pictures side by side in rows on a dark ground, each scaled to one height and cut where it is too wide."""
    gap_px, name_px = 8, 13
    rows: list[Any] = []
    x = width_px
    for name, picture in pictures:
        height, width = picture.shape[:2]
        room_px = width_px - 2 * gap_px
        size = (min(room_px, max(1, round(width * row_px / height))), row_px)
        if x + size[0] + gap_px > width_px or not rows:
            rows.append(np.full((row_px + name_px + 2 * gap_px, width_px, 3), _RIM, np.uint8))
            x = gap_px
        top = gap_px + name_px
        rows[-1][top : top + row_px, x : x + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        cv2.putText(rows[-1], name, (x, top - 3), (230, 230, 230), _font(), name_px, 600)
        x += size[0] + gap_px
    return np.vstack(rows) if rows else np.empty((0, width_px, 3), np.uint8)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


@cache
def _font() -> Any:
    # OpenCV's own, with Latin, Greek and Cyrillic letters.
    return cv2.FontFace("sans")
