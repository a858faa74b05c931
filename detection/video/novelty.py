"""Whether a picture shows something new."""

from __future__ import annotations

import cv2
import numpy as np

from detection.video.cuts import largest_change, mean_change
from mpr.pipeline.frames import Image

_TINY_PX = (32, 18)
# Cuts change the tiny picture by 10 grey levels and more on the mean, camera movement by less than 5.
_HARD_CHANGE = 6.0


class HardChanges:
    """Tells cuts, flashes and the fastest movements in a strip of small pictures. It rather finds one too many."""

    def __init__(self) -> None:
        self._before: Image | None = None

    def add(self, picture: Image) -> bool:
        """Whether this is quite another picture than the one before it; the first one is."""
        # Halving is so much faster than other factors that two steps more cost less.
        tiny = np.asarray(cv2.resize(_halved(_halved(picture)), _TINY_PX, interpolation=cv2.INTER_AREA), np.uint8)
        before, self._before = self._before, tiny
        return before is None or mean_change(before, tiny) >= _HARD_CHANGE


class Repeats:
    """Tells sampled pictures that show the same as the last one that did not."""

    def __init__(self, *, least_change: float, max_gap_s: float) -> None:
        """`least_change` grey levels in any spot make a picture new, and so does a gap of `max_gap_s`."""
        self._least_change = least_change
        self._max_gap_s = max_gap_s
        self._new: tuple[float, Image] | None = None

    def add(self, time_s: float, picture: Image, *, surely_new: bool) -> bool:
        """Whether the picture is a repeat. It is compared with the last new one and not with the one before it, so that
        slow change adds up."""
        grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        if not surely_new and self._new is not None:
            new_s, new = self._new
            if time_s - new_s < self._max_gap_s - 1e-6 and largest_change(new, grey) < self._least_change:
                return True
        self._new = (time_s, grey)
        return False


def _halved(picture: Image) -> Image:
    height_px, width_px = picture.shape[:2]
    size = (max(1, width_px // 2), max(1, height_px // 2))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
