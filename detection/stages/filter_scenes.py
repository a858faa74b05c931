"""Find the shots and drop sampled frames that show the same as the one before.

In: the sampled frames of all shards with their thumbnails and looks. Out: `Scenes`: shots that cover the timeline from
its start to its end, and the kept frames.

A kept frame stands for its own cell, which reaches half-way to the samples before and behind it in the same shot (to
the shot's ends for the first and the last), and for the cells of the near-duplicates that follow it. So the kept frames
of a shot cover it without gap or overlap. A shot so short that no sampled frame lies in it has none, and its time is
not analysed; sample faster where such shots matter.

Shots are found on the thumbnails of every decoded frame, so cuts are exact to the frame; where only keyframes were
decoded, to the keyframe.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from scenedetect import AdaptiveDetector, ContentDetector, HashDetector, SceneDetector, ThresholdDetector

from detection.records import Frames, KeptFrame, Scenes, Shot
from detection.video.cuts import CutFinder, Dissolves, largest_change, lasting
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Frame, Image, decode_jpeg
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.timeline import TimelineFacts


@dataclass(frozen=True, kw_only=True)
class Inputs:
    extract_frames: Sequence[Frames]
    timeline: TimelineFacts


@dataclass(frozen=True, kw_only=True)
class Config:
    detector: Annotated[
        Literal["adaptive", "content", "hash"],
        limits("“adaptive” allows for camera movement, “content” takes any large change, “hash” a change of shapes."),
    ] = "adaptive"
    adaptive_ratio: Annotated[
        float, limits("Detector “adaptive”: a cut changes so many times more than its neighbours.", gt=1)
    ] = 3.0
    least_change: Annotated[
        float,
        limits("Detector “adaptive”: smaller changes (0–255, hue, saturation and value) are no cut.", ge=0, le=255),
    ] = 15.0
    content_change: Annotated[float, limits("Detector “content”: a larger change is a cut.", gt=0, le=255)] = 27.0
    hash_distance: Annotated[float, limits("Detector “hash”: a larger distance (0–1) is a cut.", gt=0, le=1)] = 0.35
    fade_level: Annotated[
        int, limits("A picture darker than this on average is a fade to black and parts shots; 0 is off.", ge=0, le=255)
    ] = 12
    dissolve_s: Annotated[
        float, limits("Stretch in which a dissolve is looked for; longer ones are found too. 0 is off.", ge=0, le=5)
    ] = 0.5
    min_shot_s: Annotated[
        float, limits("Cuts closer together are one, or none if the old picture comes back (a flash).", ge=0)
    ] = 0.3
    duplicate_change: Annotated[
        float,
        limits("A frame is a near-duplicate if no spot changed by this many grey levels; 0 keeps all.", ge=0, le=255),
    ] = 10.0
    max_gap_s: Annotated[float, limits("Even of a still picture a frame is kept this often.", gt=0)] = 4.0


# A flash is over when the mean difference to the picture before it is below this; a few frames of camera movement stay
# below, another shot hardly ever does.
_SAME_PICTURE = 15.0


def run(inputs: Inputs, config: Config, ctx: Context) -> Scenes:
    steps = 2 * len(inputs.extract_frames)
    finder = _finder(config)
    for done, part in enumerate(inputs.extract_frames, 1):
        for picture in part.scan:
            finder.add(picture.pts_s, decode_jpeg(picture.jpeg))
        ctx.progress(done, steps)
    shots = _shots(_starts(finder, config), inputs.timeline.duration_s)

    kept: list[KeptFrame] = []
    dropped = 0
    for shot, samples in _by_shot(_samples(inputs.extract_frames, ctx, steps), shots):
        frames, representatives = _without_duplicates(samples, config)
        kept += _cells(frames, representatives, shot)
        dropped += len(frames) - len(representatives)
    return Scenes(shots=shots, frames=kept, dropped=dropped)


def _finder(config: Config) -> CutFinder:
    return CutFinder(
        _detector(config),
        fades=ThresholdDetector(threshold=config.fade_level, min_scene_len=0) if config.fade_level else None,
        dissolves=Dissolves(length_s=config.dissolve_s) if config.dissolve_s else None,
    )


def _detector(config: Config) -> SceneDetector:
    # Shot length is judged in seconds afterwards, since footage may have no fixed frame rate.
    match config.detector:
        case "adaptive":
            return AdaptiveDetector(
                adaptive_threshold=config.adaptive_ratio, min_content_val=config.least_change, min_scene_len=0
            )
        case "content":
            return ContentDetector(threshold=config.content_change, min_scene_len=0)
        case "hash":
            return HashDetector(threshold=config.hash_distance, min_scene_len=0)


def _starts(finder: CutFinder, config: Config) -> list[float]:
    """When shots begin, the first one left out. A gradual change beside a cut is the same change, and the cut is the
    more exact; of a fade through black both slopes look like dissolves."""
    starts: list[float] = []
    hard_s = lasting(finder.cuts, min_shot_s=config.min_shot_s, same_picture=_SAME_PICTURE)
    reach_s = max(config.min_shot_s, 2 * config.dissolve_s)
    for found_s, apart_s in ((hard_s, config.min_shot_s), (finder.fades_s, reach_s), (finder.dissolves_s, reach_s)):
        for time_s in found_s:
            if time_s > 0 and all(abs(time_s - start_s) >= apart_s for start_s in starts):
                starts.append(time_s)
    return sorted(starts)


def _shots(starts: list[float], duration_s: float) -> list[Shot]:
    marks = [0.0, *(time_s for time_s in starts if time_s < duration_s), duration_s]
    return [
        Shot(number=number, start_s=start_s, end_s=end_s) for number, (start_s, end_s) in enumerate(pairwise(marks))
    ]


Sample = tuple[Frame, bytes | None]


def _samples(parts: Sequence[Frames], ctx: Context, steps: int) -> Iterator[Sample]:
    """Sampled frames in time order, each with its look."""
    for done, part in enumerate(parts, len(parts) + 1):
        looks: list[bytes | None] = [*part.looks] if part.looks else [None] * len(part.frames)
        yield from zip(part.frames, looks, strict=True)
        ctx.progress(done, steps)


def _by_shot(samples: Iterator[Sample], shots: list[Shot]) -> Iterator[tuple[Shot, list[Sample]]]:
    """The samples of each shot that has any."""
    waiting = iter(shots)
    shot = next(waiting)
    held: list[Sample] = []
    for frame, look in samples:
        while frame.pts_s >= shot.end_s and shot is not shots[-1]:
            if held:
                yield shot, held
            held = []
            shot = next(waiting)
        held.append((frame, look))
    if held:
        yield shot, held


def _without_duplicates(samples: list[Sample], config: Config) -> tuple[list[Frame], set[int]]:
    """All frames of a shot, and the places in that list of those that are kept. Each frame is compared with the last
    kept one, so that slow change adds up."""
    kept: set[int] = set()
    last: tuple[Frame, Image | None] | None = None
    for place, (frame, jpeg) in enumerate(samples):
        look = None if jpeg is None else decode_jpeg(jpeg)
        if last is None or not _is_duplicate(last, (frame, look), config):
            kept.add(place)
            last = (frame, look)
    return [frame for frame, _ in samples], kept


def _is_duplicate(last: tuple[Frame, Image | None], now: tuple[Frame, Image | None], config: Config) -> bool:
    if last[1] is None or now[1] is None or now[0].pts_s - last[0].pts_s >= config.max_gap_s - 1e-6:
        return False
    return largest_change(last[1], now[1]) < config.duplicate_change


def _cells(frames: list[Frame], kept: set[int], shot: Shot) -> Iterator[KeptFrame]:
    """The kept frames of a shot with the time each stands for."""
    middles = [(before.pts_s + after.pts_s) / 2 for before, after in pairwise(frames)]
    edges = [shot.start_s, *middles, shot.end_s]
    places = sorted(kept)
    for place, next_place in pairwise([*places, len(frames)]):
        yield KeptFrame(frame=frames[place], shot=shot.number, start_s=edges[place], end_s=edges[next_place])


STAGE = Stage(
    name="filter_scenes",
    version=1,
    inputs=Inputs,
    config=Config,
    output=Scenes,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.CPU,
)
