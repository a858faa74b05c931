"""A frame being painted: pixels, and the ledger that keeps the truth about them.

Everything painted is a premultiplied BGRA layer, so that edges blend exactly and every layer's alpha is also what it
covers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.ripmap import Matrix, Pixels, map_points
from detection.sample.truth import Instance, Ledger
from detection.sample.wordmarks import Mark


@dataclass
class Picture:
    """BGR pixels (h, w, 3) and what they show."""

    pixels: Pixels
    ledger: Ledger

    @classmethod
    def blank(cls, width_px: int, height_px: int) -> Picture:
        return cls(np.zeros((height_px, width_px, 3), np.uint8), Ledger(width_px, height_px))

    @property
    def size_px(self) -> tuple[int, int]:
        return self.ledger.width_px, self.ledger.height_px

    def paint(self, layer: Pixels, left: int, top: int, *, covers: bool = True) -> None:
        """Blends a premultiplied BGRA layer at (left, top); what sticks out of the picture is cut off."""
        rows, columns = self.pixels.shape[:2]
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(columns, left + layer.shape[1]), min(rows, top + layer.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        part = layer[y0 - top : y1 - top, x0 - left : x1 - left]
        alpha = np.ascontiguousarray(part[..., 3])
        under = self.pixels[y0:y1, x0:x1]
        through = cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2BGR)
        dimmed = cv2.multiply(under, through, scale=1 / 255)
        cv2.add(dimmed, cv2.cvtColor(part, cv2.COLOR_BGRA2BGR), dst=dimmed)
        under[:] = dimmed
        if covers:
            self.ledger.cover(alpha, x0, y0)

    def warp(self, texture: Pixels, to_px: Matrix, corners_px: NDArray[np.float64], *, covers: bool = True) -> None:
        """Blends a premultiplied BGRA texture through a homography; `corners_px` bound where it lands."""
        columns, rows = self.size_px
        left, top = (int(value) for value in np.floor(np.maximum(corners_px.min(axis=0) - 2, 0)))
        right, bottom = (int(v) for v in np.ceil(np.minimum(corners_px.max(axis=0) + 3, (columns, rows))))
        if left >= right or top >= bottom:
            return
        shift = np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1.0]])
        layer = cv2.warpPerspective(
            texture,
            shift @ to_px,
            (right - left, bottom - top),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
        self.paint(np.asarray(layer, np.uint8), left, top, covers=covers)

    def darken(self, shade: Pixels, left: int, top: int) -> None:
        """Multiplies the picture by 1 - shade/255, e.g. for a shadow; it covers nothing."""
        layer = np.zeros((*shade.shape, 4), np.uint8)
        layer[..., 3] = shade
        self.paint(layer, left, top, covers=False)

    def record(
        self,
        marks: Sequence[Mark],
        to_px: Matrix,
        placement: str,
        *,
        opacity: float = 1.0,
        within: tuple[float, float, float, float] | None = None,
    ) -> None:
        """Reports marks whose boxes go to px by a homography. `within` cuts off what is not painted of them."""
        for mark in marks:
            left, top, right, bottom = mark.box
            middle = (left + right) / 2
            half = mark.line_height / 2
            centre = (top + bottom) / 2
            quad = map_points(to_px, np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
            shown = quad
            if within is not None:
                left, right = max(left, within[0]), min(right, within[2])
                top, bottom = max(top, within[1]), min(bottom, within[3])
                if left >= right or top >= bottom:
                    continue
                shown = map_points(to_px, np.array([[left, top], [right, top], [right, bottom], [left, bottom]]))
            line = map_points(to_px, np.array([[middle, centre - half], [middle, centre + half]]))
            self.ledger.mark(
                Instance(
                    brand=mark.brand,
                    quad=quad,
                    shown=shown,
                    height_px=float(np.hypot(*(line[1] - line[0]))),
                    blur_px=0.0,
                    mode=mark.mode,
                    placement=placement,
                    opacity=opacity,
                )
            )
