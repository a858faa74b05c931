"""Advertising boards: flat rectangles in the world, and what runs on them at a time.

Printed boards keep their advert. LED boards change it: hard, by a scroll upwards, or by a crossfade; a ribbon runs its
contents sideways without end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.camera import Camera, ease
from detection.sample.picture import Picture
from detection.sample.ripmap import Matrix, Pixels, scale_at
from detection.sample.wordmarks import Advert, Mark

NEAREST_M = 0.6


@dataclass(frozen=True, kw_only=True)
class Running:
    """An advert on a board, moved right and down by `shift_m`, with the share of light it gives."""

    advert: Advert
    shift_m: tuple[float, float] = (0.0, 0.0)
    opacity: float = 1.0


Programme = Callable[[float], tuple[Running, ...]]


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A rectangle in the world: its top left corner and the unit directions to the right and down."""

    origin_m: tuple[float, float, float]
    along: tuple[float, float, float]
    down: tuple[float, float, float]
    width_m: float
    height_m: float

    @cached_property
    def corners_m(self) -> NDArray[np.float64]:
        origin, along, down = (np.array(part) for part in (self.origin_m, self.along, self.down))
        right = origin + along * self.width_m
        return np.array([origin, right, right + down * self.height_m, origin + down * self.height_m])

    def homography(self, camera: Camera) -> Matrix:
        """From metres right and down of the top left corner to px."""
        return camera.plane(np.array(self.origin_m), np.array(self.along), np.array(self.down))


@dataclass(frozen=True, kw_only=True)
class Board:
    """A surface with its programme: what runs on it at a time of the world, in seconds."""

    surface: Surface
    programme: Programme
    placement: str = "board"


class Billboards:
    """Many boards, painted together: which of them a camera sees is worked out at once."""

    def __init__(self, boards: tuple[Board, ...]) -> None:
        self._boards = boards
        self._corners_m = np.concatenate([board.surface.corners_m for board in boards])

    def paint(self, picture: Picture, camera: Camera, world_s: float) -> None:
        """Paints the boards in view and reports their brands; not those behind the camera or turned away from it."""
        corners, depths = camera.project(self._corners_m)
        quads, nearest = corners.reshape(-1, 4, 2), depths.reshape(-1, 4).min(axis=1)
        low, high = quads.min(axis=1), quads.max(axis=1)
        width, height = picture.size_px
        seen = (nearest > NEAREST_M) & (high > 0).all(axis=1) & (low[:, 0] < width) & (low[:, 1] < height)
        for index in np.flatnonzero(seen):
            if cv2.contourArea(quads[index].astype(np.float32), oriented=True) > 1.0:
                _paint_board(picture, self._boards[index], camera, world_s, quads[index])


def _paint_board(picture: Picture, board: Board, camera: Camera, world_s: float, corners: NDArray[np.float64]) -> None:
    surface = board.surface
    to_px = surface.homography(camera)
    running = board.programme(world_s)
    scale = scale_at(to_px, (surface.width_m / 2, surface.height_m / 2))
    texture, to_texels = _compose(running, surface, scale)
    picture.warp(texture, to_px @ np.linalg.inv(to_texels), corners, covers=False)
    within = (0.0, 0.0, surface.width_m, surface.height_m)
    for index, part in enumerate(running):
        moved = tuple(_moved(mark, part.shift_m) for mark in part.advert.marks)
        # A crossfade paints the next advert over this one, in the same place.
        hidden = sum(after.opacity for after in running[index + 1 :] if after.shift_m == part.shift_m)
        picture.record(moved, to_px, board.placement, opacity=part.opacity * (1 - hidden), within=within)


def _compose(running: tuple[Running, ...], surface: Surface, px_per_m: tuple[float, float]) -> tuple[Pixels, Matrix]:
    """The texture of a board at a suitable level, with a clear rim for smooth edges, and metres to its texels."""
    levels = running[0].advert.art.levels_for(px_per_m)
    if len(running) == 1 and running[0].shift_m == (0.0, 0.0):
        whole = running[0].advert.rimmed(levels)
        return whole, _texels(surface, whole.shape[1] - 2, whole.shape[0] - 2)
    first = running[0].advert.art.level(*levels)
    scale_x, scale_y = (
        first.shape[1] / running[0].advert.art.width_m,
        first.shape[0] / running[0].advert.art.height_m,
    )
    columns, rows = max(1, round(surface.width_m * scale_x)), max(1, round(surface.height_m * scale_y))
    texture = np.zeros((rows + 2, columns + 2, 4), np.uint8)
    inner = texture[1:-1, 1:-1]
    inner[..., 3] = 255
    for part in running:
        art = part.advert.art.level(*levels)
        left, top = round(part.shift_m[0] * scale_x), round(part.shift_m[1] * scale_y)
        x0, y0, x1, y1 = max(0, left), max(0, top), min(columns, left + art.shape[1]), min(rows, top + art.shape[0])
        if x0 >= x1 or y0 >= y1:
            continue
        source = art[y0 - top : y1 - top, x0 - left : x1 - left]
        if part.opacity < 1.0:
            under = inner[y0:y1, x0:x1]
            source = np.asarray(cv2.addWeighted(source, part.opacity, under, 1.0 - part.opacity, 0), np.uint8)
        inner[y0:y1, x0:x1] = source
    return texture, _texels(surface, columns, rows)


def _texels(surface: Surface, columns: int, rows: int) -> Matrix:
    """Metres to pixel centres of a texture of that many texels inside its rim."""
    return np.array([[columns / surface.width_m, 0, 0.5], [0, rows / surface.height_m, 0.5], [0, 0, 1.0]])


def _moved(mark: Mark, shift_m: tuple[float, float]) -> Mark:
    left, top, right, bottom = mark.box
    dx, dy = shift_m
    return Mark(
        brand=mark.brand,
        mode=mark.mode,
        box=(left + dx, top + dy, right + dx, bottom + dy),
        line_height=mark.line_height,
    )


def printed(advert: Advert) -> Programme:
    """The same advert for ever."""
    running = (Running(advert=advert),)
    return lambda world_s: running


def led(adverts: tuple[Advert, ...], *, period_s: float, change: str, offset_s: float = 0.0) -> Programme:
    """Adverts in turn, `period_s` each, all of the board's size. `change` is cut, scroll or fade; it takes 0.48 s."""
    change_s = 0.48

    def programme(world_s: float) -> tuple[Running, ...]:
        turn, into_s = divmod(world_s + offset_s, period_s)
        now = adverts[int(turn) % len(adverts)]
        before = adverts[int(turn - 1) % len(adverts)]
        if change == "cut" or into_s >= change_s or now is before:
            return (Running(advert=now),)
        share = ease(into_s / change_s)
        if change == "fade":
            return (Running(advert=before, opacity=1.0), Running(advert=now, opacity=share))
        height = now.art.height_m
        return (
            Running(advert=before, shift_m=(0.0, -share * height)),
            Running(advert=now, shift_m=(0.0, (1 - share) * height)),
        )

    return programme


def flash(usual: Programme, advert: Advert, *, start_s: float, end_s: float) -> Programme:
    """Another programme, interrupted by one advert from `start_s` to `end_s`."""
    shown = (Running(advert=advert),)
    return lambda world_s: shown if start_s <= world_s < end_s else usual(world_s)


def ribbon(adverts: tuple[Advert, ...], start_m: float, width_m: float, *, speed_m_per_s: float) -> Programme:
    """Adverts side by side, running to the left without end past a window of `width_m` that begins at `start_m`."""
    lengths = [advert.art.width_m for advert in adverts]
    loop_m = sum(lengths)

    def programme(world_s: float) -> tuple[Running, ...]:
        left = -((world_s * speed_m_per_s + start_m) % loop_m)
        shown = []
        index = 0
        while left < width_m:
            advert = adverts[index % len(adverts)]
            if left + advert.art.width_m > 0:
                shown.append(Running(advert=advert, shift_m=(left, 0.0)))
            left += advert.art.width_m
            index += 1
        return tuple(shown)

    return programme
