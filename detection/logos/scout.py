"""The scout: a small network of our own that says where in a picture marks may be, knowing none of them.

Trained by training/logos/scout; docs/logos.md says on what.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.inference.networks import open_network
from detection.inference.sessions import Device
from mpr.errors import MprError
from mpr.pipeline.frames import Image

WEIGHTS = Path(__file__).parent / "weights" / "scout.onnx"
_STRIDES = (8, 16, 32)
# Boxes that share more than this are one.
_SAME = 0.6
_MOST_KEPT = 400
_FARTHEST = 3.5

Boxes = NDArray[np.float64]


class Scout:
    """The network, loaded once per process."""

    def __init__(self, path: Path, *, threads: int, device: Device, at_once: int = 1) -> None:
        if not path.is_file():
            raise MprError(f"The weights {path.name} of the logo scout are missing; install MPR again.")
        self._network = open_network(
            path, engine="auto", precision="auto", threads=threads, device=device, at_once=at_once
        )

    def look(self, picture: Image, *, least: float) -> tuple[Boxes, NDArray[np.float64]]:
        """Boxes (n, 4: left, top, right, bottom) in a BGR picture and how likely each holds a mark (from `least`), the
        likeliest first."""
        height, width = picture.shape[:2]
        rows, columns = -(-height // _STRIDES[-1]) * _STRIDES[-1], -(-width // _STRIDES[-1]) * _STRIDES[-1]
        padded = cv2.copyMakeBorder(picture, 0, rows - height, 0, columns - width, cv2.BORDER_REPLICATE)
        batch = padded.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
        answers = np.asarray(self._network.run(batch))[0]
        chances = 1 / (1 + np.exp(-answers[:, 0].astype(np.float64)))
        places = np.flatnonzero(chances >= least)
        places = places[np.argsort(-chances[places], kind="stable")][:_MOST_KEPT]
        centres, strides = _cells(rows, columns)
        apart = np.exp(np.minimum(answers[places, 1:], _FARTHEST).astype(np.float64)) * strides[places, None]
        boxes = np.concatenate([centres[places] - apart[:, :2], centres[places] + apart[:, 2:]], axis=1)
        boxes = np.clip(boxes, 0, (width, height, width, height))
        kept = distinct(boxes, _SAME)
        return boxes[kept], chances[places][kept]


def load_scout(threads: int, device: Device, at_once: int = 1) -> Scout:
    """The scout that ships, for `at_once` threads at the same time. Raises MprError when its weights are missing."""
    return Scout(WEIGHTS, threads=threads, device=device, at_once=at_once)


def distinct(boxes: Boxes, same: float, most: int | None = None) -> NDArray[np.intp]:
    """The places of boxes that do not nearly equal one before them: whose intersection over union is at most `same`."""
    sides = boxes[:, 2:] - boxes[:, :2]
    places = np.flatnonzero((sides > 0).all(axis=1))
    if not len(places):
        return places
    rectangles = np.concatenate([boxes[places, :2], sides[places]], axis=1)
    kept = cv2.dnn.NMSBoxes(rectangles.tolist(), np.arange(len(places), 0.0, -1.0).tolist(), 0.0, same)
    return np.asarray(places[np.asarray(kept, np.intp)][:most])


def _cells(rows: int, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres (n, 2) and strides (n,) of all cells, in the network's order."""
    centres, strides = [], []
    for stride in _STRIDES:
        x, y = np.meshgrid((np.arange(columns // stride) + 0.5) * stride, (np.arange(rows // stride) + 0.5) * stride)
        centres.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full(x.size, float(stride)))
    return np.concatenate(centres), np.concatenate(strides)
