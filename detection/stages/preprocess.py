"""Cut the boxes out of their frames: upright, at one height, with usable contrast.

In: the kept frames, the boxes found in them and, when there are any, the tracks. Out: one crop per box whose label is
wanted, ordered by (seq, box); of tall text two, since it may run down or up. A crop's quad has its corners in reading
order, also where tall text was turned. Of the views of a track only the clearest are cut, apart in time, and of views
that show the same picture two at most; boxes that belong to no track are all cut.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, cast

import cv2
import numpy as np
from msgspec.structs import replace

from detection.crops import Enlarge, Shape, Turn, deslanted, in_reading_order, upright
from detection.quads import sides
from detection.records import Box, Crop, Crops, Objects, Quad, Scenes, Track, Tracks, View
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image, encode_jpeg
from mpr.pipeline.stage import Resource, Scope, Stage

# Views are of one picture when no corner moved by more and their sharpness differs by a smaller share.
_SAME_PLACE_PX = 1.5
_SAME_SHARPNESS = 0.1
_SAME_VIEWS = 2


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes
    detect_objects: Objects
    track_objects: Tracks | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    labels: Annotated[tuple[str, ...], limits("Boxes with these labels are cut out; empty takes all.")] = ("text",)
    height_px: Annotated[int, limits("Height of a crop; smaller text is enlarged to it.", ge=16, le=1024)] = 48
    max_width_px: Annotated[int, limits("Longer crops are squeezed to this width.", ge=16, le=8192)] = 1600
    margin_share: Annotated[
        float, limits("Room around a box as a share of its shorter side; negative cuts into it.", ge=-0.3, le=1)
    ] = 0.1
    min_side_px: Annotated[float, limits("Boxes with a shorter side are left out.", ge=1, le=1000)] = 4.0
    tall_ratio: Annotated[float, limits("A box this many times higher than wide holds tall text.", ge=1, le=100)] = 1.5
    turn_tall: Annotated[
        Turn,
        limits(
            "Turns tall text upright: left for text that runs down, right for text that runs up; both cuts it out both "
            "ways, and the surer reading counts."
        ),
    ] = "both"
    slanted: Annotated[
        Literal["off", "auto"], limits("auto sets letters upright that lean in the box of a slanted line.")
    ] = "auto"
    low_contrast: Annotated[
        float,
        limits("Where brightness spans less than this share of its range it is stretched to all of it.", ge=0, le=1),
    ] = 0.25
    jpeg_quality: Annotated[int, limits("JPEG quality of a crop.", ge=30, le=100)] = 95
    enlarge: Annotated[Enlarge, limits("How crops lower than height_px are enlarged: linear, or cubic.")] = "linear"
    views_per_track: Annotated[
        int, limits("Of each track so many views are cut, the clearest; 0 cuts all.", ge=0, le=1000)
    ] = 3


def run(inputs: Inputs, config: Config, ctx: Context) -> Crops:
    objects = {frame.seq: frame.boxes for frame in inputs.detect_objects.frames}
    tracks = inputs.track_objects.tracks if inputs.track_objects else []
    tracked = {(view.seq, view.box): track.number for track in tracks for view in track.views}
    ranks = {
        (view.seq, view.box): rank
        for track in tracks
        for rank, view in enumerate(clearest(track, config.views_per_track))
    }
    kept = inputs.filter_scenes.frames
    crops: list[Crop] = []
    for done, item in enumerate(kept, start=1):
        seq = item.frame.seq
        wanted = [
            (number, box)
            for number, box in enumerate(objects.get(seq, []))
            if (not config.labels or box.label in config.labels)
            and ((seq, number) not in tracked or (seq, number) in ranks)
        ]
        if wanted:
            image = ctx.read(item.frame)
            for number, box in wanted:
                cut = cut_out(image, box, seq=seq, number=number, config=config)
                track, rank = tracked.get((seq, number), -1), ranks.get((seq, number), 0)
                crops += [replace(crop, track=track, rank=rank) for crop in cut]
        ctx.progress(done, len(kept))
    return Crops(crops=crops)


def clearest(track: Track, count: int) -> list[View]:
    """The `count` views of a track that are best to read, 0 for all, the best first: the sharpest and largest, apart in
    time, and no picture over and over. Only those that show a box count."""
    views = sorted((view for view in track.views if view.box >= 0), key=lambda view: (-_clearness(view), view.seq))
    if not count:
        return views
    apart_s = (track.end_s - track.start_s) / (2 * count)
    chosen: list[View] = []
    for least_s in (apart_s, 0.0):
        for view in views:
            if len(chosen) < count and view not in chosen and _is_apart(view, chosen, least_s):
                chosen.append(view)
    return chosen


def _clearness(view: View) -> float:
    return view.sharpness * min(sides(view.quad))


def _is_apart(view: View, chosen: Iterable[View], least_s: float) -> bool:
    """Whether a view is some time apart from those chosen and shows something that they do not show enough."""
    same = 0
    for other in chosen:
        if abs(view.start_s + view.end_s - other.start_s - other.end_s) < 2 * least_s:
            return False
        moved_px = float(np.abs(np.array(view.quad) - np.array(other.quad)).max())
        sharper = abs(view.sharpness - other.sharpness) / max(view.sharpness, other.sharpness, 1e-9)
        same += moved_px <= _SAME_PLACE_PX and sharper <= _SAME_SHARPNESS
    return same < _SAME_VIEWS


def cut_out(image: Image, box: Box, *, seq: int, number: int, config: Config) -> list[Crop]:
    """The crop of one box; none when the box is too small, two when its text may run either way."""
    if min(sides(box.quad)) < config.min_side_px:
        return []
    crops = []
    for quad in in_reading_order(box.quad, tall_ratio=config.tall_ratio, turn=config.turn_tall):
        picture = stretched(_upright(image, quad, config), low_contrast=config.low_contrast)
        height, width = picture.shape[:2]
        crops.append(
            Crop(
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
        )
    return crops


def _upright(image: Image, quad: Quad, config: Config) -> Image:
    shape = Shape(
        height_px=config.height_px,
        max_width_px=config.max_width_px,
        margin_share=config.margin_share,
        enlarge=config.enlarge,
    )
    return (deslanted if config.slanted == "auto" else upright)(image, quad, shape)


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
    version=3,
    inputs=Inputs,
    config=Config,
    output=Crops,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.CPU,
)
