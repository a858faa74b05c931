"""Find the playing field in each frame by its colour.

In: the kept frames. Out: per frame the hull of the field in frame pixels, the hull's share of the frame and the cleaned
mask as a small grey PNG. A frame without a field (a close-up, an advertisement) has an empty hull: a normal answer.

The grass is what lies near the most common hue within the allowed range, so that a pitch in shade, under floodlights
or of another sort of grass is found with the same settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.records import Fields, FrameField, Point, Scenes
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image
from mpr.pipeline.stage import Resource, Scope, Stage

Mask = NDArray[np.uint8]

# OpenCV keeps a hue of 0–360° as 0–179.
_DEG_PER_STEP = 2


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes


@dataclass(frozen=True, kw_only=True)
class Config:
    hue_low_deg: Annotated[float, limits("Least hue of the field in degrees (60 yellow, 120 green).", ge=0, le=360)] = (
        60.0
    )
    hue_high_deg: Annotated[float, limits("Greatest hue of the field in degrees (180 cyan).", ge=0, le=360)] = 170.0
    hue_spread_deg: Annotated[
        float, limits("How far a field's hue may lie from its most common hue, in degrees.", gt=0, le=180)
    ] = 20.0
    min_saturation: Annotated[float, limits("Least colour saturation of the field, 0 to 1.", ge=0, le=1)] = 0.2
    min_brightness: Annotated[float, limits("Least brightness of the field, 0 to 1.", ge=0, le=1)] = 0.12
    min_share: Annotated[float, limits("A hull below this share of the frame is no field.", ge=0, le=1)] = 0.12
    min_fill: Annotated[
        float, limits("Least share of the hull that must have the field's colour; less is scattered green.", ge=0, le=1)
    ] = 0.5
    gap_px: Annotated[
        int, limits("Gaps up to this many pixels at working width are closed: players, lines, the ball.", ge=0, le=100)
    ] = 9
    working_width_px: Annotated[int, limits("Frames are shrunk to this width first.", ge=32, le=4096)] = 320
    mask_width_px: Annotated[int, limits("Width of the kept mask.", ge=16, le=4096)] = 160


def run(inputs: Inputs, config: Config, ctx: Context) -> Fields:
    frames = []
    kept = inputs.filter_scenes.frames
    for done, item in enumerate(kept, start=1):
        frames.append(find_field(ctx.read(item.frame), seq=item.frame.seq, config=config))
        ctx.progress(done, len(kept))
    return Fields(frames=frames)


def find_field(image: Image, *, seq: int, config: Config) -> FrameField:
    """The field in one BGR picture."""
    height, width = image.shape[:2]
    small = shrunk(image, config.working_width_px)
    mask = cleaned(grass(small, config), config.gap_px)
    hull = cv2.convexHull(cv2.findNonZero(mask)) if mask.any() else None
    if hull is None or len(hull) < 3:
        return FrameField(seq=seq, share=0.0, hull=[], mask_png=b"")
    hull_area = float(cv2.contourArea(hull))
    share = hull_area / mask.size
    if share < config.min_share or cv2.countNonZero(mask) < config.min_fill * hull_area:
        return FrameField(seq=seq, share=0.0, hull=[], mask_png=b"")
    to_frame = np.array([width / small.shape[1], height / small.shape[0]])
    points: list[Point] = [(round(float(x), 1), round(float(y), 1)) for x, y in (hull[:, 0] + 0.5) * to_frame]
    return FrameField(seq=seq, share=round(min(share, 1.0), 4), hull=points, mask_png=_png(mask, config.mask_width_px))


def grass(image: Image, config: Config) -> Mask:
    """255 where a BGR picture has the colour of the field."""
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hue = hsv[..., 0].astype(np.int16)
    coloured = (hsv[..., 1] >= config.min_saturation * 255) & (hsv[..., 2] >= config.min_brightness * 255)
    low, high = config.hue_low_deg / _DEG_PER_STEP, config.hue_high_deg / _DEG_PER_STEP
    candidates = coloured & (hue >= low) & (hue <= high)
    counts = np.bincount(hue[candidates].ravel(), minlength=181).astype(np.float64)
    if not counts.any():
        return np.zeros(hue.shape, np.uint8)
    # Smoothed, so that one flat surface of a single hue (a caption) does not win over a meadow of many.
    dominant = int(np.convolve(counts, np.hanning(9), mode="same").argmax())
    spread = config.hue_spread_deg / _DEG_PER_STEP
    return np.where(candidates & (np.abs(hue - dominant) <= spread), 255, 0).astype(np.uint8)


def cleaned(mask: Mask, gap_px: int) -> Mask:
    """The mask without specks and gaps: the largest connected piece and all that have at least a tenth of its size."""
    if gap_px:
        mask = cast(Mask, cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disc(max(1, gap_px // 3))))
        mask = cast(Mask, cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _disc(gap_px)))
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count < 2:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    kept = 1 + np.flatnonzero(areas * 10 >= areas.max())
    return np.where(np.isin(pieces, kept), 255, 0).astype(np.uint8)


def shrunk(image: Image, width_px: int) -> Image:
    """The picture at most `width_px` wide, its shape kept."""
    height, width = image.shape[:2]
    if width <= width_px:
        return image
    size = (width_px, max(1, round(height * width_px / width)))
    return cast(Image, cv2.resize(image, size, interpolation=cv2.INTER_AREA))


def _disc(radius_px: int) -> Mask:
    side = 2 * radius_px + 1
    return cast(Mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))


def _png(mask: Mask, width_px: int) -> bytes:
    height, width = mask.shape
    if width > width_px:
        size = (width_px, max(1, round(height * width_px / width)))
        mask = cast(Mask, cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST))
    _, data = cv2.imencode(".png", mask)
    return bytes(data)


STAGE = Stage(
    name="field_segmentation",
    version=1,
    inputs=Inputs,
    config=Config,
    output=Fields,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.CPU,
)
