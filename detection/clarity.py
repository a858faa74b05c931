"""How clear a picture of text or of a logo is."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from mpr.pipeline.frames import Image

# Height at which sharpness is compared.
_SHARPNESS_HEIGHT_PX = 48


def clearest(picture: Image) -> Image:
    """Of a BGR picture's brightness and its three colours the one that varies most, (h, w): a red sign on blue is clear
    though both are as bright."""
    tones = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), *cv2.split(picture)]
    return np.asarray(max(tones, key=lambda tone: float(tone.std())), np.uint8)


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
