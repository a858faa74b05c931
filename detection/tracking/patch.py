"""A thing's picture, and finding it again near a place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.tracking.camera import Points
from mpr.pipeline.frames import Image

# A picture that varies by less than so many grey levels has nothing to hold on to.
_LEAST_TEXTURE = 4.0
# Mean differences in grey levels: what noise, blur and light make of one thing, and what only another thing is.
_SAME_LEVELS = 10.0
_OTHER_LEVELS = 60.0
# Off the expected place by all that is searched, a find must be better by this much.
_DOUBT = 0.06
# With less of it in the picture it cannot be told.
_LEAST_INSIDE = 0.25


class Layers:
    """A picture at its own size and, made when asked for, at halves of it."""

    def __init__(self, picture: Image) -> None:
        self._layers = [picture]

    def at(self, scale: float) -> tuple[Image, float]:
        """The layer from which a part can be taken at `scale` (0 to 1 shrinks) without aliasing, and its own scale."""
        level = max(0, math.floor(math.log2(1 / max(scale, 1e-6))))
        while len(self._layers) <= level and min(self._layers[-1].shape[:2]) > 16:
            self._layers.append(cast(Image, cv2.pyrDown(self._layers[-1])))
        level = min(level, len(self._layers) - 1)
        return self._layers[level], 0.5**level

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        height_px, width_px = self._layers[0].shape[:2]
        return width_px, height_px


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where a thing was found again and how alike it looks there, −1 to 1: by its shapes (correlation) and, since
    correlation knows nothing of them, by its colours."""

    quad: Points
    score: float


@dataclass(frozen=True, kw_only=True)
class Patch:
    """The upright grey picture of a thing, (height, width). `margin` is how much of its surroundings
    it shows on each side, as shares of the quad's width and height; `inside` says which rows and columns lay in the
    picture."""

    pixels: Image
    margin: tuple[float, float]
    inside: tuple[slice, slice]

    @cached_property
    def texture(self) -> float:
        """Standard deviation in grey levels."""
        seen = self.pixels[self.inside]
        return float(cv2.meanStdDev(seen)[1].mean()) if seen.size else 0.0


def cut(
    layers: Layers, quad: Points, *, height_px: float, margin_share: float, max_width_px: int = 320
) -> Patch | None:
    """The picture of a quad with `margin_share` of its height around it, scaled so that the quad itself is `height_px`
    high unless that makes it too wide. None when too little of it lies in the picture."""
    width, height = side_lengths(quad)
    if min(width, height) < 1:
        return None
    scale = min(height_px / height, max_width_px / width)
    margin = margin_share * height
    size = (max(3, round((width + 2 * margin) * scale)), max(3, round((height + 2 * margin) * scale)))
    shares = (margin / width, margin / height)
    pixels, inside = _warped(layers, quad, shares, size, reach=0)
    patch = Patch(pixels=pixels, margin=shares, inside=inside)
    seen = pixels[inside].shape[0] * pixels[inside].shape[1]
    return patch if seen >= _LEAST_INSIDE * size[0] * size[1] else None


def find(patch: Patch, layers: Layers, quad: Points, *, reach: int) -> Found:
    """Look for a patch around the place where its quad is expected, up to `reach` of the patch's own pixels off."""
    height_px, width_px = patch.pixels.shape[:2]
    around, inside = _warped(layers, quad, patch.margin, (width_px, height_px), reach=reach)
    rows, columns = (_common(mine, there) for mine, there in zip(patch.inside, inside, strict=True))
    template = patch.pixels[rows, columns]
    if template.size == 0 or template.shape[0] * template.shape[1] < _LEAST_INSIDE * width_px * height_px:
        return Found(quad=quad, score=-1.0)
    searched = around[rows.start : rows.stop + 2 * reach, columns.start : columns.stop + 2 * reach]
    if patch.texture < _LEAST_TEXTURE:
        return Found(quad=quad, score=_same_levels(searched, template, reach, reach))
    scores = cv2.matchTemplate(searched, template, cv2.TM_CCOEFF_NORMED)
    at_y, at_x = divmod(int(np.argmax(scores - _doubt(reach))), scores.shape[1])
    score = float(scores[at_y, at_x])
    if not math.isfinite(score):
        return Found(quad=quad, score=-1.0)
    if score > 0:
        score *= _same_levels(searched, template, at_x, at_y)
    dx, dy = at_x - reach + _peak(scores[at_y], at_x), at_y - reach + _peak(scores[:, at_x], at_y)
    (ax, ay), (bx, by) = _axes(quad, patch.margin, (width_px, height_px))
    return Found(quad=quad + np.array([ax * dx + bx * dy, ay * dx + by * dy]), score=score)


def _same_levels(searched: Image, template: Image, at_x: int, at_y: int) -> float:
    """1 where the mean difference is small, falling to 0."""
    height_px, width_px = template.shape[:2]
    there = searched[at_y : at_y + height_px, at_x : at_x + width_px]
    off = float(cv2.norm(there, template, cv2.NORM_L1)) / template.size
    return min(1.0, max(0.0, (_OTHER_LEVELS - off) / (_OTHER_LEVELS - _SAME_LEVELS)))


def _warped(
    layers: Layers, quad: Points, margin: tuple[float, float], size: tuple[int, int], *, reach: int
) -> tuple[Image, tuple[slice, slice]]:
    """The quad with its margin at a size, with `reach` pixels more on every side, and the rows and columns (without
    those) whose middle lies in the picture."""
    along, down = _axes(quad, margin, size)
    (x0, y0), (ax, ay), (dx, dy) = quad[0].tolist(), along, down
    # The corner of the margin: the axes are in the patch's pixels, the margin is in shares of the quad.
    left, up = (margin[i] / (1 + 2 * margin[i]) * size[i] for i in (0, 1))
    x0, y0 = x0 - left * ax - up * dx, y0 - left * ay - up * dy
    layer, scale = layers.at(1 / max(1e-6, math.hypot(dx, dy)))
    # From the middle of a patch's pixel to the middle of the layer's.
    off = 0.5 - reach
    matrix = np.array(
        [
            [ax * scale, dx * scale, (x0 + off * (ax + dx)) * scale - 0.5],
            [ay * scale, dy * scale, (y0 + off * (ay + dy)) * scale - 0.5],
        ]
    )
    pixels = cv2.warpAffine(
        layer,
        matrix,
        (size[0] + 2 * reach, size[1] + 2 * reach),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    across = (x0 + size[1] * dx / 2, y0 + size[1] * dy / 2)
    below = (x0 + size[0] * ax / 2, y0 + size[0] * ay / 2)
    columns = _within(across, (ax, ay), size[0], layers.size_px)
    rows = _within(below, (dx, dy), size[1], layers.size_px)
    return cast(Image, pixels), (rows, columns)


def _axes(
    quad: Points, margin: tuple[float, float], size: tuple[int, int]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """One pixel of the patch to the right and one down, in pixels of the picture."""
    (x0, y0), (x1, y1), _, (x3, y3) = quad.tolist()
    across, down = (1 + 2 * margin[0]) / size[0], (1 + 2 * margin[1]) / size[1]
    return ((x1 - x0) * across, (y1 - y0) * across), ((x3 - x0) * down, (y3 - y0) * down)


def _within(first: tuple[float, float], step: tuple[float, float], count: int, size_px: tuple[int, int]) -> slice:
    """Which of `count` steps lie within a picture."""
    (x0, y0), (dx, dy), (width_px, height_px) = first, step, size_px
    x1, y1 = x0 + count * dx, y0 + count * dy
    if min(x0, x1) >= 0 and max(x0, x1) <= width_px and min(y0, y1) >= 0 and max(y0, y1) <= height_px:
        return slice(0, count)
    low, high = 0.0, float(count)
    for start, move, length in zip(first, step, size_px, strict=True):
        if abs(move) < 1e-9:
            if not 0 <= start <= length:
                return slice(0, 0)
            continue
        one, other = -start / move, (length - start) / move
        low, high = max(low, min(one, other)), min(high, max(one, other))
    begin = math.ceil(low)
    return slice(begin, max(begin, math.floor(high)))


def _common(one: slice, other: slice) -> slice:
    start = max(one.start, other.start)
    return slice(start, max(start, min(one.stop, other.stop)))


@lru_cache(maxsize=64)
def _doubt(reach: int) -> NDArray[np.float32]:
    off = np.arange(-reach, reach + 1, dtype=np.float32) / max(1, reach)
    return np.asarray(_DOUBT * (off[:, None] ** 2 + off[None] ** 2) / 2, np.float32)


def _peak(scores: NDArray[Any], at: int) -> float:
    """Where between its neighbours a maximum lies, by the parabola through the three, −0.5 to 0.5."""
    if not 0 < at < len(scores) - 1:
        return 0.0
    before, best, after = scores[at - 1 : at + 2].tolist()
    bend = before - 2 * best + after
    return min(0.5, max(-0.5, (before - after) / (2 * bend))) if bend < -1e-9 else 0.0


def side_lengths(quad: Points) -> tuple[float, float]:
    """Width and height of a quad, by its first corner."""
    (x0, y0), (x1, y1), _, (x3, y3) = quad.tolist()
    return math.hypot(x1 - x0, y1 - y0), math.hypot(x3 - x0, y3 - y0)
