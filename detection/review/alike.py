"""Findings that look alike, so that one decision can label many. Pure.

What was read makes the first key: the same letters for the same brand. Where nothing was read, pictures are compared:
by the vectors that the logo network gave, or where those are not stored by a hash of the crop. Either way findings of
one brand are gathered around the first that is not like those before (leader clustering, Hartigan 1975).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.review.subjects import letters
from mpr.pipeline.frames import Image

LONGEST = 200
# Two crops of one logo by the network's vectors, and by how many of 64 bits their hashes may differ.
_LEAST_COSINE = 0.8
_MOST_BITS = 10


def look_of_text(brand: str, text: str) -> str:
    """The key of what was read, empty where that is nothing."""
    said = letters(text)
    return f"t:{brand.casefold()}|{said}"[:LONGEST] if said else ""


def difference_hash(image: Image) -> int:
    """64 bits of a BGR picture: whether each of 8 × 8 cells is darker than its right neighbour (Krawetz 2013)."""
    grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (9, 8), interpolation=cv2.INTER_AREA)
    bits = (grey[:, 1:] > grey[:, :-1]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def gathered_by_vector(vectors: NDArray[np.float32]) -> list[int]:
    """The number of each unit vector's leader."""
    leaders: list[int] = []
    numbers = []
    for row, vector in enumerate(vectors):
        likeness = vectors[leaders] @ vector if leaders else np.zeros(0)
        best = int(likeness.argmax()) if len(likeness) else -1
        if best < 0 or likeness[best] < _LEAST_COSINE:
            leaders.append(row)
            best = len(leaders) - 1
        numbers.append(best)
    return numbers


def gathered_by_hash(hashes: Sequence[int]) -> list[int]:
    """The number of each hash's leader."""
    leaders: list[int] = []
    numbers = []
    for one in hashes:
        off = [(one ^ leader).bit_count() for leader in leaders]
        best = min(range(len(off)), key=off.__getitem__, default=-1)
        if best < 0 or off[best] > _MOST_BITS:
            leaders.append(one)
            best = len(leaders) - 1
        numbers.append(best)
    return numbers
