"""How well the network knows logos that it never learnt from."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.logos.classes import Classes
from training.logos.degrading import Seen, empty_crop, exemplar_of, seen_crop, shape_crop, text_crop

_LOGOS, _CLEAN, _SEEN, _EMPTY = 400, 3, 3, 1500
_FALSE_SHARE = 0.01
_OTHERS = ((empty_crop, 800), (shape_crop, 450), (text_crop, 350))


@dataclass(frozen=True, kw_only=True)
class Examination:
    """Crops (n, 64, 64, 3) of logos held out: their exemplars, what is seen of them, and crops without any."""

    clean: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    empty: NDArray[np.uint8]


def load_others(seen: Seen, cache_dir: Path) -> NDArray[np.uint8]:
    """Crops (n, 64, 64, 3) that show no logo: grounds, plain shapes and letters. Their vectors ship with the weights:
    what they are like is too plain to be believed easily."""
    path = cache_dir / "others.npz"
    if not path.is_file():
        draw = random.Random("others")
        cv2.setRNGSeed(8)
        made = [maker(seen, draw) for maker, count in _OTHERS for _ in range(count)]
        np.savez(path, others=np.stack(made))
    with np.load(path) as kept:
        return np.asarray(kept["others"])


@dataclass(frozen=True, kw_only=True)
class Marks:
    """`top1`: share of crops whose nearest of 400 exemplars is theirs. `kept`: of all crops, those that are right and
    nearer than the threshold that lets one crop in a hundred without a logo through."""

    top1: float
    kept: float
    threshold: float


def load_examination(classes: Classes, grounds: list[NDArray[np.uint8]], cache_dir: Path) -> Examination:
    """Drawn once from held-out classes and kept in the cache folder."""
    path = cache_dir / "examination.npz"
    if not path.is_file():
        draw = random.Random("examination")
        cv2.setRNGSeed(7)
        logos = np.flatnonzero(classes.kinds == "logo")
        _, first = np.unique(classes.brands[logos], return_index=True)
        chosen = draw.sample([int(logos[place]) for place in first], _LOGOS)
        seen = Seen(classes=classes, grounds=grounds)
        np.savez(
            path, clean=np.stack([exemplar_of(seen, place, draw) for place in chosen for _ in range(_CLEAN)]),
            seen=np.stack([seen_crop(seen, place, draw) for place in chosen for _ in range(_SEEN)]),
            empty=np.stack([empty_crop(seen, draw) for _ in range(_EMPTY)]),
        )  # fmt: skip
    with np.load(path) as kept:
        return Examination(clean=kept["clean"], seen=kept["seen"], empty=kept["empty"])


def marks(clean: NDArray[np.float32], seen: NDArray[np.float32], empty: NDArray[np.float32]) -> Marks:
    """Of the unit vectors of an examination."""
    gallery = clean.reshape(_LOGOS, _CLEAN, -1)
    likeness = np.einsum("nd,lcd->nlc", seen, gallery).max(axis=2)
    right = likeness.argmax(axis=1) == np.repeat(np.arange(_LOGOS), _SEEN)
    threshold = float(np.quantile(np.einsum("nd,lcd->nlc", empty, gallery).max(axis=(1, 2)), 1 - _FALSE_SHARE))
    kept = right & (likeness.max(axis=1) > threshold)
    return Marks(top1=float(right.mean()), kept=float(kept.mean()), threshold=threshold)
