"""Plain geometric signs that stand beside or instead of a name."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.uint8]

ICONS = ("ring", "chevrons", "leaf", "diamond", "bars", "drop", "star")
_SIZE = 512


def draw_icon(name: str, size_px: int) -> Mask:
    """Coverage of the named sign in a square of `size_px`, filling it edge to edge. Raises ValueError if unknown."""
    mask = np.zeros((_SIZE, _SIZE), np.uint8)
    if name == "ring":
        cv2.circle(mask, (256, 256), 250, 255, -1)
        cv2.circle(mask, (256, 256), 150, 0, -1)
        _fill(mask, [(256, 256), (512, 60), (512, 200)], 0)
    elif name == "chevrons":
        for left in (0, 150, 300):
            _fill(
                mask, [(left, 20), (left + 90, 20), (left + 210, 256), (left + 90, 492), (left, 492), (left + 120, 256)]
            )
    elif name == "leaf":
        turn = np.linspace(0, np.pi / 2, 60)
        one = [(512 * np.sin(a), 512 * (1 - np.cos(a))) for a in turn]
        other = [(512 * (1 - np.cos(a)), 512 * np.sin(a)) for a in turn[::-1]]
        _fill(mask, one + other)
        cv2.line(mask, (60, 60), (400, 400), 0, 26)
    elif name == "diamond":
        _fill(mask, [(256, 0), (511, 256), (256, 511), (0, 256)])
        _fill(mask, [(256, 130), (382, 256), (256, 382), (130, 256)], 0)
    elif name == "bars":
        for index, height in enumerate((220, 360, 511)):
            cv2.rectangle(mask, (index * 185, 511 - height), (index * 185 + 140, 511), 255, -1)
    elif name == "drop":
        cv2.circle(mask, (256, 330), 180, 255, -1)
        _fill(mask, [(256, 0), (412, 240), (100, 240)])
    elif name == "star":
        angles = np.arange(10) * np.pi / 5 - np.pi / 2
        radii = np.where(np.arange(10) % 2 == 0, 262, 112)
        _fill(mask, [(256 + r * np.cos(a), 270 + r * np.sin(a)) for r, a in zip(radii, angles, strict=True)])
    else:
        raise ValueError(f"There is no icon {name!r}; use one of {', '.join(ICONS)}.")
    return np.asarray(cv2.resize(mask, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)


def _fill(mask: Mask, corners: list[tuple[float, float]], value: int = 255) -> None:
    cv2.fillPoly(mask, [np.round(np.array(corners)).astype(np.int32)], value)
