"""Textures that stay smooth when they are drawn small.

A ripmap holds a texture reduced by powers of two in each direction separately, so that a plane seen at a grazing angle
is filtered along its foreshortened direction only. Source: Larson and Shah, "Method and apparatus for texture
generation" (1990); the plain mipmap is Williams, "Pyramidal parametrics", SIGGRAPH 1983.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]

_DEEPEST = 5
# Half a level sharper than the exact choice: bilinear sampling blurs a little by itself.
_SHARPEN_LEVELS = 0.4


class Ripmap:
    """A uint8 texture of `width_m` × `height_m`, its first pixel at the plane's origin."""

    def __init__(self, texture: Pixels, width_m: float, height_m: float) -> None:
        self.width_m = width_m
        self.height_m = height_m
        self._levels: dict[tuple[int, int], Pixels] = {(0, 0): texture}

    def level(self, along: int, across: int) -> Pixels:
        """The texture reduced by 2**along horizontally and 2**across vertically."""
        found = self._levels.get((along, across))
        if found is None:
            finer = self.level(along - 1, across) if along else self.level(0, across - 1)
            rows, columns = finer.shape[:2]
            size = (max(1, columns // 2), rows) if along else (columns, max(1, rows // 2))
            found = np.asarray(cv2.resize(finer, size, interpolation=cv2.INTER_AREA), np.uint8)
            self._levels[(along, across)] = found
        return found

    def levels_for(self, px_per_m: tuple[float, float]) -> tuple[int, int]:
        """Which level suits a plane drawn at this scale, horizontally and vertically."""
        rows, columns = self._levels[(0, 0)].shape[:2]
        wanted = (columns / self.width_m / max(px_per_m[0], 1e-6), rows / self.height_m / max(px_per_m[1], 1e-6))
        along, across = (
            min(_DEEPEST, max(0, math.floor(math.log2(ratio) + 1 - _SHARPEN_LEVELS))) if ratio > 0 else 0
            for ratio in wanted
        )
        return along, across

    def metres_to_texels(self, texture: Pixels) -> Matrix:
        """Maps metres on the plane to pixel centres of `texture`, one of the levels."""
        rows, columns = texture.shape[:2]
        return np.array([[columns / self.width_m, 0, -0.5], [0, rows / self.height_m, -0.5], [0, 0, 1.0]])


def scale_at(homography: Matrix, point_m: tuple[float, float]) -> tuple[float, float]:
    """Px per metre in each direction of a plane, where the homography from metres to px is taken at `point_m`."""
    x, y, w = homography @ np.array([point_m[0], point_m[1], 1.0])
    along = (homography[:2, 0] - np.array([x, y]) / w * homography[2, 0]) / w
    across = (homography[:2, 1] - np.array([x, y]) / w * homography[2, 1]) / w
    return float(np.hypot(*along)), float(np.hypot(*across))


def map_points(homography: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (n, 2) through a homography."""
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[:, :2] / mapped[:, 2:])
