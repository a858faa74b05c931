"""Cutting regions out of frames: the small squashed crop that the network reads, and the sharper one that geometry
is checked on."""

from __future__ import annotations

import cv2
import numpy as np

from detection.quads import bounds, corners, sides
from detection.records import Quad
from mpr.pipeline.frames import Image

# Pictures that geometry is checked on have the area of a square of this side; long ones are no longer than the second.
_CHECK_PX, _LONGEST_PX = 120.0, 300.0
ROOM = 0.15
"""Room around a region in a crop that geometry is checked on, as a share of its sides: boxes cut corners off."""
_UPRIGHT_PX = 0.6


def cut(image: Image, quad: Quad) -> Image:
    """What lies within a quad, set upright, in the pixels of the image (BGR). What lies outside the image repeats the
    image's border."""
    if _is_upright(quad):
        height, width = image.shape[:2]
        left, top, right, bottom = bounds(quad)
        x0, y0 = min(max(0, round(left)), width - 1), min(max(0, round(top)), height - 1)
        x1, y1 = min(max(x0 + 1, round(right)), width), min(max(y0 + 1, round(bottom)), height)
        return image[y0:y1, x0:x1]
    wide, tall = (max(1, round(side)) for side in sides(quad))
    target = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
    turn = cv2.getPerspectiveTransform(corners(quad), target)
    return np.asarray(cv2.warpPerspective(image, turn, (wide, tall), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def roomy(quad: Quad, room: float = ROOM) -> Quad:
    """The quad, larger on every side by a share of its sides."""
    points = corners(quad)
    centre = points.mean(axis=0)
    grown = centre + (points - centre) * (1 + 2 * room)
    a, b, c, d = ((round(float(x), 2), round(float(y), 2)) for x, y in grown)
    return a, b, c, d


def check_crop(image: Image, quad: Quad) -> tuple[Image, float]:
    """The crop that geometry is checked on, and how many of its pixels make one pixel of the image. It has room around
    the quad."""
    crop = cut(image, roomy(quad))
    scale = check_scale(crop)
    return scaled(crop, scale), scale


def check_scale(picture: Image) -> float:
    """What brings a picture to the size that geometry is checked at."""
    height, width = picture.shape[:2]
    return float(min(_CHECK_PX / np.sqrt(width * height), _LONGEST_PX / max(width, height)))


def scaled(picture: Image, scale: float) -> Image:
    """The picture larger or smaller; shrinking averages, enlarging is cubic."""
    height, width = picture.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), np.uint8)


def squashed(picture: Image, side_px: int) -> Image:
    """The picture in a square of that side, whatever its shape was."""
    height, width = picture.shape[:2]
    how = cv2.INTER_AREA if min(height, width) > side_px else cv2.INTER_LINEAR
    if max(height, width) > side_px > min(height, width):
        # One side shrinks and must be averaged, the other grows.
        first = (side_px, height) if width > side_px else (width, side_px)
        picture = np.asarray(cv2.resize(picture, first, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.resize(picture, (side_px, side_px), interpolation=how), np.uint8)


def _is_upright(quad: Quad) -> bool:
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = quad
    return max(abs(ay - by), abs(cy - dy), abs(ax - dx), abs(bx - cx)) <= _UPRIGHT_PX
