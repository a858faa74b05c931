"""How clear a picture of text is."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from mpr.pipeline.frames import Image

# Height at which sharpness is compared.
_SHARPNESS_HEIGHT_PX = 48


def sharpness(grey: Image) -> float:
    """Variance of the Laplacian at 48 px height (Pech-Pacheco et al. 2000): high for crisp, low for blurred."""
    height, width = grey.shape
    if height != _SHARPNESS_HEIGHT_PX:
        size = (max(1, round(width * _SHARPNESS_HEIGHT_PX / height)), _SHARPNESS_HEIGHT_PX)
        grey = cast(Image, cv2.resize(grey, size, interpolation=cv2.INTER_LINEAR))
    return round(float(np.var(cv2.Laplacian(grey, cv2.CV_32F))), 2)


def contrast(grey: Image) -> float:
    """Standard deviation of the brightness, 0 to 1."""
    return round(float(grey.std()) / 255, 4)
