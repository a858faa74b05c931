"""What a broadcaster lays over the picture: score and clock, captions with a sponsor, the replay tag, the wipe.

All sizes are for 720 lines and scale with the picture. A graphic is drawn once per content and kept.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from detection.sample.camera import ease
from detection.sample.cast import Cast
from detection.sample.picture import Picture
from detection.sample.ripmap import Pixels
from detection.sample.typefaces import ink
from detection.sample.wordmarks import Advert, Colour, Wordmark, board_advert, tint

_WHITE: Colour = (248, 248, 248)
_NAVY: Colour = (58, 30, 18)
_FACE = "Oswald"
_LEAGUE = "HARBOUR CUP"


class Graphics:
    """The graphics package of one broadcast. `home` and `away` are the clubs' colours, `tone` the league's."""

    def __init__(
        self, cast: Cast, marks: dict[str, Wordmark], *, home: Colour, away: Colour, tone: Colour, scale: float
    ) -> None:
        self._cast = cast
        self._marks = marks
        self._home, self._away, self._tone = home, away, tone
        self._scale = scale
        self._boards: dict[tuple[str, int, int], Pixels] = {}
        self._chips: dict[tuple[str, int, int], Advert] = {}

    def px(self, value: float) -> int:
        return round(value * self._scale)

    def paint_score(self, picture: Picture, goals: tuple[int, int], clock_s: float) -> None:
        """Clubs, goals and clock at the top left."""
        key = (f"{goals[0]} - {goals[1]}", int(clock_s) // 60, int(clock_s) % 60)
        if key not in self._boards:
            self._boards[key] = self._score(key[0], f"{key[1]:02d}:{key[2]:02d}")
        picture.paint(self._boards[key], self.px(52), self.px(36))

    def paint_replay_tag(self, picture: Picture, sponsor: str) -> None:
        """The word REPLAY at the top right, with the sponsor of the replay below it."""
        wide, tall = self.px(190), self.px(36)
        left, top = picture.size_px[0] - self.px(56) - wide, self.px(38)
        layer = _panel(wide, tall, self._tone, 0.94)
        _write(layer, "REPLAY", self.px(20), wide // 2, tall // 2, _WHITE, centred=True)
        picture.paint(layer, left, top)
        self._paint_chip(picture, sponsor, left, top + tall, wide, self.px(46), 1.0)

    def paint_caption(self, picture: Picture, title: str, detail: str, sponsor: str, share: float) -> None:
        """A lower third that opens from the left; `share` 0..1 is how far it is open."""
        if share <= 0.0:
            return
        share = ease(share)
        tall, wide, chip = self.px(84), self.px(470), self.px(236)
        left, top = self.px(76), picture.size_px[1] - self.px(152)
        layer = _panel(wide, tall, _NAVY, 0.92)
        layer[:, : self.px(8), :3] = self._tone
        layer[:, : self.px(8), 3] = 255
        _write(layer, title, self.px(31), self.px(30), round(tall * 0.34), _WHITE)
        _write(layer, detail, self.px(19), self.px(31), round(tall * 0.74), (208, 200, 190))
        open_px = round((wide + chip) * share)
        picture.paint(np.ascontiguousarray(layer[:, : max(1, min(wide, open_px))]), left, top)
        if open_px > wide:
            self._paint_chip(picture, sponsor, left + wide, top, chip, tall, (open_px - wide) / chip)

    def paint_wipe(self, picture: Picture, share: float) -> None:
        """Slanted bands that cross the picture from left to right; at one half they hide all of it."""
        if not 0.0 < share < 1.0:
            return
        width, height = picture.size_px
        layer = np.zeros((height, width, 4), np.uint8)
        lean = height * 0.45
        reach = width + lean
        for lag, colour in ((0.0, self._tone), (0.07, _WHITE), (0.1, _NAVY)):
            front = ease((share - lag * 0.5) / 0.5) * reach * 1.02
            back = ease((share - 0.5 + (0.1 - lag) * 0.3) / 0.5) * reach * 1.02
            if front <= back:
                continue
            corners = np.array([[back, 0], [front, 0], [front - lean, height], [back - lean, height]])
            cv2.fillConvexPoly(layer, np.round(corners * 16).astype(np.int32), (*colour, 255), cv2.LINE_AA, 4)
        name = ink(_LEAGUE, _FACE, self.px(64), 0.02)
        top, left = (height - name.shape[0]) // 2, (width - name.shape[1]) // 2
        under = layer[top : top + name.shape[0], left : left + name.shape[1]]
        # Only where the bands are: the name comes and goes with them.
        shown = np.asarray(cv2.multiply(name, under[..., 3], scale=1 / 255), np.uint8)
        part = under[..., :3].copy()
        tint(part, shown, 0, 0, _WHITE)
        under[..., :3] = part
        picture.paint(layer, 0, 0)

    def _score(self, goals: str, clock: str) -> Pixels:
        (_, home), (_, away) = self._cast.clubs
        tall = self.px(42)
        cells = (
            (home, 82, _NAVY, self._home),
            (goals, 84, self._tone, None),
            (away, 82, _NAVY, self._away),
            (clock, 92, (238, 238, 238), None),
        )
        layer = np.zeros((tall, sum(self.px(cell[1]) for cell in cells), 4), np.uint8)
        left = 0
        for text, wide, ground, club in cells:
            right = left + self.px(wide)
            layer[:, left:right] = (*ground, 255)
            if club is not None:
                layer[:, left : left + self.px(7)] = (*club, 255)
            letter = _NAVY if ground[0] > 200 else _WHITE
            _write(
                layer,
                text,
                self.px(24),
                (left + right) // 2 + (self.px(3) if club else 0),
                tall // 2,
                letter,
                centred=True,
            )
            left = right
        return layer

    def _paint_chip(
        self, picture: Picture, brand: str, left: int, top: int, wide: int, tall: int, share: float
    ) -> None:
        """A sponsor's plate, open to `share` of its width."""
        key = (brand, wide, tall)
        if key not in self._chips:
            self._chips[key] = board_advert(
                self._marks[brand], float(wide), float(tall), texels_per_m=1.0, mode="both", look=0
            )
        advert = self._chips[key]
        open_px = round(wide * min(1.0, share))
        if open_px < 1:
            return
        picture.paint(np.ascontiguousarray(advert.art.level(0, 0)[:, :open_px]), left, top)
        # Boxes are measured to pixel edges, and pixel centres lie half a pixel in.
        to_px = np.array([[1.0, 0, left - 0.5], [0, 1.0, top - 0.5], [0, 0, 1.0]])
        picture.record(advert.marks, to_px, "graphic", within=(0.0, 0.0, float(open_px), float(tall)))


@lru_cache(maxsize=32)
def _panel_shape(wide: int, tall: int, ground: Colour, opacity: float) -> Pixels:
    layer = np.empty((tall, wide, 4), np.uint8)
    layer[..., :3] = np.array(ground) * opacity
    layer[..., 3] = round(255 * opacity)
    return layer


def _panel(wide: int, tall: int, ground: Colour, opacity: float) -> Pixels:
    return _panel_shape(wide, tall, ground, opacity).copy()


def _write(layer: Pixels, text: str, size_px: int, x: int, y: int, colour: Colour, *, centred: bool = False) -> None:
    """Text with its left edge, or its middle, at x and its vertical middle at y."""
    mask = ink(text, _FACE, size_px, 0.02)
    left = x - mask.shape[1] // 2 if centred else x
    top = y - mask.shape[0] // 2
    part = layer[..., :3].copy()
    tint(part, mask, left, top, colour)
    layer[..., :3] = part
    alpha = cv2.merge([layer[..., 3]] * 3)
    tint(np.asarray(alpha, np.uint8), mask, left, top, (255, 255, 255))
    layer[..., 3] = alpha[..., 0]
