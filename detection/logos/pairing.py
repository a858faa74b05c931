"""Do two pictures, laid upon one another, show one mark: a small network of our own that sees both at once.

What the logo network keeps of a picture is 128 numbers, in which a ring with a gap is nearly a ring. Here exemplar and
crop are compared point by point. Trained by training/logos/pairs; docs/logos.md says on what.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detection.inference.sessions import Device
from detection.logos.batches import Batches
from detection.logos.crops import squashed
from detection.logos.embedding import SIDE_PX
from mpr.errors import MprError
from mpr.pipeline.frames import Image

WEIGHTS = Path(__file__).parent / "weights" / "pairs.onnx"
_BATCH = 8


class Comparer:
    """The network, loaded once per process."""

    def __init__(self, path: Path, *, threads: int, device: Device, at_once: int = 1) -> None:
        if not path.is_file():
            raise MprError(f"The weights {path.name} of the logo pair network are missing; install MPR again.")
        self._network = Batches(path, _BATCH, threads=threads, device=device, at_once=at_once)

    def odds(self, pairs: Sequence[tuple[Image, Image]]) -> NDArray[np.float32]:
        """For exemplars and what lies under them (BGR, any size) the logarithms of the odds that both show one mark."""
        if not pairs:
            return np.empty(0, np.float32)
        pictures = np.empty((len(pairs), 6, SIDE_PX, SIDE_PX), np.float32)
        for place, (exemplar, crop) in enumerate(pairs):
            pictures[place, :3] = squashed(exemplar, SIDE_PX).transpose(2, 0, 1)
            pictures[place, 3:] = squashed(crop, SIDE_PX).transpose(2, 0, 1)
        return self._network.run(pictures / np.float32(255))[:, 0]


def load_comparer(threads: int, device: Device, at_once: int = 1) -> Comparer:
    """The comparer that ships, for `at_once` threads at the same time. Raises MprError when its weights are missing."""
    return Comparer(WEIGHTS, threads=threads, device=device, at_once=at_once)
