"""Upright pictures of boxes, as text readers take them."""

from __future__ import annotations

from typing import Literal, cast

import cv2

from detection.quads import grown, quad_of, sides
from detection.records import Quad
from detection.zoom import rectified
from mpr.pipeline.frames import Image

Turn = Literal["off", "left", "right"]
Enlarge = Literal["linear", "cubic"]

_ENLARGE: dict[Enlarge, int] = {"linear": cv2.INTER_LINEAR, "cubic": cv2.INTER_CUBIC}


def in_reading_order(quad: Quad, *, tall_ratio: float = 1.5, turn: Turn = "left") -> Quad:
    """The quad as it is, or begun at another corner when it is so many times higher than wide and holds tall text that
    is to be turned."""
    width, height = sides(quad)
    if turn == "off" or height < tall_ratio * width:
        return quad
    top_left, top_right, bottom_right, bottom_left = quad
    if turn == "left":
        return top_right, bottom_right, bottom_left, top_left
    return bottom_left, top_left, top_right, bottom_right


def upright(
    image: Image,
    quad: Quad,
    *,
    height_px: int,
    max_width_px: int = 1600,
    margin_share: float = 0.0,
    enlarge: Enlarge = "linear",
) -> Image:
    """The quad with a margin (a share of its shorter side), perspective undone, at one height.

    It is cut out at its own size first and scaled then, which reads better than one step to the final size.
    """
    width, height = sides(quad)
    outline = grown(quad, margin_share * min(width, height)) if margin_share else quad
    width, height = sides(outline)
    cut, _ = rectified(image, quad_of(outline), width_px=max(1, int(width)), height_px=max(1, int(height)))
    size = (min(max_width_px, max(1, round(cut.shape[1] * height_px / cut.shape[0]))), height_px)
    shrinks_much = cut.shape[0] > 2 * height_px
    return cast(Image, cv2.resize(cut, size, interpolation=cv2.INTER_AREA if shrinks_much else _ENLARGE[enlarge]))
