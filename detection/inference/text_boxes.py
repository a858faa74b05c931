"""From a map of text probabilities to boxes: the post-processing of a differentiable-binarization network.

Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020: the network marks the shrunk
core of each line; where a core begins is a threshold, the box around it is grown by area × ratio / perimeter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float32]
Corners = NDArray[np.float32]

# Probability from which a pixel is core.
CORE = 0.3
# Cores lower than this many map pixels are specks.
LEAST_CORE_PX = 3.0
# Joins cores that a hair parts. It grows them by a pixel to the right and down, after which the corners of an outline,
# which runs through the middles of pixels, are those of the pixels' edges.
_KERNEL = np.ones((2, 2), np.uint8)


@dataclass(frozen=True, kw_only=True)
class TextBox:
    """A turned rectangle in map pixels: its corners (4, 2), clockwise from the top left, its mean probability, and the
    shorter of its sides."""

    corners: Corners
    score: float
    height_px: float


def text_boxes(
    probabilities: Map,
    *,
    threshold: float,
    unclip_ratio: float,
    core: float = CORE,
    least_core_px: float = LEAST_CORE_PX,
) -> list[TextBox]:
    """Boxes of a map (h, w) whose mean probability is at least `threshold`. `core` is the probability from which a
    pixel belongs to a core, `least_core_px` the least height of one."""
    grown = cv2.dilate((probabilities > core).view(np.uint8), _KERNEL)
    outlines, levels = cv2.findContours(grown, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for place, outline in enumerate(outlines):
        if levels[0][place][3] >= 0:
            continue  # a hole
        centre, (width, height), angle_deg = cv2.minAreaRect(outline)
        if min(width, height) < least_core_px:
            continue
        score = _mean_within(probabilities, _corners(centre, (width, height), angle_deg))
        if score < threshold:
            continue
        room = width * height * unclip_ratio / (width + height)
        box = in_order(_corners(centre, (width + room, height + room), angle_deg))
        found.append(TextBox(corners=box, score=score, height_px=float(min(width, height) + room)))
    return found


def in_order(corners: Corners) -> Corners:
    """The corners of a rectangle clockwise from its top left one: of the two left ones the upper."""
    by_x = corners[np.lexsort((corners[:, 1], corners[:, 0]))]
    left, right = (side[np.lexsort((side[:, 0], side[:, 1]))] for side in (by_x[:2], by_x[2:]))
    return np.array([left[0], right[0], right[1], left[1]], np.float32)


def _corners(centre: Sequence[float], size: tuple[float, float], angle_deg: float) -> Corners:
    return np.asarray(cv2.boxPoints((centre, size, angle_deg)), np.float32)


def _mean_within(probabilities: Map, corners: Corners) -> float:
    height, width = probabilities.shape
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, (width - 1, height - 1))
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(probabilities[top : bottom + 1, left : right + 1], mask)[0])
