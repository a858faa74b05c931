"""What lies over the picture and does not move with it: a sponsor's plate, a ticker, a score, none of them in 3D.

All sizes are for 720 lines and scale with the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

import cv2
import numpy as np

from benchmarks.accuracy.draw.lettering import running_text
from detection.sample.camera import ease
from detection.sample.picture import Picture
from detection.sample.ripmap import Pixels
from detection.sample.wordmarks import Advert, Colour, Wordmark, board_advert

_CHANGE_S = 0.32


class Overlay(Protocol):
    """Something laid over a clip."""

    def paint(self, picture: Picture, t_s: float) -> None:
        """Paints what is to be seen of it at that time of the clip."""


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A brand's plate at a corner of the picture; `place` is its left and top, `size` its width and height. It is there
    from `start_s` to `end_s` and comes and goes at once, by fading, or by sliding in from its nearer side."""

    mark: Wordmark
    place: tuple[float, float]
    size: tuple[float, float]
    start_s: float
    end_s: float
    change: Literal["cut", "fade", "slide"]
    scale: float

    @cached_property
    def _advert(self) -> Advert:
        wide, tall = (round(side * self.scale) for side in self.size)
        return board_advert(self.mark, float(wide), float(tall), texels_per_m=1.0, mode="both", look=0)

    def paint(self, picture: Picture, t_s: float) -> None:
        if not self.start_s <= t_s < self.end_s:
            return
        share = 1.0
        if self.change != "cut":
            share = ease(min((t_s - self.start_s) / _CHANGE_S, (self.end_s - t_s) / _CHANGE_S))
        art = self._advert.art.level(0, 0)
        left, top = (round(value * self.scale) for value in self.place)
        opacity = 1.0
        if self.change == "fade":
            opacity = share
            art = np.asarray(cv2.convertScaleAbs(art, alpha=share), np.uint8) if share < 1 else art
        elif self.change == "slide":
            width = picture.size_px[0]
            away = -left - art.shape[1] if left + art.shape[1] / 2 < width / 2 else width - left
            left += round((1 - share) * away)
        picture.paint(art, left, top)
        # Boxes are measured to pixel edges, and pixel centres lie half a pixel in.
        to_px = np.array([[1.0, 0, left - 0.5], [0, 1.0, top - 0.5], [0, 0, 1.0]])
        picture.record(self._advert.marks, to_px, "graphic", opacity=opacity)


@dataclass(frozen=True, kw_only=True)
class Ticker:
    """Sentences that run through a band at the bottom."""

    texts: Sequence[str]
    speed_px_per_s: float
    ground: Colour
    letters: Colour
    scale: float

    @cached_property
    def _line(self) -> Pixels:
        parts = [running_text(text, round(26 * self.scale), self.letters) for text in self.texts]
        tall = max(part.shape[0] for part in parts)
        gap = round(60 * self.scale)
        padded = [
            cv2.copyMakeBorder(part, (tall - part.shape[0]) // 2, tall - part.shape[0] - (tall - part.shape[0]) // 2,
                               0, gap, cv2.BORDER_CONSTANT)
            for part in parts
        ]  # fmt: skip
        return np.concatenate(padded, axis=1)

    def paint(self, picture: Picture, t_s: float) -> None:
        width, height = picture.size_px
        tall = round(46 * self.scale)
        band = np.full((tall, width, 4), (*self.ground, 255), np.uint8)
        top = height - round(64 * self.scale)
        picture.paint(band, 0, top)
        line = self._line
        left = round(width * 0.5 - t_s * self.speed_px_per_s * self.scale) % (line.shape[1] + width) - line.shape[1]
        picture.paint(line, left, top + (tall - line.shape[0]) // 2)


@dataclass(frozen=True, kw_only=True)
class Table:
    """A panel of lines: a score, a table of results, a caption."""

    lines: Sequence[str]
    place: tuple[float, float]
    letter_px: float
    ground: Colour
    letters: Colour
    start_s: float
    end_s: float
    scale: float

    @cached_property
    def _layer(self) -> Pixels:
        rows = [running_text(line, round(self.letter_px * self.scale), self.letters) for line in self.lines]
        step, margin = round(self.letter_px * 1.6 * self.scale), round(14 * self.scale)
        wide = max(row.shape[1] for row in rows) + 2 * margin
        panel = np.full((step * len(rows) + margin, wide, 4), (*self.ground, 255), np.uint8)
        for index, row in enumerate(rows):
            top = margin + index * step
            part = panel[top : top + row.shape[0], margin : margin + row.shape[1]]
            row = row[: part.shape[0]]
            part[..., :3] = (part[..., :3].astype(np.uint16) * (255 - row[..., 3:]) // 255 + row[..., :3]).astype(
                np.uint8
            )
        return panel

    def paint(self, picture: Picture, t_s: float) -> None:
        if self.start_s <= t_s < self.end_s:
            picture.paint(self._layer, round(self.place[0] * self.scale), round(self.place[1] * self.scale))
