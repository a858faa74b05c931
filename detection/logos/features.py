"""Local features: RootSIFT.

Lowe, "Distinctive Image Features from Scale-Invariant Keypoints", IJCV 2004; Arandjelović and Zisserman, "Three things
everyone should know to improve object retrieval", CVPR 2012 (the root).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.pipeline.frames import Image

_MOST = 400
_CONTRAST = 0.02


@dataclass(frozen=True)
class Features:
    """Points (n, 2) in the picture's pixels and their descriptors (n, 128), unit rows."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.float32]


@cache
def _sift(most: int) -> Any:
    return cv2.SIFT_create(nfeatures=most, contrastThreshold=_CONTRAST)  # type: ignore[attr-defined]


def find_features(picture: Image, *, most: int = _MOST) -> Features:
    """The features of a BGR picture, at most so many, the strongest."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    points, descriptors = _sift(most).detectAndCompute(grey, None)
    if descriptors is None or not len(points):
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    root = np.sqrt(descriptors / np.maximum(descriptors.sum(axis=1, keepdims=True), 1e-9))
    return Features(np.array([point.pt for point in points], np.float32), root.astype(np.float32))
