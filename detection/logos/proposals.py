"""Where a logo may be: few regions, found fast.

A small network, the scout, says where marks may be. Beside it stand the parts of the picture that sharp edges enclose,
for what the scout does not know, and the boxes that others have found (text).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.scout import Boxes, Scout, distinct
from detection.quads import rectangle, sides
from detection.records import Quad
from mpr.pipeline.frames import Image

Kind = Literal["mark", "shape", "box"]

# Steps of CIELAB (0 to 255) from one pixel to its neighbours that are edges.
_EDGE_STEPS = (12, 24, 48)
_LONGEST = 8.0
_SAME = 0.7


@dataclass(frozen=True, kw_only=True)
class Region:
    """A place that may show a logo: its outline in the image and what it was found as: "mark" by the scout, "shape" by
    its edges, "box" as given."""

    quad: Quad
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class ProposalConfig:
    """`height_px` is the height that pictures are worked on at, `least_px` the least shorter side of a region in pixels
    of the image, `most` how many are kept beside the given boxes, `most_marks` how many of them the scout may name,
    `least_chance` how likely it must hold a mark to be."""

    height_px: int = 576
    least_px: float = 14.0
    most: int = 112
    most_marks: int = 80
    least_chance: float = 0.06


def propose(
    image: Image, boxes: Sequence[Quad], config: ProposalConfig | None = None, scout: Scout | None = None
) -> list[Region]:
    """Regions of a BGR picture: given boxes, then what the scout finds (if there is one), then shapes, each the
    likeliest first. The same picture and boxes give the same regions."""
    config = config or ProposalConfig()
    scale = min(1.0, config.height_px / image.shape[0])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    regions = [Region(quad=quad, kind="box") for quad in boxes if min(sides(quad)) >= config.least_px]
    marks = np.zeros((0, 4))
    if scout is not None:
        marks = _sized(_marks(small, scout, config), config.least_px * scale, size)[: config.most_marks]
    half = np.asarray(cv2.resize(small, (-(-size[0] // 2), -(-size[1] // 2)), interpolation=cv2.INTER_AREA), np.uint8)
    shapes = _enclosed(half)
    shapes = _sized(shapes[np.argsort(-_contrasts(shapes, half), kind="stable")] * 2, config.least_px * scale, size)
    both = np.concatenate([marks, shapes])
    kept = distinct(both, _SAME, config.most)
    for place in kept:
        x0, y0, x1, y1 = (round(float(value), 2) for value in both[place] / scale)
        regions.append(Region(quad=rectangle(x0, y0, x1, y1), kind="mark" if place < len(marks) else "shape"))
    return regions


def _marks(picture: Image, scout: Scout, config: ProposalConfig) -> Boxes:
    """What the scout finds in the picture and, for large marks, in the picture at half size."""
    height, width = picture.shape[:2]
    half = cv2.resize(picture, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    near, near_chances = scout.look(picture, least=config.least_chance)
    far, far_chances = scout.look(np.asarray(half, np.uint8), least=config.least_chance)
    boxes = np.concatenate([near, far * 2])[np.argsort(-np.concatenate([near_chances, far_chances]), kind="stable")]
    return boxes[distinct(boxes, _SAME)]


def _enclosed(picture: Image) -> Boxes:
    """Boxes of the connected parts of edges, at several strengths."""
    lab = cv2.cvtColor(picture, cv2.COLOR_BGR2LAB)
    light, a, b = cv2.split(cv2.morphologyEx(lab, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)))
    steps = np.asarray(cv2.max(light, cv2.max(a, b)), np.uint8)
    boxes = [np.zeros((0, 4))]
    for least in _EDGE_STEPS:
        _, _, stats, _ = cv2.connectedComponentsWithStats(np.asarray(steps > least, np.uint8), connectivity=8)
        left, top, wide, tall = (stats[1:, place].astype(np.float64) for place in range(4))
        boxes.append(np.stack([left, top, left + wide, top + tall], axis=1))
    return np.concatenate(boxes)


def _sized(found: Boxes, least_px: float, size: tuple[int, int]) -> Boxes:
    wide, tall = found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]
    shorter, longer = np.minimum(wide, tall), np.maximum(wide, tall)
    fits = (shorter >= least_px) & (longer <= shorter * _LONGEST) & (wide <= 0.95 * size[0]) & (tall <= 0.95 * size[1])
    return found[fits]


def _contrasts(found: Boxes, picture: Image) -> NDArray[np.float64]:
    """How much the tones within each box vary."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    sums, squares = (np.asarray(table, np.float64) for table in cv2.integral2(grey))
    x0, y0, x1, y1 = (found[:, place].astype(int) for place in range(4))
    area = ((x1 - x0) * (y1 - y0)).astype(np.float64)

    def total(table: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0])

    mean = total(sums) / area
    return np.asarray(np.sqrt(np.maximum(total(squares) / area - mean**2, 0)))
