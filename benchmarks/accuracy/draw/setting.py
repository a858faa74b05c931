"""A place with boards, people and vehicles, seen by a moving camera: the view that most drawn clips are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from benchmarks.accuracy.draw.surfaces import Room
from detection.sample.boards import Billboards
from detection.sample.camera import Camera, CameraPath
from detection.sample.cutouts import Figures
from detection.sample.film import SHUTTER_SHARE, box_length_px, defocus, smear, smear_length_px, smear_size
from detection.sample.picture import Picture
from detection.sample.play import Mover
from detection.sample.ripmap import Pixels, Ripmap, scale_at
from detection.sample.wordmarks import Advert, Colour, Mark, Wordmark, board_advert

_TEXELS_PER_M = 110.0
_AHEAD_M = 20.0


@dataclass(frozen=True, kw_only=True)
class Vehicle:
    """A flat side of a vehicle with lettering on it; `x_m` is where its rear end is at a time of the shot."""

    art: Advert
    y_m: float
    x_m: Callable[[float], float]

    def paint(self, picture: Picture, camera: Camera, t_s: float) -> None:
        art = self.art.art
        left, height = self.x_m(t_s), art.height_m
        corners = np.array(
            [[left + dx, self.y_m, z] for dx, z in ((0, height), (art.width_m, height), (art.width_m, 0), (0, 0))]
        )
        px, depths = camera.project(corners)
        if depths.min() < 1.0 or px[:, 0].max() < 0 or px[:, 0].min() > picture.size_px[0]:
            return
        to_px = camera.plane(np.array([left, self.y_m, height]), np.array([1.0, 0, 0]), np.array([0, 0, -1.0]))
        texture = art.level(*art.levels_for(scale_at(to_px, (art.width_m / 2, height / 2))))
        picture.warp(texture, to_px @ np.linalg.inv(art.metres_to_texels(texture)), px)
        picture.record(self.art.marks, to_px, "other")


@dataclass(frozen=True, kw_only=True)
class SettingView:
    """`follows` says that the camera keeps a subject sharp: people and vehicles are free of its motion blur, the rest
    has all of it. `defocus_px` (sigma at 720 lines) is that of the place, not of people and vehicles."""

    room: Room
    billboards: Billboards | None
    path: CameraPath
    figures: Figures
    movers: tuple[Mover, ...]
    vehicles: tuple[Vehicle, ...]
    world_s: float
    fps: int
    follows: bool
    defocus_px: float
    light: tuple[float, float]
    length_s: float

    def paint(self, picture: Picture, t_s: float) -> None:
        camera = self.path.at(t_s)
        size = smear_size(*self._moved_px(t_s))
        sigma = self.defocus_px * picture.size_px[1] / 720
        motion = smear_length_px(size)
        picture.ledger.blur_px = float(np.hypot(motion, box_length_px(sigma) if sigma > 0.3 else 0.0))
        self.room.paint(picture.pixels, camera)
        if self.billboards is not None:
            self.billboards.paint(picture, camera, self.world_s + t_s)
        defocus(picture.pixels, sigma)
        if self.follows:
            smear(picture.pixels, size)
        picture.ledger.blur_px = 0.0 if self.follows else motion
        self._paint_subjects(picture, camera, t_s)
        if not self.follows:
            smear(picture.pixels, size)

    def exposure(self, t_s: float) -> float:
        share = min(1.0, max(0.0, t_s / self.length_s))
        return self.light[0] + (self.light[1] - self.light[0]) * share

    def _paint_subjects(self, picture: Picture, camera: Camera, t_s: float) -> None:
        """People and vehicles, far before near."""
        paints: list[tuple[float, Callable[[], None]]] = []
        for mover in self.movers:
            standing = mover.at(max(0.0, t_s))
            paints.append((standing.y_m, partial(self.figures.paint, picture, camera, standing)))
        for vehicle in self.vehicles:
            paints.append((vehicle.y_m, partial(vehicle.paint, picture, camera, t_s)))
        for _, paint in sorted(paints, key=lambda pair: -pair[0]):
            paint()

    def _moved_px(self, t_s: float) -> tuple[float, float]:
        """How far the place moves across the picture while the shutter is open."""
        half_s = SHUTTER_SHARE / self.fps / 2
        before, now, after = (self.path.at(t_s + lag) for lag in (-half_s, 0.0, half_s))
        spot = np.array([np.array(now.position_m) + now.axes[2] * _AHEAD_M])
        moved = after.project(spot)[0][0] - before.project(spot)[0][0]
        return float(moved[0]), float(moved[1])


def lorry(mark: Wordmark | None, colour: Colour, length_m: float) -> Advert:
    """A lorry from its right side, driving to the right: a box, a cab, wheels. Without a mark it says nothing."""
    height_m = 3.0
    texture, rows = _clear(length_m, height_m)
    floor, box = round(rows * 0.84), round((length_m - 1.9) * _TEXELS_PER_M)
    marks: tuple[Mark, ...] = ()
    if mark is not None:
        side = board_advert(mark, length_m - 2.1, height_m * 0.78, texels_per_m=_TEXELS_PER_M, mode="both", look=0)
        art = side.art.level(0, 0)
        texture[8 : 8 + art.shape[0], 4 : 4 + art.shape[1]] = art
        marks = tuple(_moved(one, 4 / _TEXELS_PER_M, 8 / _TEXELS_PER_M) for one in side.marks)
    else:
        cv2.rectangle(texture, (4, 8), (box - 20, floor), (*colour, 255), -1)
    cab = np.array(
        [[box, rows * 0.28], [box + 120, rows * 0.28], [box + 190, rows * 0.52], [box + 196, floor], [box, floor]]
    )
    cv2.fillPoly(texture, [cab.astype(np.int32)], (*colour, 255), cv2.LINE_AA)
    cv2.rectangle(texture, (box + 70, round(rows * 0.34)), (box + 130, round(rows * 0.5)), (70, 60, 50, 255), -1)
    cv2.rectangle(texture, (10, floor - 4), (box + 190, floor + 12), (40, 40, 42, 255), -1)
    return _on_wheels(texture, length_m, height_m, marks, (0.14, 0.26, 0.86))


def car(mark: Wordmark | None, colour: Colour) -> Advert:
    """A racing car from its right side, a name along its door."""
    length_m, height_m = 4.8, 1.5
    texture, rows = _clear(length_m, height_m)
    columns = texture.shape[1]
    outline = np.array([[0.02, 0.42], [0.1, 0.36], [0.3, 0.34], [0.4, 0.06], [0.66, 0.06], [0.78, 0.36], [0.97, 0.5],
                        [0.99, 0.82], [0.01, 0.82]])  # fmt: skip
    cv2.fillPoly(texture, [np.round(outline * (columns, rows)).astype(np.int32)], (*colour, 255), cv2.LINE_AA)
    window = np.array([[0.34, 0.34], [0.42, 0.11], [0.64, 0.11], [0.73, 0.34]])
    cv2.fillPoly(texture, [np.round(window * (columns, rows)).astype(np.int32)], (52, 44, 40, 255), cv2.LINE_AA)
    marks: tuple[Mark, ...] = ()
    if mark is not None:
        plate = board_advert(mark, length_m * 0.52, height_m * 0.36, texels_per_m=_TEXELS_PER_M, mode="word", look=0)
        left, top = round(columns * 0.25), round(rows * 0.4)
        art = plate.art.level(0, 0)
        texture[top : top + art.shape[0], left : left + art.shape[1]] = art
        marks = tuple(_moved(one, left / _TEXELS_PER_M, top / _TEXELS_PER_M) for one in plate.marks)
    return _on_wheels(texture, length_m, height_m, marks, (0.17, 0.82))


def _clear(length_m: float, height_m: float) -> tuple[Pixels, int]:
    rows = round(height_m * _TEXELS_PER_M)
    return np.zeros((rows, round(length_m * _TEXELS_PER_M), 4), np.uint8), rows


def _moved(mark: Mark, dx_m: float, dy_m: float) -> Mark:
    left, top, right, bottom = mark.box
    return replace(mark, box=(left + dx_m, top + dy_m, right + dx_m, bottom + dy_m))


def _on_wheels(
    texture: Pixels, length_m: float, height_m: float, marks: tuple[Mark, ...], axles: tuple[float, ...]
) -> Advert:
    """With a wheel at each of these shares of the length, which hides what lies behind it."""
    rows, columns = texture.shape[:2]
    radius = round(0.38 * _TEXELS_PER_M)
    for axle in axles:
        middle = round(axle * columns), rows - radius - 2
        cv2.circle(texture, middle, radius, (26, 26, 28, 255), -1, cv2.LINE_AA)
        cv2.circle(texture, middle, radius // 2, (150, 150, 154, 255), -1, cv2.LINE_AA)
    return Advert(art=Ripmap(texture, length_m, height_m), marks=marks)
