"""Do two pictures, laid upon one another, show one mark: a small network of our own that sees both at once.

What the logo network keeps of a picture is 128 numbers, in which a ring with a gap is nearly a ring. Here exemplar and
crop are compared point by point. Trained by training/logos/pairs; docs/logos.md says on what.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detection.inference.networks import open_network
from detection.inference.sessions import Device
from detection.logos.crops import squashed
from detection.logos.embedding import SIDE_PX
from mpr.errors import MprError
from mpr.pipeline.frames import Image

WEIGHTS = Path(__file__).parent / "weights" / "pairs.onnx"
# Pairs go through the network so many at a time, a rest of less than half of that one by one.
_BATCH = 8


class Comparer:
    """The network, loaded once per process."""

    def __init__(self, path: Path, *, threads: int, device: Device, at_once: int = 1) -> None:
        if not path.is_file():
            raise MprError(f"The weights {path.name} of the logo pair network are missing; install MPR again.")
        # OpenVINO prepares itself anew whenever a batch has another size than the one before.
        self._many, self._one = (
            open_network(path, engine="auto", precision="auto", threads=threads, device=device, at_once=at_once)
            for _ in range(2)
        )

    def odds(self, pairs: Sequence[tuple[Image, Image]]) -> NDArray[np.float32]:
        """For exemplars and what lies under them (BGR, any size) the logarithms of the odds that both show one mark."""
        odds = np.empty(len(pairs), np.float32)
        first = 0
        while first < len(pairs):
            size = _BATCH if len(pairs) - first > _BATCH // 2 else 1
            chunk = pairs[first : first + size]
            batch = np.zeros((size, 6, SIDE_PX, SIDE_PX), np.float32)
            for place, (exemplar, crop) in enumerate(chunk):
                batch[place, :3] = squashed(exemplar, SIDE_PX).transpose(2, 0, 1)
                batch[place, 3:] = squashed(crop, SIDE_PX).transpose(2, 0, 1)
            network = self._one if size == 1 else self._many
            odds[first : first + size] = np.asarray(network.run(batch / np.float32(255)))[: len(chunk), 0]
            first += size
        return odds


def load_comparer(threads: int, device: Device, at_once: int = 1) -> Comparer:
    """The comparer that ships, for `at_once` threads at the same time. Raises MprError when its weights are missing."""
    return Comparer(WEIGHTS, threads=threads, device=device, at_once=at_once)
