"""Where a logo may be: few regions, found fast.

Marks are printed in a tone or a colour that differs from what is around them. Connected parts of what stands out from
its surroundings at several sizes, in lightness both ways and in colour, are taken, together with the panels that they
stand on, with neighbours joined, and with the boxes that are known (text, objects). The best by how much they stand out
from their surroundings are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.quads import rectangle, sides
from detection.records import Quad
from mpr.pipeline.frames import Image

Kind = Literal["shape", "box"]

# How far around the mean is taken that a pixel must differ from, as shares of the working height.
_SURROUNDINGS = (0.06, 0.2)
# In grey levels of CIELAB (0 to 255).
_STEPS = (7, 20)
_LONGEST = 9.0
_SAME = 0.8


@dataclass(frozen=True, kw_only=True)
class Region:
    """A place that may show a logo: its outline in the image and what it was found as ("box": given)."""

    quad: Quad
    kind: Kind


@dataclass(frozen=True, kw_only=True)
class ProposalConfig:
    """`height_px` is the height that pictures are worked on at, `least_px` the least shorter side of a region in pixels
    of the image, `most` how many regions are kept, `room` what a region is larger than its ink by, as a share."""

    height_px: int = 480
    least_px: float = 16.0
    most: int = 200
    room: float = 0.04


def propose(image: Image, boxes: Sequence[Quad], config: ProposalConfig = ProposalConfig()) -> list[Region]:
    """Regions of a BGR picture, the likeliest first; the same picture and boxes give the same regions."""
    scale = min(1.0, config.height_px / image.shape[0])
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2LAB), np.uint8)
    found = np.concatenate([_parts(mask) for mask in _masks(lab)] or [np.zeros((0, 4))])
    found = _sized(found, least_px=config.least_px * scale, size=size)
    order = np.argsort(-_contrasts(found, lab), kind="stable")
    kept = _distinct(found[order], config.most)
    regions = [Region(quad=quad, kind="box") for quad in boxes if min(sides(quad)) >= config.least_px]
    for x0, y0, x1, y1 in kept / scale:
        across, down = (x1 - x0) * config.room, (y1 - y0) * config.room
        quad = rectangle(
            round(max(0.0, x0 - across), 2), round(max(0.0, y0 - down), 2),
            round(min(image.shape[1], x1 + across), 2), round(min(image.shape[0], y1 + down), 2),
        )  # fmt: skip
        regions.append(Region(quad=quad, kind="shape"))
    return regions[: config.most]


def _masks(lab: Image) -> Iterator[NDArray[np.uint8]]:
    """What stands out: lighter, darker, or of another colour than its surroundings."""
    for share in _SURROUNDINGS:
        side = max(3, round(lab.shape[0] * share)) | 1
        around = cv2.blur(lab, (side, side)).astype(np.int16)
        step = lab.astype(np.int16) - around
        colour = np.abs(step[..., 1:]).max(axis=2)
        for least in _STEPS:
            yield np.asarray(step[..., 0] > least, np.uint8)
            yield np.asarray(step[..., 0] < -least, np.uint8)
            yield np.asarray(colour > least * 0.6, np.uint8)


def _parts(mask: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Boxes (n, 4: left, top, right, bottom) of the connected parts of a mask, and of those of the mask closed."""
    boxes = []
    for grown in (mask, cv2.dilate(mask, np.ones((3, 7), np.uint8))):
        _, _, stats, _ = cv2.connectedComponentsWithStats(grown, connectivity=8)
        left, top, wide, tall = (stats[1:, place].astype(np.float64) for place in range(4))
        boxes.append(np.stack([left, top, left + wide, top + tall], axis=1))
    return np.concatenate(boxes)


def _sized(found: NDArray[np.float64], *, least_px: float, size: tuple[int, int]) -> NDArray[np.float64]:
    wide, tall = found[:, 2] - found[:, 0], found[:, 3] - found[:, 1]
    shorter, longer = np.minimum(wide, tall), np.maximum(wide, tall)
    fits = (shorter >= least_px) & (longer <= shorter * _LONGEST) & (wide <= 0.8 * size[0]) & (tall <= 0.9 * size[1])
    return found[fits]


def _contrasts(found: NDArray[np.float64], lab: Image) -> NDArray[np.float64]:
    """The standard deviation of lightness and colour within each box, less that of a smooth run of light."""
    values = lab.astype(np.float64)
    sums = np.asarray(cv2.integral(values), np.float64)
    squares = np.asarray(cv2.integral(values**2), np.float64)
    x0, y0, x1, y1 = (found[:, place].astype(int) for place in range(4))
    area = ((x1 - x0) * (y1 - y0)).astype(np.float64)[:, None]

    def total(table: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(table[y1, x1] - table[y0, x1] - table[y1, x0] + table[y0, x0])

    mean = total(sums) / area
    return np.asarray(np.sqrt(np.maximum(total(squares) / area - mean**2, 0)).sum(axis=1))


def _distinct(found: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """The first boxes that do not nearly equal an earlier one."""
    kept: list[int] = []
    areas = (found[:, 2] - found[:, 0]) * (found[:, 3] - found[:, 1])
    for place, box in enumerate(found):
        if kept:
            others = found[kept]
            wide = np.minimum(others[:, 2], box[2]) - np.maximum(others[:, 0], box[0])
            tall = np.minimum(others[:, 3], box[3]) - np.maximum(others[:, 1], box[1])
            shared = np.maximum(wide, 0) * np.maximum(tall, 0)
            if (shared / (areas[kept] + areas[place] - shared)).max() > _SAME:
                continue
        kept.append(place)
        if len(kept) == most:
            break
    return found[kept]
