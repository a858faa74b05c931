"""Upright pictures of quadrilateral parts of a frame."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.quads import corners
from detection.records import Quad
from mpr.pipeline.frames import Image


def rectified(image: Image, quad: Quad, *, width_px: int, height_px: int) -> tuple[Image, NDArray[np.float64]]:
    """The quad as an upright picture of the given size, and the transform from frame pixels into it."""
    box = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], np.float32)
    transform = cv2.getPerspectiveTransform(corners(quad), box)
    upright = cv2.warpPerspective(
        image, transform, (width_px, height_px), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return cast(Image, upright), cast("NDArray[np.float64]", transform)
