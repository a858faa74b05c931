"""The playing field and its markings, as the Laws of the Game measure them: 105 m by 68 m, lines 12 cm wide."""

from __future__ import annotations

import itertools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.camera import Camera
from detection.sample.ripmap import Pixels, Ripmap, scale_at
from detection.sample.textures import grass

LENGTH_M, BREADTH_M = 105.0, 68.0
GOAL_HALF_M, GOAL_HEIGHT_M = 3.66, 2.44
_LINE_M = 0.12
_CHALK = (214, 228, 222)
# The turf reaches past the lines to the boards and beyond.
_WEST_M, _SOUTH_M, _WIDTH_M, _DEPTH_M = -14.0, -9.0, 133.0, 90.0
_BANDS = 7
_NEAR_M = 0.5


class Ground:
    """Turf as a texture, markings as shapes, so that far lines stay crisp."""

    def __init__(self, rng: np.random.Generator) -> None:
        texture = grass(rng, _WIDTH_M, _DEPTH_M, 14.0, LENGTH_M / 20)
        self._turf = Ripmap(texture, _WIDTH_M, _DEPTH_M)
        self._lines = _markings()

    def paint(self, pixels: Pixels, camera: Camera) -> None:
        """Paints turf and lines below the horizon onto BGR pixels."""
        self._paint_turf(pixels, camera)
        self._paint_lines(pixels, camera)

    def _paint_turf(self, pixels: Pixels, camera: Camera) -> None:
        """At half size and enlarged: grass has no detail that a whole-size warp would save."""
        rows, columns = pixels.shape[0] // 2, pixels.shape[1] // 2
        horizon = camera.height_px / 2 - camera.focal_px * math.tan(camera.tilt_rad)
        top = max(0, math.ceil((horizon + abs(camera.roll_rad) * columns + 4) / 2))
        if top >= rows:
            return
        halve = np.array([[0.5, 0, -0.25], [0, 0.5, -0.25], [0, 0, 1.0]])
        plane = camera.plane(np.array([_WEST_M, _SOUTH_M, 0.0]), np.array([1.0, 0, 0]), np.array([0, 1.0, 0]))
        to_px = halve @ plane
        small = np.empty((rows - top, columns, 3), np.uint8)
        edges = np.linspace(top, rows, _BANDS + 1).astype(int)
        for upper, lower in itertools.pairwise(edges):
            if lower <= upper:
                continue
            spot = np.linalg.inv(to_px) @ np.array([columns / 2, (upper + lower) / 2, 1.0])
            texture = self._turf.level(*self._turf.levels_for(scale_at(to_px, (spot[0] / spot[2], spot[1] / spot[2]))))
            shift = np.array([[1, 0, 0], [0, 1, -upper], [0, 0, 1.0]])
            cv2.warpPerspective(
                texture,
                shift @ to_px @ np.linalg.inv(self._turf.metres_to_texels(texture)),
                (columns, int(lower - upper)),
                dst=small[upper - top : lower - top],
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
        whole = pixels[top * 2 : rows * 2, : columns * 2]
        cv2.resize(small, (whole.shape[1], whole.shape[0]), dst=whole, interpolation=cv2.INTER_LINEAR)

    def _paint_lines(self, pixels: Pixels, camera: Camera) -> None:
        starts, ends = self._lines
        _, near = camera.project(starts)
        _, far = camera.project(ends)
        ahead = (near > _NEAR_M) | (far > _NEAR_M)
        starts, ends, near, far = starts[ahead], ends[ahead], near[ahead], far[ahead]
        span = np.where(np.abs(far - near) < 1e-9, 1e-9, far - near)
        cut = ((_NEAR_M - near) / span)[:, None]
        first = np.where((near < _NEAR_M)[:, None], starts + (ends - starts) * cut, starts)
        last = np.where((far < _NEAR_M)[:, None], starts + (ends - starts) * cut, ends)
        along = last - first
        along /= np.maximum(np.linalg.norm(along, axis=1), 1e-6)[:, None]
        side = np.stack([-along[:, 1], along[:, 0], np.zeros(len(along))], axis=1) * _LINE_M / 2
        corners = np.stack([first + side, last + side, last - side, first - side], axis=1)
        px, depths = camera.project(corners.reshape(-1, 3))
        quads = px.reshape(-1, 4, 2)
        height, width = pixels.shape[:2]
        for quad, nearest in zip(quads, depths.reshape(-1, 4).min(axis=1), strict=True):
            low, high = quad.min(axis=0), quad.max(axis=0)
            if nearest > 0.05 and high[0] > 0 and high[1] > 0 and low[0] < width and low[1] < height:
                cv2.fillConvexPoly(pixels, np.round(quad * 16).astype(np.int32), _CHALK, cv2.LINE_AA, 4)


def _markings() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Starts and ends (n, 3) of all line pieces; curves are split finely."""
    paths: list[list[tuple[float, float]]] = [
        [(0, 0), (LENGTH_M, 0), (LENGTH_M, BREADTH_M), (0, BREADTH_M), (0, 0)],
        [(LENGTH_M / 2, 0), (LENGTH_M / 2, BREADTH_M)],
        _arc(LENGTH_M / 2, BREADTH_M / 2, 9.15, 0, 2 * math.pi),
        _arc(LENGTH_M / 2, BREADTH_M / 2, 0.12, 0, 2 * math.pi, pieces=8),
    ]
    reach = math.acos(5.5 / 9.15)
    for goal, inward in ((0.0, 1.0), (LENGTH_M, -1.0)):
        for depth, half in ((16.5, 20.16), (5.5, 9.16)):
            top, bottom = BREADTH_M / 2 + half, BREADTH_M / 2 - half
            paths.append([(goal, top), (goal + inward * depth, top), (goal + inward * depth, bottom), (goal, bottom)])
        spot = goal + inward * 11
        facing = 0.0 if inward > 0 else math.pi
        paths.append(_arc(spot, BREADTH_M / 2, 9.15, facing - reach, facing + reach, pieces=16))
        paths.append(_arc(spot, BREADTH_M / 2, 0.12, 0, 2 * math.pi, pieces=8))
    starts = [point for path in paths for point in path[:-1]]
    ends = [point for path in paths for point in path[1:]]
    return _flat(starts), _flat(ends)


def _arc(
    x_m: float, y_m: float, radius_m: float, start_rad: float, end_rad: float, *, pieces: int = 56
) -> list[tuple[float, float]]:
    angles = np.linspace(start_rad, end_rad, pieces + 1)
    return [(x_m + radius_m * math.cos(a), y_m + radius_m * math.sin(a)) for a in angles]


def _flat(points: list[tuple[float, float]]) -> NDArray[np.float64]:
    return np.array([(x, y, 0.0) for x, y in points])
