"""A picture of moving shapes on a drawn ground: no place, no text."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from detection.sample.camera import Wobble
from detection.sample.picture import Picture
from detection.sample.ripmap import Pixels
from detection.sample.textures import smooth_noise
from detection.sample.wordmarks import Colour

_SHIFT = 4


@dataclass(frozen=True, kw_only=True)
class _Shape:
    colour: Colour
    sides: int
    radius: float
    place: tuple[float, float]
    ways: tuple[Wobble, Wobble, Wobble]


class ShapesView:
    """Polygons, bars and discs that wander and turn. Sizes are shares of the picture's height."""

    def __init__(self, rng: np.random.Generator, width_px: int, height_px: int) -> None:
        light = 0.6 + 0.25 * smooth_noise(rng, height_px, width_px, height_px // 4)
        tone = rng.uniform(60, 200, 3).astype(np.float32)
        self._ground: Pixels = np.asarray(np.clip(light[..., None] * tone, 0, 255), np.uint8)
        self._shapes = [
            _Shape(
                colour=tuple(int(value) for value in rng.integers(10, 245, 3)),  # type: ignore[arg-type]
                sides=int(rng.choice([2, 3, 4, 5, 7, 24])), radius=float(rng.uniform(0.03, 0.2)),
                place=(float(rng.uniform(0, width_px / height_px)), float(rng.uniform(0, 1))),
                ways=(Wobble(rng, 0.15), Wobble(rng, 0.15), Wobble(rng, 0.1)),
            )
            for _ in range(26)
        ]  # fmt: skip

    def paint(self, picture: Picture, t_s: float) -> None:
        picture.pixels[:] = self._ground
        height = picture.size_px[1]
        for shape in self._shapes:
            across, down, turn = (way.at(t_s) for way in shape.ways)
            angles = turn * 2 + np.arange(shape.sides) * 2 * np.pi / shape.sides
            around = np.stack([np.cos(angles), np.sin(angles)], axis=1) * shape.radius
            centre = np.array(shape.place) + np.array([across, down]) * 0.25
            points = np.round((centre + around) * height * 2**_SHIFT).astype(np.int32)
            if shape.sides == 2:
                cv2.polylines(picture.pixels, [points], False, shape.colour, max(2, height // 60), cv2.LINE_AA, _SHIFT)
            else:
                cv2.fillPoly(picture.pixels, [points], shape.colour, cv2.LINE_AA, _SHIFT)

    def exposure(self, t_s: float) -> float:
        return 1.0
