"""A pinhole camera, and its path through a shot.

World axes in metres: x along the touchline, y away from the main camera, z up. Source of the model: Hartley and
Zisserman, "Multiple View Geometry", chapter 6.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Camera:
    """Pan 0 looks along +y and grows towards +x; tilt grows downwards; pixels have their centre at whole numbers."""

    position_m: tuple[float, float, float]
    pan_rad: float
    tilt_rad: float
    roll_rad: float
    focal_px: float
    width_px: int
    height_px: int

    @cached_property
    def axes(self) -> NDArray[np.float64]:
        """Rows are the directions of image right, image down and forward in the world."""
        sin_pan, cos_pan = math.sin(self.pan_rad), math.cos(self.pan_rad)
        sin_tilt, cos_tilt = math.sin(self.tilt_rad), math.cos(self.tilt_rad)
        forward = np.array([sin_pan * cos_tilt, cos_pan * cos_tilt, -sin_tilt])
        right = np.array([cos_pan, -sin_pan, 0.0])
        # The cross product of forward and right.
        down = np.array([-sin_tilt * sin_pan, -sin_tilt * cos_pan, -cos_tilt])
        sin_roll, cos_roll = math.sin(self.roll_rad), math.cos(self.roll_rad)
        return np.array([cos_roll * right + sin_roll * down, cos_roll * down - sin_roll * right, forward])

    @cached_property
    def _projection(self) -> NDArray[np.float64]:
        centre_x, centre_y = (self.width_px - 1) / 2, (self.height_px - 1) / 2
        intrinsic = np.array([[self.focal_px, 0, centre_x], [0, self.focal_px, centre_y], [0, 0, 1.0]])
        return np.asarray(intrinsic @ self.axes)

    def project(self, points_m: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Pixels (n, 2) of world points (n, 3), and their depths (n,) in metres; depth <= 0 is behind the camera."""
        seen = (np.asarray(points_m, np.float64) - np.array(self.position_m)) @ self._projection.T
        depths = seen[:, 2]
        safe = np.where(np.abs(depths) < 1e-9, 1e-9, depths)
        return seen[:, :2] / safe[:, None], depths

    def plane(self, origin_m: Vector, along: Vector, across: Vector) -> NDArray[np.float64]:
        """The homography to px of a plane's metres, measured from `origin_m` in two unit directions."""
        columns = np.stack([along, across, origin_m - np.array(self.position_m)], axis=1)
        return np.asarray(self._projection @ columns)


def look_at(
    position_m: tuple[float, float, float],
    target_m: tuple[float, float, float],
    *,
    focal_px: float,
    width_px: int,
    height_px: int,
    roll_rad: float = 0.0,
) -> Camera:
    """A camera at `position_m` with `target_m` in the middle of its picture."""
    dx, dy, dz = (target_m[axis] - position_m[axis] for axis in range(3))
    return Camera(
        position_m=position_m,
        pan_rad=math.atan2(dx, dy),
        tilt_rad=math.atan2(-dz, math.hypot(dx, dy)),
        roll_rad=roll_rad,
        focal_px=focal_px,
        width_px=width_px,
        height_px=height_px,
    )


def ease(share: float) -> float:
    """0..1 to 0..1 with a soft start and a soft landing (the smootherstep polynomial of Perlin, 2002)."""
    share = min(1.0, max(0.0, share))
    return share * share * share * (share * (share * 6 - 15) + 10)


class Wobble:
    """A smooth aimless signal of about unit size: three sines of unrelated rates."""

    def __init__(self, rng: np.random.Generator, rate_hz: float) -> None:
        self._rates = 2 * math.pi * rate_hz * rng.uniform(0.5, 1.6, 3)
        self._phases = rng.uniform(0, 2 * math.pi, 3)

    def at(self, t_s: float) -> float:
        return float(np.sin(self._rates * t_s + self._phases).sum() / 2)


@dataclass(frozen=True, kw_only=True)
class Key:
    """Where a camera stands, what it looks at and how long its lens is (px at 720 lines) at one time of its shot."""

    at_s: float
    position_m: tuple[float, float, float]
    target_m: tuple[float, float, float]
    focal_px: float


class CameraPath:
    """Moves through its keys with soft starts and landings, held by an operator whose hands are not quite still."""

    def __init__(
        self, keys: tuple[Key, ...], rng: np.random.Generator, *, shake_px: float, width_px: int, height_px: int
    ) -> None:
        self._keys = keys
        self._shake_px = shake_px
        self._size_px = (width_px, height_px)
        self._wobbles = tuple(Wobble(rng, rate_hz) for rate_hz in (0.9, 1.1, 0.5))

    def at(self, t_s: float) -> Camera:
        """The camera `t_s` seconds into its shot."""
        before = self._keys[0]
        after = self._keys[-1]
        for first, second in itertools.pairwise(self._keys):
            if first.at_s <= t_s <= second.at_s:
                before, after = first, second
                break
        else:
            before = after if t_s > after.at_s else before
            after = before
        share = ease((t_s - before.at_s) / (after.at_s - before.at_s)) if after is not before else 0.0
        scale = self._size_px[1] / 720
        focal = math.exp(_blend(math.log(before.focal_px), math.log(after.focal_px), share))
        aimed = look_at(
            _blend3(before.position_m, after.position_m, share),
            _blend3(before.target_m, after.target_m, share),
            focal_px=focal * scale,
            width_px=self._size_px[0],
            height_px=self._size_px[1],
        )
        pan, tilt, roll = (wobble.at(t_s) * self._shake_px / focal for wobble in self._wobbles)
        return Camera(
            position_m=aimed.position_m,
            pan_rad=aimed.pan_rad + pan,
            tilt_rad=aimed.tilt_rad + tilt,
            roll_rad=roll * 2,
            focal_px=aimed.focal_px,
            width_px=aimed.width_px,
            height_px=aimed.height_px,
        )


def _blend(before: float, after: float, share: float) -> float:
    return before + (after - before) * share


def _blend3(
    before: tuple[float, float, float], after: tuple[float, float, float], share: float
) -> tuple[float, float, float]:
    return (
        _blend(before[0], after[0], share),
        _blend(before[1], after[1], share),
        _blend(before[2], after[2], share),
    )
