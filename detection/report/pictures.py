"""Evidence pictures: the frame with the polygon drawn in, and what lies inside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

import cv2
import numpy as np

from detection.records import Point
from mpr.pipeline.frames import Image, encode_jpeg

# Yellow on black is seen on any picture. BGR.
_LINE = (0, 220, 255)
_EDGE = (0, 0, 0)


def frame_jpeg(image: Image, polygon: Sequence[Point], *, width_px: int, quality: int) -> bytes:
    """The whole frame, at most `width_px` wide, with the normalised polygon, where it has any corner, outlined."""
    small = _shrunk(image, width_px)
    height, width = small.shape[:2]
    drawn = np.ascontiguousarray(small).copy()
    # Coordinates carry four fractional bits.
    points = np.rint(np.array(polygon, float).reshape(-1, 2) * (width, height) * 16).astype(np.int32)
    for colour, thickness in ((_EDGE, 4), (_LINE, 2)) if len(polygon) else ():
        cv2.polylines(drawn, [points], True, colour, thickness, cv2.LINE_AA, 4)
    return encode_jpeg(drawn, quality=quality)


def crop_jpeg(image: Image, polygon: Sequence[Point], *, width_px: int, quality: int) -> bytes:
    """The polygon's bounding box with a margin around it, at most `width_px` wide."""
    height, width = image.shape[:2]
    corners = np.array(polygon, float)
    margin = 0.15 * (corners[:, 1].max() - corners[:, 1].min()) * height + 2
    left, top = np.maximum(0, corners.min(axis=0) * (width, height) - margin)
    right, bottom = np.minimum((width, height), corners.max(axis=0) * (width, height) + margin)
    return encode_jpeg(_shrunk(image[floor(top) : ceil(bottom), floor(left) : ceil(right)], width_px), quality=quality)


def _shrunk(image: Image, width_px: int) -> Image:
    height, width = image.shape[:2]
    if width <= width_px:
        return image
    size = (width_px, max(1, round(height * width_px / width)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
