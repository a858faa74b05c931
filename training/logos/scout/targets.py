"""Which cells lie in the middle of a mark, and how far its edges are from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
# A mark is for the scale at which its size (root of its area) is so many strides; the ranges overlap.
_LEAST_STRIDES, _MOST_STRIDES = 1.4, 6.5
# Cells within this share of a mark's box are its middle; the rest of the box is not asked about.
_MIDDLE = 0.45


def cells(side_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centres (n, 2) and strides (n,) of all cells of a square picture, in the network's order."""
    centres, strides = [], []
    for stride in STRIDES:
        along = (np.arange(side_px // stride, dtype=np.float32) + 0.5) * stride
        x, y = np.meshgrid(along, along)
        centres.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full(x.size, stride, np.float32))
    return np.concatenate(centres), np.concatenate(strides)


def targets(boxes: NDArray[np.float32], side_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For every cell 1 (a mark's middle), 0 (none) or -1 (not asked), and the logarithms of the four distances."""
    centres, strides = cells(side_px)
    marks = np.zeros(len(centres), np.float32)
    edges = np.zeros((len(centres), 4), np.float32)
    sizes = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    order = np.argsort(-sizes)
    for box in boxes[order]:
        apart = np.concatenate([centres - box[:2], box[2:] - centres], axis=1)
        inside = (apart > 0).all(axis=1)
        marks[inside] = -1
    for box, size in zip(boxes[order], sizes[order], strict=True):
        middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * _MIDDLE
        fits = (size / strides >= _LEAST_STRIDES) & (size / strides <= _MOST_STRIDES)
        near = np.abs(centres - middle) <= np.maximum(half, 0.75 * strides[:, None])
        chosen = np.flatnonzero(fits & near.all(axis=1))
        apart = np.concatenate([centres[chosen] - box[:2], box[2:] - centres[chosen]], axis=1)
        edges[chosen] = np.log(np.maximum(apart, 0.5) / strides[chosen, None])
        marks[chosen] = 1
    return marks, edges
