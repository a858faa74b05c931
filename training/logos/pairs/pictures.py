"""Pairs of an exemplar and what lies under it: its own logo nearly in place, or something that is like it and is not
it."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.embedding import Embedder
from mpr.pipeline.frames import Image
from training.logos.classes import SQUARE_PX
from training.logos.degrading import (
    CANVAS_PX,
    Seen,
    camera,
    coloured,
    cover_some,
    empty_crop,
    exemplar_of,
    ground_of,
    neighbours,
    shape_crop,
    split,
    text_crop,
    with_plate,
)

PAIRS_A_BATCH = 96
_SAME, _ALIKE, _NO_LOGO = 0.4, 0.36, 0.16
_NEIGHBOURS = 40


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """`pictures` (n, 64, 64, 6) uint8: exemplar and crop (BGR each); `same` (n,) whether both show one mark."""

    pictures: NDArray[np.uint8]
    same: NDArray[np.bool_]


def likest(seen: Seen, embedder: Embedder, twins: list[NDArray[np.intp]]) -> NDArray[np.intp]:
    """For each class the 40 others that the logo network finds most like it; twins are none."""
    draw = random.Random("likest")
    vectors = embedder.embed([exemplar_of(seen, place, draw) for place in range(len(twins))]).vectors
    found = np.empty((len(twins), _NEIGHBOURS), np.intp)
    for first in range(0, len(twins), 512):
        cosines = vectors[first : first + 512] @ vectors.T
        for row, values in enumerate(cosines):
            values[twins[first + row]] = -2.0
            found[first + row] = np.argsort(-values)[:_NEIGHBOURS]
    return found


def beside(first: Pairs, second: Pairs) -> Pairs:
    """One batch of both."""
    return Pairs(
        pictures=np.concatenate([first.pictures, second.pictures]), same=np.concatenate([first.same, second.same])
    )


def draw_pairs(seen: Seen, alike: NDArray[np.intp], number: int, *, seed: int, count: int = PAIRS_A_BATCH) -> Pairs:
    """The batch of that number; the same every time."""
    draw = random.Random(f"pairs {seed} {number}")
    cv2.setRNGSeed(number)
    pictures, same = [], []
    for _ in range(count):
        place = draw.randrange(len(alike))
        kind = draw.random()
        if kind < _SAME:
            crop = lying_crop(seen, place, draw)
        elif kind < _SAME + _ALIKE:
            # The likest come most often.
            crop = lying_crop(seen, int(alike[place, int(_NEIGHBOURS * draw.random() ** 2)]), draw)
        elif kind < _SAME + _ALIKE + _NO_LOGO:
            crop = draw.choice((empty_crop, shape_crop, shape_crop, text_crop))(seen, draw)
        else:
            crop = lying_crop(seen, draw.randrange(len(alike)), draw)
        pictures.append(np.concatenate([exemplar_of(seen, place, draw), crop], axis=2))
        same.append(kind < _SAME)
    return Pairs(pictures=np.stack(pictures), same=np.array(same))


def lying_crop(seen: Seen, place: int, draw: random.Random) -> Image:
    """A logo as it lies under its exemplar once that was shifted, turned and stretched to fit: never quite."""
    cover, ink = split(seen.classes.pictures[place])
    aspect = float(seen.classes.aspects[place])
    ground = ground_of(seen, draw)
    ink, cover = coloured(ink, cover, ground, draw)
    homography = _nearly_in_place(draw)
    ground = with_plate(ground, ink, cover, homography, draw)
    if draw.random() < 0.15:
        neighbours(seen, ground, homography, draw)
    layer = cv2.warpPerspective(
        np.concatenate([ink * cover, cover * 255], axis=2), homography, (CANVAS_PX, CANVAS_PX), flags=cv2.INTER_LINEAR
    )
    crop = layer[..., :3] + ground * (1 - layer[..., 3:] / 255)
    if draw.random() < 0.08:
        cover_some(seen, crop, draw)
    size = math.exp(draw.uniform(math.log(18), math.log(110)))
    return camera(crop, (size * math.sqrt(aspect), size / math.sqrt(aspect)), draw, 0.8)


def _nearly_in_place(draw: random.Random) -> NDArray[np.float64]:
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float64)
    off = draw.choice((0.01, 0.02, 0.05))
    turn = math.radians(draw.gauss(0, 80 * off))
    spin = np.array([(math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))])
    moved = (corners - 0.5) * (1 + draw.gauss(0, off), 1 + draw.gauss(0, off)) @ spin.T
    moved = moved + 0.5 + (draw.gauss(0, off), draw.gauss(0, off))
    moved += np.array([[draw.gauss(0, off * 0.7) for _ in range(2)] for _ in range(4)])
    room = draw.choice((0.0, 0.0, 0.05))
    target = (moved * (1 - 2 * room) + room) * CANVAS_PX
    source = np.array([(0, 0), (SQUARE_PX, 0), (SQUARE_PX, SQUARE_PX), (0, SQUARE_PX)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(source, target.astype(np.float32)), np.float64)
