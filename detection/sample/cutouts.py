"""Putting people and the ball into a picture: cached figures, placed and scaled by the camera, with their shadows."""

from __future__ import annotations

import math
from collections import OrderedDict

import cv2
import numpy as np

from detection.sample.camera import Camera
from detection.sample.figures import BODY_M, Sprite, draw_figure
from detection.sample.picture import Picture
from detection.sample.play import Standing
from detection.sample.truth import Instance

_SIZES_PX = (60, 110, 200, 380, 620, 900)
_EFFORTS = 3
BALL_M = 0.11


class Figures:
    """Figures by who, side, stride and size; those not used for long are forgotten.

    Sizes and sides come in steps; the rest of the scaling is exact.
    """

    def __init__(self, *, capacity_bytes: int = 192 * 1024 * 1024) -> None:
        self._drawn: OrderedDict[tuple[object, ...], Sprite] = OrderedDict()
        self._capacity_bytes = capacity_bytes
        self._held_bytes = 0

    def paint(self, picture: Picture, camera: Camera, standing: Standing, *, height_m: float = BODY_M) -> None:
        """One person with a shadow. Those behind the camera or far outside the picture are left out."""
        ends, depths = camera.project(
            np.array([[standing.x_m, standing.y_m, 0.0], [standing.x_m, standing.y_m, height_m]])
        )
        if depths.min() < 1.0:
            return
        body_px = float(np.hypot(*(ends[1] - ends[0])))
        foot_x, foot_y = (float(v) for v in ends[0])
        width, height = picture.size_px
        if not (-body_px < foot_x < width + body_px and -body_px < foot_y < height + 1.3 * body_px):
            return
        _paint_shadow(picture, foot_x, foot_y, body_px, camera.tilt_rad)
        sprite = self._sprite(standing, camera, body_px)
        scale = body_px / sprite.body_px
        left, top = foot_x - sprite.foot_px[0] * scale, foot_y - sprite.foot_px[1] * scale
        x0, y0 = math.floor(left), math.floor(top)
        size = (math.ceil(sprite.layer.shape[1] * scale) + 2, math.ceil(sprite.layer.shape[0] * scale) + 2)
        fit = np.array([[scale, 0, left - x0 + (scale - 1) / 2], [0, scale, top - y0 + (scale - 1) / 2]])
        layer = np.asarray(cv2.warpAffine(sprite.layer, fit, size, flags=cv2.INTER_LINEAR), np.uint8)
        picture.paint(layer, x0, y0)
        if sprite.chest is not None:
            quad = sprite.chest.quad * scale + np.array([fit[0, 2] + x0, fit[1, 2] + y0])
            picture.ledger.mark(
                Instance(
                    brand=sprite.chest.brand,
                    quad=quad,
                    shown=quad,
                    height_px=sprite.chest.height_px * scale,
                    blur_px=0.0,
                    mode=sprite.chest.mode,
                    placement="jersey",
                    opacity=sprite.chest.free,
                )
            )

    def _sprite(self, standing: Standing, camera: Camera, body_px: float) -> Sprite:
        heading = math.cos(standing.heading_rad), math.sin(standing.heading_rad)
        right = math.cos(camera.pan_rad), -math.sin(camera.pan_rad)
        away = math.sin(camera.pan_rad), math.cos(camera.pan_rad)
        yaw = math.atan2(heading[0] * away[0] + heading[1] * away[1], heading[0] * right[0] + heading[1] * right[1])
        size = next((step for step in _SIZES_PX if step >= body_px * 0.96), _SIZES_PX[-1])
        strides, turns = (12, 12) if size <= 110 else (16, 16) if size <= 200 else (32, 16)
        turn = round(yaw / (2 * math.pi) * turns) % turns
        stride = round(standing.phase_rad / (2 * math.pi) * strides) % strides
        effort = round(standing.effort * _EFFORTS)
        person = standing.person
        # Far away, people are told apart by kit and colouring alone.
        who: tuple[object, ...] = (id(person.kit), person.skin, person.hair, person.number if size > 110 else None)
        key = (*who, size, turn, stride, effort)
        if key in self._drawn:
            self._drawn.move_to_end(key)
        else:
            sprite = draw_figure(
                person,
                yaw_rad=turn / turns * 2 * math.pi,
                phase_rad=stride / strides * 2 * math.pi,
                effort=effort / _EFFORTS,
                body_px=size,
            )
            self._drawn[key] = sprite
            self._held_bytes += sprite.layer.nbytes
            while self._held_bytes > self._capacity_bytes and len(self._drawn) > 1:
                self._held_bytes -= self._drawn.popitem(last=False)[1].layer.nbytes
        return self._drawn[key]


def paint_ball(picture: Picture, camera: Camera, x_m: float, y_m: float) -> None:
    """A ball on the grass."""
    ends, depths = camera.project(np.array([[x_m, y_m, BALL_M]]))
    if depths[0] < 1.0:
        return
    radius = max(1.6, 1.15 * BALL_M * camera.focal_px / float(depths[0]))
    x, y = (float(v) for v in ends[0])
    _paint_shadow(picture, x, y + radius * 0.8, radius * 7, camera.tilt_rad)
    side = math.ceil(radius) * 2 + 5
    left, top = math.floor(x) - side // 2, math.floor(y) - side // 2
    layer = np.zeros((side, side, 4), np.uint8)
    centre = round((x - left) * 16), round((y - top) * 16)
    cv2.circle(layer, centre, round(radius * 16), (196, 200, 204, 255), -1, cv2.LINE_AA, 4)
    lit = round((x - left - radius * 0.2) * 16), round((y - top - radius * 0.25) * 16)
    cv2.circle(layer, lit, round(radius * 11), (250, 250, 250, 255), -1, cv2.LINE_AA, 4)
    picture.paint(layer, left, top)


def _paint_shadow(picture: Picture, foot_x: float, foot_y: float, body_px: float, tilt_rad: float) -> None:
    """A soft dark oval under the feet, as flat as the camera is low."""
    wide = 0.34 * body_px
    tall = max(1.0, wide * (0.16 + 0.6 * math.sin(max(0.0, tilt_rad))))
    if wide < 3:
        return
    size = (math.ceil(wide) * 2 + 3, math.ceil(tall) * 2 + 3)
    disc = cv2.resize(_SOFT_DISC, size, interpolation=cv2.INTER_AREA)
    picture.darken(np.asarray(disc, np.uint8), round(foot_x - size[0] / 2), round(foot_y - size[1] / 2))


def _soft_disc() -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    return np.asarray(np.clip(1.25 * (1 - np.hypot(x, y)), 0, 1) * 130, np.uint8)


_SOFT_DISC = _soft_disc()
