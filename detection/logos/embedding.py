"""Crops as vectors: two pictures of one logo lie close together, and what is no logo is told apart.

The network is our own (training/logos); docs/logos.md says what it was trained on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detection.inference.sessions import Device
from detection.logos.batches import Batches
from detection.logos.crops import squashed
from mpr.errors import MprError
from mpr.pipeline.frames import Image

SIDE_PX = 64
DIMENSIONS = 128
WEIGHTS = Path(__file__).parent / "weights" / "logos.onnx"
# Vectors of crops that show no logo: grounds, plain shapes, letters.
OTHERS = Path(__file__).parent / "weights" / "others.npy"
_BATCH = 32

Vectors = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """What the network says of n crops: unit vectors (n, 128), and how likely each crop is a mark at all, 0 to 1."""

    vectors: Vectors
    marks: NDArray[np.float32]


class Embedder:
    """The network, loaded once per process."""

    def __init__(self, path: Path, *, threads: int, device: Device, at_once: int = 1) -> None:
        if not path.is_file():
            raise MprError(f"The weights {path.name} of the logo network are missing; install MPR again.")
        self._network = Batches(path, _BATCH, threads=threads, device=device, at_once=at_once)

    def embed(self, crops: Sequence[Image]) -> Embedded:
        """For BGR crops of any size, each filled by what may be a logo, in their order."""
        if not crops:
            return Embedded(vectors=np.empty((0, DIMENSIONS), np.float32), marks=np.empty(0, np.float32))
        pictures = np.empty((len(crops), 3, SIDE_PX, SIDE_PX), np.float32)
        for place, crop in enumerate(crops):
            pictures[place] = squashed(crop, SIDE_PX).transpose(2, 0, 1)
        given = self._network.run(pictures / np.float32(255))
        found = given[:, :DIMENSIONS]
        vectors = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
        marks = np.asarray(1 / (1 + np.exp(-given[:, DIMENSIONS])), np.float32)
        return Embedded(vectors=vectors, marks=marks)


@cache
def other_vectors() -> Vectors:
    """What the network that ships says of crops that show no logo: unit vectors (n, 128). Raises MprError when they are
    missing."""
    if not OTHERS.is_file():
        raise MprError(
            f"{OTHERS.name}, which belongs to the weights of the logo network, is missing; install MPR again."
        )
    return np.asarray(np.load(OTHERS), np.float32)


def load_embedder(threads: int, device: Device, at_once: int = 1) -> Embedder:
    """The embedder that ships, for `at_once` threads at the same time. Raises MprError when its weights are missing."""
    return Embedder(WEIGHTS, threads=threads, device=device, at_once=at_once)
