"""What the output tensors of the YOLO family mean.

Corners are (n, 4) x0, y0, x1, y1 in pixels of the network's input.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STRIDES_PX = (8, 16, 32)


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """Raw boxes before suppression: corners (n, 4), scores (n,), class numbers (n,)."""

    corners: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]


def grid_cells(height: int, width: int) -> int:
    """How many cells the three grids have together for an input of this size."""
    return sum((height // stride) * (width // stride) for stride in _STRIDES_PX)


def decode_yolo(output: NDArray[np.float32], *, classes: int) -> Boxes:
    """YOLOv8 and YOLO11: (1, 4 + classes + …, cells), each column centre x, centre y, width, height, class scores."""
    rows = output[0].T
    return _boxes(rows[:, :4], rows[:, 4 : 4 + classes])


def decode_yolox(output: NDArray[np.float32], *, height: int, width: int) -> Boxes:
    """YOLOX (Ge et al. 2021): (1, cells, 5 + classes), each row an offset from its grid cell and the logarithm of the
    size, both in strides, then objectness and class scores."""
    rows = output[0]
    cells, strides = [], []
    for stride in _STRIDES_PX:
        ys, xs = np.mgrid[0 : height // stride, 0 : width // stride]
        cells.append(np.stack([xs.ravel(), ys.ravel()], axis=1))
        strides.append(np.full((xs.size, 1), stride))
    grid, step = np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)
    centres = np.concatenate([(rows[:, :2] + grid) * step, np.exp(rows[:, 2:4]) * step], axis=1)
    return _boxes(centres, rows[:, 4:5] * rows[:, 5:])


def decode_end_to_end(output: NDArray[np.float32], *, classes: int) -> Boxes:
    """YOLOv10 and later without suppression: (1, n, 6), each row x0, y0, x1, y1, score, class."""
    rows = output[0]
    rows = rows[(rows[:, 5] >= 0) & (rows[:, 5] < classes)]
    return Boxes(corners=rows[:, :4], scores=rows[:, 4], classes=rows[:, 5].astype(np.int64))


def _boxes(centres: NDArray[np.float32], scores: NDArray[np.float32]) -> Boxes:
    half = centres[:, 2:4] / 2
    best = scores.argmax(axis=1)
    return Boxes(
        corners=np.concatenate([centres[:, :2] - half, centres[:, :2] + half], axis=1),
        scores=scores[np.arange(len(scores)), best],
        classes=best,
    )
