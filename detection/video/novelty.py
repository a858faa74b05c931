"""Whether a small grey picture shows something new."""

from __future__ import annotations

import cv2
import numpy as np

from detection.video.cuts import largest_change, mean_change
from mpr.pipeline.frames import Image

# Points are taken out of the picture, not averages: that costs a tenth.
_POINTS_PX = (32, 18)
# Cuts change them by 16 grey levels and more on the mean, fast pans by up to 11.
_HARD_CHANGE = 12.0


class HardChanges:
    """Tells cuts, flashes and the fastest movements in a strip of small pictures."""

    def __init__(self) -> None:
        self._before: Image | None = None

    def add(self, picture: Image) -> bool:
        """Whether this is quite another picture than the one before it; the first one is."""
        points = np.asarray(cv2.resize(picture, _POINTS_PX, interpolation=cv2.INTER_LINEAR), np.uint8)
        before, self._before = self._before, points
        return before is None or mean_change(before, points) >= _HARD_CHANGE


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
        if not surely_new and self._new is not None:
            new_s, new = self._new
            if time_s - new_s < self._max_gap_s - 1e-6 and largest_change(new, picture) < self._least_change:
                return True
        self._new = (time_s, picture)
        return False
