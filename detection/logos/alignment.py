"""Whether an exemplar, laid upon a crop and shifted until it fits best, looks like it: for shapes too plain for local
features.

Evangelidis and Psarakis, "Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization", TPAMI 2008.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.crops import squashed
from mpr.pipeline.frames import Image

SIDE_PX = 48
_ROUNDS, _ENOUGH = 6, 2e-3
# Sizes at which the exemplar is laid upon the region to begin with: regions may hold a plate around the logo.
_STARTS = (1.0, 0.78, 0.6)
_MOST_SQUEEZE, _LEAST_SCALE = 2.2, 0.35
_SMOOTHING_PX = 5
# How far the fit may move corners off the region's box, as a share of its side.
_MOST_SHIFT = 0.45

Plane = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """A picture for comparison: lightness and edge strength, both smoothed, squashed to squares."""

    light: Plane
    edges: Plane


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """Correlation of lightness (either way round) and of edges, 0 to 1, once the exemplar lies as well as it can; and
    `way`, (2, 3), which takes places in the exemplar's sketch to those in the crop's."""

    light: float
    edges: float
    way: Plane


def sketch(picture: Image, side_px: int = SIDE_PX) -> Sketch:
    """Of a BGR picture."""
    square = squashed(picture, side_px)
    smooth = np.asarray(cv2.GaussianBlur(square, (0, 0), 1.0), np.float32)
    across, down = (np.abs(cv2.Sobel(smooth, cv2.CV_32F, dx, dy)).max(axis=2) for dx, dy in ((1, 0), (0, 1)))
    edges = cv2.GaussianBlur(np.hypot(across, down), (0, 0), 1.0)
    light = cv2.cvtColor(square, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return Sketch(light=light, edges=np.asarray(np.sqrt(edges), np.float32))


def likeness(exemplar: Sketch, crop: Sketch) -> Likeness:
    """How alike the two are. The crop has room around its region and is sketched at the side that gives the region the
    exemplar's size (see `crop_side_px`).

    The exemplar fills the region or stands within it, whichever is likelier; from there it is shifted until edges fit
    best, and then until lightness does."""
    start = max((_compared(exemplar, crop, way) for way in _starts(crop)), key=_alike)
    by_edges = _compared(exemplar, crop, _fitted(exemplar.edges, crop.edges, start.way))
    upright = _correlation(exemplar.light, _under(crop.light, by_edges.way)) >= 0
    light = crop.light if upright else 255 - crop.light
    by_light = _compared(exemplar, crop, _fitted(exemplar.light, light, by_edges.way))
    return max(by_edges, by_light, key=_alike)


def _alike(one: Likeness) -> float:
    return one.light + one.edges


def _starts(crop: Sketch) -> Iterator[Plane]:
    """Ways to lay the exemplar on the crop to begin with."""
    for scale in _STARTS:
        offset = (crop.light.shape[0] - SIDE_PX * scale) / 2
        yield np.array([(scale, 0, offset), (0, scale, offset)], np.float32)


def _fitted(exemplar: Plane, crop: Plane, start: Plane) -> Plane:
    """The way near `start` in which the crop's plane correlates best, `start` itself where none is found."""
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _ROUNDS, _ENOUGH)
    everywhere = np.full(crop.shape, 255, np.uint8)
    try:
        _, found = cv2.findTransformECC(
            exemplar, crop, start.copy(), cv2.MOTION_AFFINE, criteria, everywhere, _SMOOTHING_PX
        )
    except cv2.error:
        return start
    way = np.asarray(found, np.float32)
    linear = np.linalg.svd(way[:, :2], compute_uv=False)
    believable = linear[1] > 0 and linear[0] / linear[1] <= _MOST_SQUEEZE and linear[1] >= _LEAST_SCALE
    return way if believable and _shift(way, start) <= _MOST_SHIFT * SIDE_PX else start


def _compared(exemplar: Sketch, crop: Sketch, way: Plane) -> Likeness:
    return Likeness(
        light=abs(_correlation(exemplar.light, _under(crop.light, way))),
        edges=max(0.0, _correlation(exemplar.edges, _under(crop.edges, way))),
        way=way,
    )


def lying_under(crop: Image, alike: Likeness, side_px: int, crop_sketch_px: int) -> Image:
    """The part of a crop (BGR) that lies under the exemplar, as a square of that side."""
    to_crop = np.diag([crop.shape[1] / crop_sketch_px, crop.shape[0] / crop_sketch_px])
    linear = to_crop @ alike.way[:, :2] * (SIDE_PX / side_px)
    way = np.concatenate([linear, to_crop @ alike.way[:, 2:]], axis=1).astype(np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(crop, way, (side_px, side_px), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def crop_side_px(room: float) -> int:
    """The side at which a crop with that room around its region is sketched."""
    return round(SIDE_PX * (1 + 2 * room))


def _under(plane: Plane, way: Plane) -> Plane:
    """What lies under the exemplar."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, way, (SIDE_PX, SIDE_PX), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _shift(fit: Plane, start: Plane) -> float:
    """The farthest that a corner of the exemplar is moved, in pixels."""
    corners = np.array([(0, 0, 1), (SIDE_PX, 0, 1), (SIDE_PX, SIDE_PX, 1), (0, SIDE_PX, 1)], np.float32)
    return float(np.linalg.norm(corners @ (fit - start).T, axis=1).max())


def _correlation(a: Plane, b: Plane) -> float:
    x, y = a - a.mean(), b - b.mean()
    length = float(np.linalg.norm(x) * np.linalg.norm(y))
    return float((x * y).sum() / length) if length > 1e-3 else 0.0
