"""Classes and grounds drawn by hand."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detection.sample.icons import ICONS, draw_icon
from training.logos.classes import SQUARE_PX, Classes
from training.logos.degrading import Seen


@pytest.fixture(scope="module")
def seen() -> Seen:
    """Signs of the sample broadcast as classes of all kinds, on noise."""
    covers = [draw_icon(name, SQUARE_PX) for name in ICONS] * 20
    pictures = [np.dstack([np.full((SQUARE_PX, SQUARE_PX, 3), 40, np.uint8), cover]) for cover in covers]
    count = len(covers)
    kinds = np.array(["logo", "sign", "word", "logo"] * (count // 4))
    classes = Classes(
        pictures=np.stack(pictures), aspects=np.ones(count, np.float32),
        brands=np.array([f"{ICONS[place % len(ICONS)]} {place}" for place in range(count)]), kinds=kinds,
    )  # fmt: skip
    rng = np.random.default_rng(2)
    ground = cv2.GaussianBlur(rng.integers(0, 255, (200, 300, 3), dtype=np.uint8), (0, 0), 3)
    return Seen(classes=classes, grounds=[ground])
