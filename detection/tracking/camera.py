"""How the camera moves from picture to picture, estimated from the pictures.

Corners (Shi and Tomasi 1994) are followed by pyramidal Lucas-Kanade flow (Bouguet 2000) and back again; what does not
come back where it began is dropped. A similarity is fitted to the rest by RANSAC, so that what moves on its own does
not count. Several pictures are stepped over at once, and fewer where that fails; a camera that is swung around is
followed by phase correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.tracking.strip import Strip
from mpr.pipeline.frames import Image

Points = NDArray[np.float64]

_CORNERS = 80
_CORNER_QUALITY = 0.01
_CORNER_DISTANCE_PX = 7
_BLOCK_PX = 5
_FLOW_WINDOW_PX = (15, 15)
_FLOW_LEVELS = 3
_BACK_PX = 0.7
_FIT_PX = 1.0
# A step is believed when so many corners, and this share of all that were looked for, agree on it.
_LEAST_AGREED = 10
_LEAST_SHARE = 0.3
# Below that nothing in the picture moves by as much as can be measured.
_STILL_PX = 0.1
# A correlation peak that is no chance, as a share of all.
_LEAST_PEAK = 0.1
# Steps whose pictures are read at once.
_AHEAD = 8


@dataclass(frozen=True)
class Similarity:
    """z → turn · z + shift, on points as complex numbers: a turn, a scale and a shift."""

    turn: complex = 1 + 0j
    shift: complex = 0j

    def then(self, after: Similarity) -> Similarity:
        return Similarity(after.turn * self.turn, after.turn * self.shift + after.shift)

    def back(self) -> Similarity:
        return Similarity(1 / self.turn, -self.shift / self.turn)

    def part(self, share: float) -> Similarity:
        """The same movement, carried out to this share."""
        turn = self.turn**share
        if abs(self.turn - 1) < 1e-9:
            return Similarity(turn, self.shift * share)
        return Similarity(turn, self.shift * (turn - 1) / (self.turn - 1))

    def move(self, points: Points) -> Points:
        """Points (…, 2) where they have gone."""
        across, down = self.turn.real, self.turn.imag
        moved = points @ np.array([[across, down], [-down, across]]) + (self.shift.real, self.shift.imag)
        return np.asarray(moved, np.float64)

    def farthest_px(self, width_px: int, height_px: int) -> float:
        """How far the corner of a picture that moves most has moved."""
        corners = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], np.float64)
        return float(np.linalg.norm(self.move(corners) - corners, axis=1).max())


STILL = Similarity()


class Camera:
    """The movement of the picture within one shot, worked out where it is asked for. `pictures` are the shot's numbers
    in the strip, `stride` is how many are stepped over at once."""

    def __init__(self, strip: Strip, pictures: range, *, stride: int) -> None:
        self._strip = strip
        self._pictures = pictures
        self._stride = stride
        self._steps: dict[int, Similarity] = {}

    def between(self, start: int, end: int) -> Similarity:
        """Where what stands still in the world goes from picture `start` to picture `end`, in pixels of the strip."""
        if end < start:
            return self.between(end, start).back()
        moved = STILL
        for number in range(start, end):
            if number not in self._steps:
                self._measure_around(number)
            moved = moved.then(self._steps[number])
        return moved

    def _measure_around(self, number: int) -> None:
        """Steps lie on a grid that begins with the shot, so that what is measured does not depend on who asks."""
        first = self._pictures.start + (number - self._pictures.start) // self._stride * self._stride
        ahead = range(first, min(first + _AHEAD * self._stride + 1, self._pictures.stop), self._stride)
        self._strip.load(ahead)
        self._measure(first, min(first + self._stride, self._pictures.stop - 1))

    def _measure(self, start: int, end: int) -> None:
        before, after = self._strip.picture(start), self._strip.picture(end)
        moved = movement(before, after)
        if moved is None and end - start > 1:
            middle = (start + end) // 2
            self._measure(start, middle)
            self._measure(middle, end)
            return
        step = (moved or jump(before, after) or STILL).part(1 / (end - start))
        self._steps.update(dict.fromkeys(range(start, end), step))


def movement(before: Image, after: Image) -> Similarity | None:
    """How the world moves from one grey picture to another; None when too little agrees on it."""
    corners: Any = cv2.goodFeaturesToTrack(before, _CORNERS, _CORNER_QUALITY, _CORNER_DISTANCE_PX, blockSize=_BLOCK_PX)
    if corners is None or len(corners) < _LEAST_AGREED:
        return None
    there, found = _flow(before, after, corners)
    back, found_back = _flow(after, before, there)
    sure = (found.ravel() == 1) & (found_back.ravel() == 1)
    sure &= np.linalg.norm(back - corners, axis=2).ravel() < _BACK_PX
    least = max(_LEAST_AGREED, _LEAST_SHARE * len(corners))
    if sure.sum() < least:
        return None
    fitted: Any
    fitted, agreed = cv2.estimateAffinePartial2D(corners[sure], there[sure], ransacReprojThreshold=_FIT_PX)
    if fitted is None or agreed.sum() < least:
        return None
    moved = Similarity(complex(fitted[0, 0], fitted[1, 0]), complex(fitted[0, 2], fitted[1, 2]))
    height_px, width_px = before.shape
    return STILL if moved.farthest_px(width_px, height_px) < _STILL_PX else moved


def jump(before: Image, after: Image) -> Similarity | None:
    """The shift from one grey picture to another when it is too wide for corners to be followed, by phase correlation
    (Kuglin and Hines 1975); None when the pictures have little in common."""
    height_px, width_px = before.shape
    (dx, dy), peak = cv2.phaseCorrelate(
        before.astype(np.float32), after.astype(np.float32), cv2.createHanningWindow((width_px, height_px), cv2.CV_32F)
    )
    return Similarity(shift=complex(dx, dy)) if peak >= _LEAST_PEAK else None


def _flow(before: Any, after: Any, points: Any) -> tuple[Any, Any]:
    """Where points have gone, and whether each was found."""
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, np.empty_like(points), winSize=_FLOW_WINDOW_PX, maxLevel=_FLOW_LEVELS
    )
    return there, found
