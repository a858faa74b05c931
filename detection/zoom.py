"""Upright pictures of quadrilateral parts of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.quads import corners, grown, sides
from detection.records import Quad
from mpr.pipeline.frames import Image

# Room around a board, as a share of its height: its hint follows the edges, and its text may touch them.
_MARGIN_SHARE = 0.25


@dataclass(frozen=True, kw_only=True)
class Zoom:
    """An upright picture of a part of a frame, how much it is enlarged, and the way back into the frame."""

    image: Image
    scale: float
    back: NDArray[np.float64]

    def to_frame(self, quad: Quad) -> Any:
        """Four points of the zoomed picture in frame pixels, (4, 2)."""
        return cv2.perspectiveTransform(corners(quad)[None], self.back)[0]


def rectified(image: Image, quad: Quad, *, width_px: int, height_px: int) -> tuple[Image, NDArray[np.float64]]:
    """The quad as an upright picture of the given size, and the transform from frame pixels into it."""
    box = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], np.float32)
    transform = cv2.getPerspectiveTransform(corners(quad), box)
    upright = cv2.warpPerspective(
        image, transform, (width_px, height_px), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cast(Image, upright), cast("NDArray[np.float64]", transform)


def zoomed(image: Image, quad: Quad, *, height_px: int, max_width_px: int) -> Zoom:
    """The quad with some room around it, upright, so that the quad itself is `height_px` high unless that makes it
    wider than `max_width_px`."""
    _, quad_height = sides(quad)
    outline = grown(quad, _MARGIN_SHARE * quad_height)
    width, height = sides(outline)
    scale = min(height_px / quad_height, max_width_px / width)
    upright, transform = rectified(
        image, outline, width_px=max(1, round(width * scale)), height_px=max(1, round(height * scale))
    )
    return Zoom(image=upright, scale=scale, back=np.linalg.inv(transform).astype(np.float64))
