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

from detection.inference.networks import open_network
from detection.inference.sessions import Device
from detection.logos.crops import squashed
from mpr.errors import MprError
from mpr.pipeline.frames import Image

SIDE_PX = 64
DIMENSIONS = 128
WEIGHTS = Path(__file__).parent / "weights" / "logos.onnx"
# Vectors of crops that show no logo: grounds, plain shapes, letters.
OTHERS = Path(__file__).parent / "weights" / "others.npy"
# Crops go through the network so many at a time, a rest of less than half of that one by one; a batch that is not full
# is filled up.
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
        # OpenVINO prepares itself anew whenever a batch has another size than the one before.
        self._many, self._one = (
            open_network(path, engine="auto", precision="auto", threads=threads, device=device, at_once=at_once)
            for _ in range(2)
        )

    def embed(self, crops: Sequence[Image]) -> Embedded:
        """For BGR crops of any size, each filled by what may be a logo, in their order."""
        vectors = np.empty((len(crops), DIMENSIONS), np.float32)
        marks = np.empty(len(crops), np.float32)
        first = 0
        while first < len(crops):
            size = _BATCH if len(crops) - first > _BATCH // 2 else 1
            chunk = crops[first : first + size]
            batch = np.zeros((size, 3, SIDE_PX, SIDE_PX), np.float32)
            for place, crop in enumerate(chunk):
                batch[place] = squashed(crop, SIDE_PX).transpose(2, 0, 1)
            network = self._one if size == 1 else self._many
            given = np.asarray(network.run(batch / np.float32(255)))[: len(chunk)]
            found = given[:, :DIMENSIONS]
            vectors[first : first + size] = found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)
            marks[first : first + size] = 1 / (1 + np.exp(-given[:, DIMENSIONS]))
            first += size
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
