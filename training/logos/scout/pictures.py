"""Pictures with logos in them, and where these are."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.pipeline.frames import Image
from training.logos import degrading
from training.logos.classes import SQUARE_PX
from training.logos.degrading import Seen

SIDE_PX = 384
_SMALLEST_PX, _LARGEST_PX = 13.0, 210.0
_CANVAS_PX = 128
_MOST = 9
# Logos cover no more of one another than this.
_COMMON = 0.02


@dataclass(frozen=True, kw_only=True)
class Scenery:
    """`image` (384, 384, 3) BGR and `boxes` (n, 4): left, top, right, bottom of its logos."""

    image: Image
    boxes: NDArray[np.float32]


def draw_scenery(seen: Seen, draw: random.Random) -> Scenery:
    """A ground with none to nine logos on it, and with plain shapes that are none."""
    image = _ground(seen, draw)
    _clutter(image, draw)
    boxes: list[tuple[float, float, float, float]] = []
    for _ in range(draw.choice((0, 2, 4, _MOST))):
        box = _lay(seen, image, boxes, draw)
        if box is not None:
            boxes.append(box)
    return Scenery(image=_camera(image, draw), boxes=np.array(boxes, np.float32).reshape(-1, 4))


def _ground(seen: Seen, draw: random.Random) -> NDArray[np.float32]:
    if draw.random() < 0.12:
        image = np.empty((SIDE_PX, SIDE_PX, 3), np.float32)
        image[:] = [draw.uniform(0, 255) for _ in range(3)]
        return image
    picture = seen.grounds[draw.randrange(len(seen.grounds))]
    height, width = picture.shape[:2]
    side = int(min(height, width) * draw.uniform(0.35, 1.0))
    left, top = draw.randrange(width - side + 1), draw.randrange(height - side + 1)
    part = picture[top : top + side, left : left + side]
    if draw.random() < 0.5:
        part = part[:, ::-1]
    image = np.asarray(cv2.resize(part, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.float32)
    if draw.random() < 0.3:
        image = image * draw.uniform(0.5, 1.3) + draw.uniform(-30, 50)
    return image


def _clutter(image: NDArray[np.float32], draw: random.Random) -> None:
    """Plain boards, discs, lines and polygons: shapes as such are no marks."""
    for _ in range(draw.choice((0, 3, 8))):
        size = math.exp(draw.uniform(2.0, 5.2))
        degrading.paint_shape(image, (draw.uniform(0, SIDE_PX), draw.uniform(0, SIDE_PX)), size, draw)


def _lay(
    seen: Seen, image: NDArray[np.float32], others: list[tuple[float, float, float, float]], draw: random.Random
) -> tuple[float, float, float, float] | None:
    """Paint a logo where there is room for it; its box."""
    kinds = seen.classes.kinds
    place = draw.randrange(len(kinds))
    while kinds[place] == "word" and draw.random() < 0.6:
        place = draw.randrange(len(kinds))
    aspect = float(seen.classes.aspects[place])
    size = math.exp(draw.uniform(math.log(_SMALLEST_PX), math.log(_LARGEST_PX)))
    wide, tall = size * math.sqrt(aspect), size / math.sqrt(aspect)
    room = draw.uniform(0.3, 0.6)
    if max(wide, tall) * (1 + 2 * room) >= SIDE_PX:
        return None
    for _ in range(6):
        left, top = draw.uniform(0, SIDE_PX - wide), draw.uniform(0, SIDE_PX - tall)
        if all(_shared((left, top, left + wide, top + tall), other) < _COMMON for other in others):
            break
    else:
        return None
    x0, y0 = left - wide * room, top - tall * room
    x1, y1 = left + wide * (1 + room), top + tall * (1 + room)
    to_canvas = np.array([(_CANVAS_PX / (x1 - x0), 0, -x0 * _CANVAS_PX / (x1 - x0)),
                          (0, _CANVAS_PX / (y1 - y0), -y0 * _CANVAS_PX / (y1 - y0))])  # fmt: skip
    under = cv2.warpAffine(image, to_canvas, (_CANVAS_PX, _CANVAS_PX), borderMode=cv2.BORDER_REPLICATE)
    cover, ink = degrading.split(seen.classes.pictures[place])
    ink, cover = degrading.coloured(ink, cover, under, draw)
    homography, corners = _placed(aspect, room, draw)
    under = degrading.with_plate(under, ink, cover, homography, draw)
    if draw.random() < 0.15:
        degrading.neighbours(seen, under, homography, draw)
    layer = cv2.warpPerspective(np.concatenate([ink * cover, cover], axis=2), homography, (_CANVAS_PX, _CANVAS_PX))
    laid = layer[..., :3] + under * (1 - layer[..., 3:])
    c0, r0, c1, r1 = max(0, round(x0)), max(0, round(y0)), min(SIDE_PX, round(x1)), min(SIDE_PX, round(y1))
    size_px = max(1, round(x1) - round(x0)), max(1, round(y1) - round(y0))
    small = cv2.resize(laid, size_px, interpolation=cv2.INTER_AREA)
    image[r0:r1, c0:c1] = small[r0 - round(y0) : r1 - round(y0), c0 - round(x0) : c1 - round(x0)]
    low, high = corners.min(axis=0), corners.max(axis=0)
    across, down = (x1 - x0) / _CANVAS_PX, (y1 - y0) / _CANVAS_PX
    return (
        max(0.0, x0 + low[0] * across), max(0.0, y0 + low[1] * down),
        min(float(SIDE_PX), x0 + high[0] * across), min(float(SIDE_PX), y0 + high[1] * down),
    )  # fmt: skip


def _placed(aspect: float, room: float, draw: random.Random) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What brings the square picture into the canvas, turned and in perspective; where its corners come to lie."""
    half = np.array([math.sqrt(aspect), 1 / math.sqrt(aspect)]) / 2
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    turn = math.radians(draw.gauss(0, 7)) if draw.random() < 0.6 else 0.0
    spin = np.array([(math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))])
    squeeze = np.array([draw.uniform(0.55, 1.0), 1.0]) if draw.random() < 0.35 else np.ones(2)
    moved = (corners * squeeze) @ spin.T
    moved = moved / (1 + moved @ np.array([(draw.gauss(0, 0.1), draw.gauss(0, 0.1))]).T)
    placed = (0.5 + moved / (2 * half) / (1 + 2 * room)) * _CANVAS_PX
    source = np.array([(0, 0), (SQUARE_PX, 0), (SQUARE_PX, SQUARE_PX), (0, SQUARE_PX)], np.float32)
    return cv2.getPerspectiveTransform(source, placed.astype(np.float32)), placed


def _shared(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    wide, tall = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, tall) / min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))


def _camera(image: NDArray[np.float32], draw: random.Random) -> Image:
    if draw.random() < 0.45:
        image = np.asarray(cv2.GaussianBlur(image, (0, 0), draw.uniform(0.4, 2.2)), np.float32)
    if draw.random() < 0.3:
        image = image * draw.uniform(0.5, 1.15) + draw.uniform(-10, 40)
    if draw.random() < 0.6:
        noise = np.empty_like(image)
        cv2.randn(noise, 0, draw.uniform(1, 9))
        image = image + noise
    seen = np.clip(image, 0, 255).astype(np.uint8)
    if draw.random() < 0.6:
        _, code = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, draw.randint(35, 92)])
        seen = cv2.imdecode(code, cv2.IMREAD_COLOR)
    return np.asarray(seen, np.uint8)
