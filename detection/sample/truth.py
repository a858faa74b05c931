"""The exact truth of what was drawn: every instance of a brand in every frame, and how much of it can be seen.

Whatever is painted reports here in painting order. A brand's visible share is then counted in pixels: what of its
quadrilateral lies within the picture and under no cover painted later, over its whole area.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.ripmap import Pixels

Points = NDArray[np.float64]

# Instances further down than this are left out: nobody could tell them from a speck.
_LEAST_LINE_PX = 3.0
_LEAST_VISIBLE = 0.005


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One brand in one frame. `quad` (4, 2) is clockwise from the top left as the text reads; `shown` is what of it is
    painted at all (an LED board cuts off what scrolls out of it), as a polygon; `opacity` 0..1."""

    brand: str
    quad: Points
    shown: Points
    height_px: float
    blur_px: float
    mode: str
    placement: str
    opacity: float = 1.0


@dataclass
class Ledger:
    """What was painted into one picture, in painting order. `blur_px` is the blur of what is painted next."""

    width_px: int
    height_px: int
    blur_px: float = 0.0
    _entries: list[Instance | tuple[Pixels, int, int]] = field(default_factory=list)

    def mark(self, instance: Instance) -> None:
        """A brand was painted."""
        self._entries.append(replace(instance, blur_px=float(np.hypot(instance.blur_px, self.blur_px))))

    def cover(self, alpha: Pixels, left: int, top: int) -> None:
        """Something with coverage `alpha` (h, w) was painted over the picture, wholly inside it."""
        self._entries.append((alpha, left, top))

    def settle(self, opacity: float = 1.0) -> list[dict[str, object]]:
        """The instances as rows of the truth, in painting order. `opacity` is that of the whole picture."""
        covered = np.zeros((self.height_px, self.width_px), np.uint8)
        rows: list[dict[str, object]] = []
        for entry in reversed(self._entries):
            if isinstance(entry, tuple):
                alpha, left, top = entry
                under = covered[top : top + alpha.shape[0], left : left + alpha.shape[1]]
                cv2.max(under, alpha, dst=under)
                continue
            if entry.height_px < _LEAST_LINE_PX:
                continue
            visible = visible_share(entry.quad, entry.shown, covered) * entry.opacity * opacity
            if visible >= _LEAST_VISIBLE:
                rows.append(_row(entry, visible))
        return rows[::-1]


def visible_share(quad: Points, shown: Points, covered: Pixels) -> float:
    """The share of `quad`'s area that lies in `shown`, in the picture and under no cover (0..255 per pixel)."""
    area = abs(float(cv2.contourArea(quad.astype(np.float32))))
    if area < 1.0 or len(shown) < 3:
        return 0.0
    rows, columns = covered.shape
    left, top = np.floor(shown.min(axis=0)).astype(int)
    right, bottom = np.ceil(shown.max(axis=0)).astype(int) + 1
    left, top, right, bottom = max(0, left), max(0, top), min(columns, right), min(rows, bottom)
    if left >= right or top >= bottom:
        return 0.0
    shape = np.zeros((bottom - top, right - left), np.uint8)
    corners = np.round((np.clip(shown, -4000, 8000) - (left, top)) * 16).astype(np.int32)
    cv2.fillConvexPoly(shape, corners, 255, cv2.LINE_AA, 4)
    free = cv2.multiply(shape, cv2.bitwise_not(covered[top:bottom, left:right]), scale=1 / 255)
    return min(
        1.0,
        float(free.sum(dtype=np.int64)) / max(float(shape.sum(dtype=np.int64)), 1.0) * _inside(shown, quad, covered),
    )


def _inside(shown: Points, quad: Points, covered: Pixels) -> float:
    """Area of `shown` within the picture over the area of `quad`, from the polygons, so that thin shapes are exact."""
    rows, columns = covered.shape
    picture = np.array(
        [[-0.5, -0.5], [columns - 0.5, -0.5], [columns - 0.5, rows - 0.5], [-0.5, rows - 0.5]], np.float32
    )
    area, _ = cv2.intersectConvexConvex(np.ascontiguousarray(shown, np.float32), picture)
    return float(area) / abs(float(cv2.contourArea(quad.astype(np.float32))))


def _row(instance: Instance, visible: float) -> dict[str, object]:
    return {
        "brand": instance.brand,
        "placement": instance.placement,
        "mode": instance.mode,
        "quad": [[round(float(x), 1), round(float(y), 1)] for x, y in instance.quad],
        "visible": round(visible, 3),
        "height_px": round(instance.height_px, 1),
        "blur_px": round(instance.blur_px, 1),
    }


@dataclass(frozen=True, kw_only=True)
class Truth:
    """All frames of a broadcast. `shots` are its pictures between cuts as (start_s, end_s)."""

    fps: int
    width_px: int
    height_px: int
    brands: tuple[str, ...]
    frames: list[list[dict[str, object]]]
    shots: tuple[tuple[float, float], ...]

    def write(self, path: Path) -> None:
        """As JSON, the frames form: one list of instances per video frame."""
        content = {
            "fps": self.fps,
            "width": self.width_px,
            "height": self.height_px,
            "duration_s": round(len(self.frames) / self.fps, 3),
            "complete": True,
            "brands": list(self.brands),
            "shots": [[round(start, 3), round(end, 3)] for start, end in self.shots],
            "frames": self.frames,
        }
        path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
