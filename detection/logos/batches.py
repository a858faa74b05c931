"""A small network run on many crops: in batches of one size, since OpenVINO prepares itself anew for every other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detection.inference.networks import open_network
from detection.inference.sessions import Device

Tensor = NDArray[np.float32]


class Batches:
    """A network, loaded once per process. It is given `size` rows at a time, a batch that is not full filled up, and a
    rest of less than half of that one by one."""

    def __init__(self, path: Path, size: int, *, threads: int, device: Device, at_once: int) -> None:
        self._size = size
        self._many, self._one = (
            open_network(path, engine="auto", precision="auto", threads=threads, device=device, at_once=at_once)
            for _ in range(2)
        )

    def run(self, rows: Tensor) -> Tensor:
        """The output for each of the rows (n, …), in their order; n is at least 1."""
        found = []
        first = 0
        while first < len(rows):
            size = self._size if len(rows) - first > self._size // 2 else 1
            chunk = rows[first : first + size]
            if len(chunk) < size:
                chunk = np.concatenate([chunk, np.zeros((size - len(chunk), *rows.shape[1:]), np.float32)])
            network = self._one if size == 1 else self._many
            # What the network gives is only good until its next call.
            found.append(np.array(network.run(chunk))[: len(rows) - first])
            first += size
        return np.concatenate(found)
