"""Batches of crops, drawn by a process of their own while the network learns from the ones before."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.logos.ahead import ahead
from training.logos.degrading import Seen, empty_crop, exemplar_of, seen_crop, shape_crop, text_crop

CLASSES_A_BATCH, SEEN_A_CLASS = 80, 2
TEXT_A_BATCH = 14
EMPTY_A_BATCH = 60
"""Crops without logos: grounds, plain shapes, and at the end other text."""
_SHAPES_A_BATCH = 14
_AHEAD = 6
# Logos are what is looked for; signs and words are there to be told from them.
_SHARES = {"logo": 0.76, "sign": 0.08, "word": 0.16}


@dataclass(frozen=True, kw_only=True)
class Batch:
    """`crops` (n, 64, 64, 3) uint8: exemplars, then crops of the same classes (each class's one after the other), then
    crops without logos. `places` are the classes."""

    crops: NDArray[np.uint8]
    places: NDArray[np.intp]


def draw_batch(seen: Seen, number: int, *, seed: int) -> Batch:
    """The batch of that number; the same every time."""
    draw = random.Random(f"{seed} {number}")
    cv2.setRNGSeed(number)
    places: list[int] = []
    for kind, share in _SHARES.items():
        there = np.flatnonzero(seen.classes.kinds == kind)
        places += [int(there[place]) for place in draw.sample(range(len(there)), round(CLASSES_A_BATCH * share))]
    crops = [exemplar_of(seen, place, draw) for place in places]
    crops += [seen_crop(seen, place, draw) for place in places for _ in range(SEEN_A_CLASS)]
    crops += [empty_crop(seen, draw) for _ in range(EMPTY_A_BATCH - _SHAPES_A_BATCH - TEXT_A_BATCH)]
    crops += [shape_crop(seen, draw) for _ in range(_SHAPES_A_BATCH)]
    crops += [text_crop(seen, draw) for _ in range(TEXT_A_BATCH)]
    return Batch(crops=np.stack(crops), places=np.array(places))


def batches(seen: Seen, *, first: int, seed: int) -> Iterator[Batch]:
    """Batches without end from that number on."""
    return ahead(lambda number: draw_batch(seen, number, seed=seed), first=first, most=_AHEAD)
