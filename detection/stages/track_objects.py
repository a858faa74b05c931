"""Follow what was found from frame to frame, and tell between which video frames it is on screen.

In: the kept frames, the boxes found in them, and the scan strip with every decoded video frame in small. Out: `Tracks`:
each thing that was found with the frames that show it, also those in which the detector missed it, and the times at
which it appears and disappears, exact to the video frame where the picture allows to tell, with their error.

Nothing is followed across cuts or beyond the shard. How the camera moves is estimated from the strip; in shots without
boxes nothing is computed. A thing is the same as long as its picture correlates, so a board that changes what it shows
becomes another track.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Annotated, cast

import cv2
import msgspec.structs
import numpy as np

from detection.clarity import contrast, sharpness
from detection.crops import Shape, in_reading_order, upright
from detection.ink import letters, within
from detection.quads import quad_of
from detection.records import Box, Frames, KeptFrame, Objects, Quad, Scenes, Shot, Track, Tracks, View
from detection.tracking.camera import Camera
from detection.tracking.linking import link
from detection.tracking.patch import Layers
from detection.tracking.presence import Limits, presence, shares
from detection.tracking.strip import Strip
from detection.tracking.things import Look, Region, Rules, Scene, Thing
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Image
from mpr.pipeline.stage import Resource, Scope, Stage

# Full-size pictures that are held at once while a shot is gone through forwards and backwards.
_HELD_FRAMES = 24
_CLEARNESS_HEIGHT_PX = 48
_SLACK_S = 1e-6


@dataclass(frozen=True, kw_only=True)
class Inputs:
    extract_frames: Frames
    filter_scenes: Scenes
    detect_objects: Objects


@dataclass(frozen=True, kw_only=True)
class Config:
    labels: Annotated[tuple[str, ...], limits("Boxes with these labels are followed; empty follows all.")] = ("text",)
    same_score: Annotated[
        float, limits("A picture that correlates so well with a thing's own shows that thing, 0 to 1.", ge=0, le=1)
    ] = 0.7
    supported_score: Annotated[
        float, limits("Enough correlation where a box was found in the expected place, 0 to 1.", ge=0, le=1)
    ] = 0.6
    inside_share: Annotated[
        float, limits("A thing is on screen while this share of its area is in the picture.", gt=0, le=1)
    ] = 0.65
    bridge_s: Annotated[float, limits("Something that was hidden no longer than this counts as seen.", ge=0, le=10)] = (
        0.5
    )
    remember_s: Annotated[
        float, limits("Something hidden no longer than this is taken for the same thing again.", ge=0, le=60)
    ] = 2.0
    camera_stride: Annotated[
        int, limits("Pictures stepped over at once to see how the camera moves; fewer where that fails.", ge=1, le=25)
    ] = 5


def run(inputs: Inputs, config: Config, ctx: Context) -> Tracks:
    strip = Strip(inputs.extract_frames.scan, lambda frames: ctx.pictures(frames, grey=True))
    rules = Rules(
        same_score=config.same_score,
        supported_score=config.supported_score,
        inside_share=config.inside_share,
        bridge_s=config.bridge_s,
        remember_s=config.remember_s,
    )
    tracks: list[Track] = []
    done = 0
    for shot, kept in _by_shot(inputs.filter_scenes):
        tracks += _of_shot(shot, kept, strip, inputs.detect_objects, config, rules, ctx)
        done += len(kept)
        ctx.progress(done, len(inputs.filter_scenes.frames))
    tracks.sort(key=lambda track: (track.start_s, track.views[0].quad))
    return Tracks(tracks=[_numbered(track, number) for number, track in enumerate(tracks)])


def _by_shot(scenes: Scenes) -> Iterator[tuple[Shot, list[KeptFrame]]]:
    for shot in scenes.shots:
        kept = [item for item in scenes.frames if item.shot == shot.number]
        if kept:
            yield shot, kept


def _of_shot(
    shot: Shot, kept: list[KeptFrame], strip: Strip, objects: Objects, config: Config, rules: Rules, ctx: Context
) -> list[Track]:
    """The tracks of one shot, not numbered yet."""
    boxes = {frame.seq: _regions(frame.boxes, config.labels) for frame in objects.frames}
    if not len(strip) or not any(boxes.get(item.frame.seq) for item in kept):
        return []
    pictures = _pictures(shot, kept, strip)
    read = lru_cache(maxsize=_HELD_FRAMES)(lambda place: Layers(_grey(ctx.read(kept[place].frame))))
    looks = [
        Look(
            number=place,
            picture=min(max(strip.at(item.frame.pts_s), pictures.start), pictures.stop - 1),
            time_s=item.frame.pts_s,
            scale=np.array([strip.width_px / item.frame.width_px, strip.height_px / item.frame.height_px]),
            size_px=(item.frame.width_px, item.frame.height_px),
            regions=boxes.get(item.frame.seq, []),
            read=partial(read, place),
        )
        for place, item in enumerate(kept)
    ]
    camera = Camera(strip, pictures, stride=config.camera_stride)
    scene = Scene(strip=strip, pictures=pictures, camera=camera, looks=looks)
    borders = _limits(shot, ctx.span)
    found = (_track(thing, scene, kept, borders, rules) for thing in link(scene, rules))
    return [track for track in found if track is not None]


def _regions(boxes: Sequence[Box], labels: tuple[str, ...]) -> list[Region]:
    return [
        Region(box=number, label=box.label, quad=np.array(box.quad, np.float64))
        for number, box in enumerate(boxes)
        if not labels or box.label in labels
    ]


def _grey(image: Image) -> Image:
    return cast(Image, cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def _pictures(shot: Shot, kept: list[KeptFrame], strip: Strip) -> range:
    """The shot's pictures in the strip; where that is thinned out there may be none, then the nearest."""
    pictures = strip.between(shot.start_s, shot.end_s)
    nearest = strip.at(kept[0].frame.pts_s)
    return pictures or range(nearest, nearest + 1)


def _limits(shot: Shot, span: Span) -> Limits:
    return Limits(
        start_s=max(shot.start_s, span.start_s),
        end_s=min(shot.end_s, span.end_s),
        start_cause="cut" if shot.start_s >= span.start_s - _SLACK_S else "shard",
        end_cause="cut" if shot.end_s <= span.end_s + _SLACK_S else "shard",
    )


def _track(
    thing: Thing,
    scene: Scene,
    kept: list[KeptFrame],
    borders: Limits,
    rules: Rules,
) -> Track | None:
    stretches = presence(thing, scene, borders, rules)
    views: list[View] = []
    for stretch in stretches:
        times_s = [kept[look].frame.pts_s for look in stretch.looks]
        for look, (start_s, end_s) in zip(stretch.looks, shares(times_s, stretch), strict=True):
            if end_s <= start_s:
                continue
            quad = quad_of(thing.sights[look].quad)
            sharp, rich, outline = _clearness(scene.looks[look], quad)
            views.append(
                View(
                    seq=kept[look].frame.seq,
                    box=thing.sights[look].box,
                    quad=quad,
                    start_s=round(start_s, 6),
                    end_s=round(end_s, 6),
                    sharpness=sharp,
                    contrast=rich,
                    outline=outline,
                )
            )
    if not views:
        return None
    return Track(
        number=-1,
        shot=kept[0].shot,
        label=thing.label,
        start_s=views[0].start_s,
        end_s=views[-1].end_s,
        start_cause=stretches[0].start_cause,
        end_cause=stretches[-1].end_cause,
        start_error_s=round(stretches[0].start_error_s, 6),
        end_error_s=round(stretches[-1].end_error_s, 6),
        motion=thing.motion,
        views=views,
    )


def _clearness(look: Look, quad: Quad) -> tuple[float, float, Quad]:
    """Sharpness and contrast of the upright crop, and what of it is letters as a quad with the same first corner."""
    picture, _ = look.read().at(1.0)
    ordered = in_reading_order(quad)[0]
    crop = upright(picture, ordered, Shape(height_px=_CLEARNESS_HEIGHT_PX))
    filled = within(np.array(ordered), letters(crop))
    outline = quad_of(np.roll(filled, quad.index(ordered[0]), axis=0))
    return sharpness(crop), contrast(crop), outline


def _numbered(track: Track, number: int) -> Track:
    return msgspec.structs.replace(track, number=number)


STAGE = Stage(
    name="track_objects",
    version=4,
    inputs=Inputs,
    config=Config,
    output=Tracks,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.CPU,
)
