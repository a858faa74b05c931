"""Cut the boxes out of their frames: upright, at one height, with usable contrast.

In: the kept frames and the boxes found in them. Out: one crop per box whose label is wanted, ordered by (seq, box). A
crop's quad has its corners in reading order, also where tall text was turned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, cast

import cv2
import numpy as np

from detection.quads import grown, quad_of, sides
from detection.records import Box, Crop, Crops, Objects, Quad, Scenes
from detection.zoom import rectified
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image, encode_jpeg
from mpr.pipeline.stage import Resource, Scope, Stage

Turn = Literal["off", "left", "right"]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes
    detect_objects: Objects


@dataclass(frozen=True, kw_only=True)
class Config:
    labels: Annotated[tuple[str, ...], limits("Boxes with these labels are cut out; empty takes all.")] = ("text",)
    height_px: Annotated[int, limits("Height of a crop; smaller text is enlarged to it.", ge=16, le=1024)] = 48
    max_width_px: Annotated[int, limits("Longer crops are squeezed to this width.", ge=16, le=8192)] = 1600
    margin_share: Annotated[
        float, limits("Room around a box as a share of its shorter side; negative cuts into it.", ge=-0.3, le=1)
    ] = 0.0
    min_side_px: Annotated[float, limits("Boxes with a shorter side are left out.", ge=1, le=1000)] = 4.0
    tall_ratio: Annotated[float, limits("A box this many times higher than wide holds tall text.", ge=1, le=100)] = 1.5
    turn_tall: Annotated[
        Turn, limits("Turns tall text upright: left for text that runs down, right for text that runs up.")
    ] = "left"
    low_contrast: Annotated[
        float,
        limits("Where brightness spans less than this share of its range it is stretched to all of it.", ge=0, le=1),
    ] = 0.25
    jpeg_quality: Annotated[int, limits("JPEG quality of a crop.", ge=30, le=100)] = 95


def run(inputs: Inputs, config: Config, ctx: Context) -> Crops:
    objects = {frame.seq: frame.boxes for frame in inputs.detect_objects.frames}
    kept = inputs.filter_scenes.frames
    crops: list[Crop] = []
    for done, item in enumerate(kept, start=1):
        seq = item.frame.seq
        wanted = [
            (number, box)
            for number, box in enumerate(objects.get(seq, []))
            if not config.labels or box.label in config.labels
        ]
        if wanted:
            image = ctx.read(item.frame)
            crops += [
                crop for number, box in wanted if (crop := cut_out(image, box, seq=seq, number=number, config=config))
            ]
        ctx.progress(done, len(kept))
    return Crops(crops=crops)


def cut_out(image: Image, box: Box, *, seq: int, number: int, config: Config) -> Crop | None:
    """The crop of one box, or None when the box is too small."""
    if min(sides(box.quad)) < config.min_side_px:
        return None
    quad = in_reading_order(box.quad, tall_ratio=config.tall_ratio, turn=config.turn_tall)
    picture = stretched(upright(image, quad, config), low_contrast=config.low_contrast)
    height, width = picture.shape[:2]
    return Crop(
        seq=seq,
        box=number,
        quad=quad,
        label=box.label,
        score=box.score,
        source=box.source,
        width_px=width,
        height_px=height,
        jpeg=encode_jpeg(picture, quality=config.jpeg_quality),
    )


def in_reading_order(quad: Quad, *, tall_ratio: float, turn: Turn) -> Quad:
    """The quad as it is, or begun at another corner when it holds tall text that is to be turned."""
    width, height = sides(quad)
    if turn == "off" or height < tall_ratio * width:
        return quad
    top_left, top_right, bottom_right, bottom_left = quad
    if turn == "left":
        return top_right, bottom_right, bottom_left, top_left
    return bottom_left, top_left, top_right, bottom_right


def upright(image: Image, quad: Quad, config: Config) -> Image:
    """The quad with its margin, perspective undone, at the configured height.

    It is cut out at its own size first and scaled then, which reads better than one step to the final size.
    """
    width, height = sides(quad)
    outline = grown(quad, config.margin_share * min(width, height)) if config.margin_share else quad
    width, height = sides(outline)
    cut, _ = rectified(image, quad_of(outline), width_px=max(1, int(width)), height_px=max(1, int(height)))
    size = (min(config.max_width_px, max(1, round(cut.shape[1] * config.height_px / cut.shape[0]))), config.height_px)
    shrinks_much = cut.shape[0] > 2 * config.height_px
    return cast(Image, cv2.resize(cut, size, interpolation=cv2.INTER_AREA if shrinks_much else cv2.INTER_LINEAR))


def stretched(image: Image, *, low_contrast: float) -> Image:
    """The picture with its brightness stretched over the whole range if it spans little of it; colours are kept.

    Stretching what has contrast enough makes reading worse, so most pictures pass unchanged.
    """
    luma = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    low, high = np.percentile(luma[..., 0], (1, 99))
    if high <= low or high - low >= low_contrast * 255:
        return image
    luma[..., 0] = np.clip((luma[..., 0].astype(np.float32) - low) * (255 / (high - low)), 0, 255).round()
    return cast(Image, cv2.cvtColor(luma, cv2.COLOR_YCrCb2BGR))


STAGE = Stage(
    name="preprocess",
    version=1,
    inputs=Inputs,
    config=Config,
    output=Crops,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.CPU,
)
