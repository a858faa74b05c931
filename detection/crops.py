"""Upright pictures of boxes, as text readers take them.

Boxes are rectangles, turned to the line of their text. Of boards that run into the depth of the picture the line is
slanted but the letters stand upright, so that in the rectangle they lean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np

from detection.quads import corners, grown, quad_of, sides
from detection.records import Quad
from detection.zoom import rectified
from mpr.pipeline.frames import Image

Turn = Literal["off", "left", "right", "both"]
Enlarge = Literal["linear", "cubic"]

_ENLARGE: dict[Enlarge, int] = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a crop shall be: its height, its greatest width, the room around the box as a share of its shorter side, and
    how it is enlarged."""

    height_px: int
    max_width_px: int = 1600
    margin_share: float = 0.0
    enlarge: Enlarge = "linear"


# Below this slant in degrees leaning letters are read as well; above it a box is hardly a line of text.
_LEAST_SLANT_DEG, _MOST_SLANT_DEG = 8.0, 45.0
# Cosine up to which an angle counts as a right one.
_SQUARE = 0.05
# Strokes must stand out by so much more for a box to be sheared.
_CLEARER = 1.02
_STROKE_BLUR_PX = 1.5


def in_reading_order(quad: Quad, *, tall_ratio: float = 1.5, turn: Turn = "left") -> list[Quad]:
    """The quad as it is, or begun at another corner when it is so many times higher than wide and holds tall text that
    is to be turned. With "both" there are two: for text that runs down and for text that runs up."""
    width, height = sides(quad)
    if turn == "off" or height < tall_ratio * width:
        return [quad]
    top_left, top_right, bottom_right, bottom_left = quad
    down = top_right, bottom_right, bottom_left, top_left
    up = bottom_left, top_left, top_right, bottom_right
    return {"left": [down], "right": [up], "both": [down, up]}[turn]


def sheared(quad: Quad) -> Quad | None:
    """A slanted rectangle as the parallelogram within it whose short sides are vertical; None for one that is hardly
    slanted, or too much to be a line of text, or too short, and for what is no rectangle."""
    a, b, c, d = corners(quad)
    along = b - a
    width, height = sides(quad)
    if min(width, height) <= 0 or abs(float(along @ (d - a))) > _SQUARE * width * height:
        return None
    slant = math.atan2(float(along[1]), float(along[0]))
    if not _LEAST_SLANT_DEG <= abs(math.degrees(slant)) <= _MOST_SLANT_DEG:
        return None
    step = height * math.tan(slant)
    if abs(step) > width / 2:
        return None
    shift = along / width * step
    return quad_of((a, b - shift, c, d + shift) if step > 0 else (a - shift, b, c + shift, d))


def strokes(image: Image) -> float:
    """How much upright strokes stand out in an upright BGR picture of text: the mean square of its columns' edges over
    the square of their mean. Letters that lean smear theirs over more columns (Bozinovic and Srihari 1989)."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), _STROKE_BLUR_PX)
    columns = np.abs(grey[:, 2:] - grey[:, :-2]).sum(axis=0)
    mean = float(columns.mean()) if columns.size else 0.0
    return float((columns**2).mean()) / mean**2 if mean > 0 else 0.0


def deslanted(image: Image, quad: Quad, shape: Shape) -> Image:
    """The quad upright, or where its letters lean in that and stand upright in the frame the picture of them."""
    crop = upright(image, quad, shape)
    standing = sheared(quad)
    if standing is None:
        return crop
    other = upright(image, standing, shape)
    return other if strokes(other) > _CLEARER * strokes(crop) else crop


def upright(image: Image, quad: Quad, shape: Shape) -> Image:
    """The quad with its margin, perspective undone, at one height.

    It is cut out at its own size first and scaled then, which reads better than one step to the final size.
    """
    width, height = sides(quad)
    outline = grown(quad, shape.margin_share * min(width, height)) if shape.margin_share else quad
    width, height = sides(outline)
    cut, _ = rectified(image, quad_of(outline), width_px=max(1, int(width)), height_px=max(1, int(height)))
    scale = shape.height_px / cut.shape[0]
    size = (min(shape.max_width_px, max(1, round(cut.shape[1] * scale))), shape.height_px)
    return cast(Image, cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 0.5 else _ENLARGE[shape.enlarge]))
