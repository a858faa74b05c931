"""Where in the picture of a text line its letters are.

Text detectors leave room around letters, the more the smaller the text: their outlines have about twice the area of
what is written. Letters have edges and the room around them has not.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.pipeline.frames import Image

# Left, top, right, bottom as shares of width and height.
Bounds = tuple[float, float, float, float]

# Rows and columns belong to the letters when they have this share of the edges of those that have many.
_EDGES_SHARE = 0.25
_MANY_PERCENT = 85
# Room is at most this share of the height; what has fewer edges and is more is part of the logo.
_MOST_ROOM = 0.36
_LEAST_PX = 4
_EVEN = np.full(3, 1 / 3, np.float32)


def letters(grey: Image) -> Bounds:
    """What of an upright grey picture (h, w) of a line of text is its letters. A picture without edges is given back
    whole."""
    height, width = grey.shape
    if width < _LEAST_PX or height < _LEAST_PX:
        return 0.0, 0.0, 1.0, 1.0
    soft = cv2.GaussianBlur(grey, (3, 3), 0).astype(np.float32)
    edges = np.abs(np.diff(soft, axis=1))
    room = _MOST_ROOM * height
    top, bottom = _extent(edges.mean(axis=1), room)
    left, right = _extent(edges[top:bottom].mean(axis=0), room)
    # An edge lies between two columns.
    right = min(width, right + 1) if right < width - 1 else width
    return left / width, top / height, right / width, bottom / height


def _extent(edges: NDArray[np.float32], room: float) -> tuple[int, int]:
    """From the first to behind the last place with edges enough, leaving out no more than `room` at either end."""
    count = len(edges)
    smooth = np.convolve(edges, _EVEN, "same")
    there = np.flatnonzero(smooth >= _EDGES_SHARE * _percentile(smooth, _MANY_PERCENT))
    return min(int(there[0]), int(room)), max(int(there[-1]) + 1, count - int(room))


def _percentile(values: NDArray[np.float32], percent: float) -> float:
    """As numpy's, which takes ten times as long for so few values."""
    ordered = np.sort(values)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(ordered) - 1)])
    return low + (high - low) * (place - below)


def within(corners: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    """The part of a quad (4, 2), begun at its upper left corner, between shares of its width and height."""
    left, top, right, bottom = bounds

    def point(x: float, y: float) -> NDArray[np.float64]:
        upper = corners[0] + (corners[1] - corners[0]) * x
        lower = corners[3] + (corners[2] - corners[3]) * x
        return cast("NDArray[np.float64]", upper + (lower - upper) * y)

    return np.array([point(left, top), point(right, top), point(right, bottom), point(left, bottom)])
