"""Walls and floors: planes without end, covered with a drawn texture. No text on them."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.camera import Camera
from detection.sample.ripmap import Pixels, Ripmap, scale_at
from detection.sample.textures import crowd, smooth_noise
from detection.sample.wordmarks import Colour

_BANDS = 4


class Tiled:
    """A plane through `origin_m` along two unit directions, covered with copies of a texture."""

    def __init__(
        self,
        tile: Ripmap,
        origin_m: tuple[float, float, float],
        along: tuple[float, float, float],
        across: tuple[float, float, float],
    ) -> None:
        self._tile = tile
        self._plane = np.array(origin_m), np.array(along), np.array(across)

    def paint(self, pixels: Pixels, camera: Camera, top_px: int = 0) -> None:
        """Onto all rows from `top_px` down; at half size, since it is never the subject."""
        rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
        halve = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1.0]])
        to_px = halve @ camera.plane(*self._plane)
        edges = np.linspace(top_px // 2, rows, _BANDS + 1).astype(int)
        for upper, lower in itertools.pairwise(edges):
            if lower <= upper:
                continue
            spot = np.linalg.inv(to_px) @ np.array([columns / 2, (upper + lower) / 2, 1.0])
            texture = self._tile.level(*self._tile.levels_for(scale_at(to_px, (spot[0] / spot[2], spot[1] / spot[2]))))
            shift = np.array([[1, 0, 0], [0, 1, -upper], [0, 0, 1.0]])
            band = cv2.warpPerspective(
                texture, shift @ to_px @ np.linalg.inv(self._tile.metres_to_texels(texture)),
                (columns, int(lower - upper)), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP,
            )  # fmt: skip
            part = pixels[upper * 2 : lower * 2]
            part[:] = cv2.resize(band, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_LINEAR)


class Room:
    """A wall that stands on a floor, `depth_m` away from the origin along y."""

    def __init__(self, wall: Ripmap, floor: Ripmap, depth_m: float) -> None:
        self._wall = Tiled(wall, (0.0, depth_m, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0))
        self._floor = Tiled(floor, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        self._depth_m = depth_m

    def paint(self, pixels: Pixels, camera: Camera) -> None:
        self._wall.paint(pixels, camera)
        foot = self._foot(camera)
        rows, columns = pixels.shape[:2]
        top = max(0, math.floor(foot[:, 1].min()))
        if top >= rows:
            return
        floor = pixels.copy()
        self._floor.paint(floor, camera, top)
        shape = np.zeros((rows, columns), np.uint8)
        below = np.array([foot[0], foot[1], [columns, rows * 2], [0, rows * 2]])
        cv2.fillConvexPoly(shape, np.round(below).astype(np.int32), 255)
        cv2.copyTo(floor, shape, pixels)

    def _foot(self, camera: Camera) -> NDArray[np.float64]:
        """Where the line between wall and floor crosses the picture's left and right edges."""
        ends, _ = camera.project(np.array([[camera.position_m[0] + side, self._depth_m, 0.0] for side in (-1.0, 1.0)]))
        slope = (ends[1, 1] - ends[0, 1]) / (ends[1, 0] - ends[0, 0])
        return np.array([[x, ends[0, 1] + slope * (x - ends[0, 0])] for x in (0.0, float(camera.width_px))])


def stands(rng: np.random.Generator, fans: tuple[Colour, ...]) -> Ripmap:
    return Ripmap(crowd(rng, 40, 14, 24.0, fans), 22.0, 11.2)


def planks(rng: np.random.Generator) -> Ripmap:
    """A wooden floor, or a wall of boards."""
    tone = np.array((96, 150, 196), np.float32) * rng.uniform(0.6, 1.1)
    shades = np.repeat(rng.uniform(0.86, 1.08, (16, 4)), 64, axis=1).repeat(16, axis=0)
    shades += 0.03 * smooth_noise(rng, 256, 256, 5)
    shades[::16] *= 0.75
    return Ripmap(_tinted(shades, tone), 4.0, 2.0)


def bricks(rng: np.random.Generator) -> Ripmap:
    tone = np.array(rng.uniform(60, 170, 3), np.float32)
    shades = np.zeros((256, 256), np.float32)
    for row in range(16):
        for column in range(-1, 8):
            left = column * 32 + 16 * (row % 2)
            shades[row * 16 : row * 16 + 14, max(0, left) : left + 30] = rng.uniform(0.7, 1.1)
    shades[shades == 0] = 1.25
    return Ripmap(_tinted(shades + 0.04 * smooth_noise(rng, 256, 256, 3), tone), 2.4, 1.6)


def concrete(rng: np.random.Generator) -> Ripmap:
    """Asphalt, concrete or plaster, by its tone."""
    tone = np.full(3, rng.uniform(60, 190), np.float32) + rng.uniform(-12, 12, 3).astype(np.float32)
    shades = 1 + 0.07 * smooth_noise(rng, 512, 512, 90) + 0.04 * smooth_noise(rng, 512, 512, 2)
    shades[::256] *= 0.7
    return Ripmap(_tinted(shades, tone), 6.0, 6.0)


def leaves(rng: np.random.Generator) -> Ripmap:
    tone = np.array((52, 110, 70), np.float32)
    shades = 0.7 + 0.3 * np.abs(smooth_noise(rng, 512, 512, 12)) + 0.15 * smooth_noise(rng, 512, 512, 3)
    return Ripmap(_tinted(shades, tone), 6.0, 6.0)


def _tinted(shades: NDArray[np.floating], tone: NDArray[np.floating]) -> Pixels:
    return np.asarray(np.clip(shades[..., None] * tone, 0, 255), np.uint8)


def striped(colour: Colour, width_m: float, height_m: float) -> Ripmap:
    """A board with slanted stripes and nothing else. BGRA."""
    columns, rows = round(width_m * 100), round(height_m * 100)
    texture = np.full((rows, columns, 4), (*colour, 255), np.uint8)
    bright = tuple(min(255, value + 60) for value in colour)
    for left in range(-rows, columns, rows):
        corners = np.array([[left, rows], [left + rows // 2, rows], [left + rows * 3 // 2, 0], [left + rows, 0]])
        cv2.fillConvexPoly(texture, corners.astype(np.int32), (*bright, 255), cv2.LINE_AA)
    return Ripmap(texture, width_m, height_m)
