"""Find the shots, and say for which time each sampled frame stands.

In: the sampled frames of all shards and their scan strips. Out: `Scenes`: shots that cover the timeline from its start
to its end, and the frames worth looking at.

A kept frame stands for its own cell, which reaches half-way to the samples before and behind it in the same shot (to
the shot's ends for the first and the last), and for the cells of the near-duplicates that follow it, which
extract_frames did not store. So the kept frames of a shot cover it without gap or overlap. A shot in which no frame was
sampled has none, and its time is not analysed; extract_frames sees to it that no shot of `min_shot_s` goes without.

Shots are found on the small pictures of every decoded frame, so cuts are exact to the frame; where only keyframes were
decoded, to the keyframe. No cut lies between near-duplicates. Replays are told where the broadcaster goes into them and
out of them with transitions that look alike; where nothing tells them, none is named.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from scenedetect import AdaptiveDetector, ContentDetector, HashDetector, SceneDetector, ThresholdDetector

from detection.records import Frames, KeptFrame, Replay, Scenes, Shot
from detection.video.cuts import Apart, CutFinder, Dissolves, lasting
from detection.video.replays import Replays
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Frame, Reduction
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
        limits("Detector “adaptive”: smaller changes (0–255, mean of all places) are no cut.", ge=0, le=255),
    ] = 8.0
    content_change: Annotated[
        float,
        limits(
            "Detector “content”, and footage of three pictures a second or fewer: a larger change is a cut.",
            gt=0,
            le=255,
        ),
    ] = 20.0
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
    find_replays: Annotated[bool, limits("Tell replays by the transitions before and behind them.")] = True


# A flash is over when the mean difference to the picture before it is below this; a few frames of camera movement stay
# below, another shot hardly ever does.
_SAME_PICTURE = 15.0
# Of pictures no farther apart than this the neighbours tell what is a cut.
_LEAST_GAP_S = 0.3
_CUT_WIDTH_PX = 64


def run(inputs: Inputs, config: Config, ctx: Context) -> Scenes:
    steps = 2 * len(inputs.extract_frames)
    finder, replays = _finder(config), Replays()
    still: list[tuple[float, float]] = []
    for done, part in enumerate(inputs.extract_frames, 1):
        for frame, picture in zip(part.scan, ctx.pictures(part.scan, reduced=_reduction(part.scan)), strict=True):
            finder.add(frame.pts_s, picture, is_keyframe=part.keyframes_only)
            if config.find_replays:
                replays.add(frame.pts_s, picture)
        still += _still(_samples(part))
        ctx.progress(done, steps)
    shots = _shots(_outside(still, _starts(finder, config)), inputs.timeline.duration_s)

    kept: list[KeptFrame] = []
    dropped = 0
    for shot, samples in _by_shot(_all_samples(inputs.extract_frames, ctx, steps), shots):
        cells = list(_cells(samples, shot))
        kept += cells
        dropped += len(samples) - len(cells)
    found = [Replay(start_s=start_s, end_s=end_s) for start_s, end_s in replays.found()]
    return Scenes(shots=shots, frames=kept, dropped=dropped, replays=found or None)


def _reduction(scan: Sequence[Frame]) -> Reduction:
    """By how much the small pictures are made smaller still: cuts need no more than this."""
    width_px = scan[0].width_px if scan else 0
    reductions: tuple[Reduction, ...] = (8, 4, 2)
    return next((by for by in reductions if width_px >= by * _CUT_WIDTH_PX), 1)


def _finder(config: Config) -> CutFinder:
    return CutFinder(
        _detector(config),
        apart=Apart(gap_s=max(config.min_shot_s, _LEAST_GAP_S), change=config.content_change),
        fades=ThresholdDetector(threshold=config.fade_level, min_scene_len=0) if config.fade_level else None,
        dissolves=Dissolves(length_s=config.dissolve_s) if config.dissolve_s else None,
    )


def _detector(config: Config) -> SceneDetector:
    # Shot length is judged in seconds afterwards, since footage may have no fixed frame rate.
    match config.detector:
        case "adaptive":
            return AdaptiveDetector(
                adaptive_threshold=config.adaptive_ratio,
                min_content_val=config.least_change,
                min_scene_len=0,
                luma_only=True,
            )
        case "content":
            return ContentDetector(threshold=config.content_change, min_scene_len=0, luma_only=True)
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


Sample = tuple[float, Frame | None]


def _samples(part: Frames) -> list[Sample]:
    """Sampled moments in time order, each with its frame, or none for a near-duplicate of the frame before."""
    stored: list[Sample] = [(frame.pts_s, frame) for frame in part.frames]
    return sorted([*stored, *((time_s, None) for time_s in part.repeats_s)], key=lambda sample: sample[0])


def _all_samples(parts: Sequence[Frames], ctx: Context, steps: int) -> Iterator[Sample]:
    for done, part in enumerate(parts, len(parts) + 1):
        yield from _samples(part)
        ctx.progress(done, steps)


def _still(samples: Sequence[Sample]) -> Iterator[tuple[float, float]]:
    """The stretches from each near-duplicate's sample before it to itself: nothing changes in them."""
    return ((before_s, time_s) for (before_s, _), (time_s, frame) in pairwise(samples) if frame is None)


def _outside(still: Sequence[tuple[float, float]], starts: Iterable[float]) -> list[float]:
    """The starts that lie in no such stretch."""
    ends = [end_s for _, end_s in still]

    def inside(start_s: float) -> bool:
        at = bisect_left(ends, start_s)
        return at < len(still) and still[at][0] < start_s

    return [start_s for start_s in starts if not inside(start_s)]


def _by_shot(samples: Iterator[Sample], shots: list[Shot]) -> Iterator[tuple[Shot, list[Sample]]]:
    """The samples of each shot that has any."""
    waiting = iter(shots)
    shot = next(waiting)
    held: list[Sample] = []
    for sample in samples:
        while sample[0] >= shot.end_s and shot is not shots[-1]:
            if held:
                yield shot, held
            held = []
            shot = next(waiting)
        held.append(sample)
    if held:
        yield shot, held


def _cells(samples: Sequence[Sample], shot: Shot) -> Iterator[KeptFrame]:
    """The stored frames of a shot with the time each stands for."""
    middles = [(before_s + after_s) / 2 for (before_s, _), (after_s, _) in pairwise(samples)]
    edges = [shot.start_s, *middles, shot.end_s]
    kept = [(place, frame) for place, (_, frame) in enumerate(samples) if frame is not None]
    ends = [*(place for place, _ in kept[1:]), len(samples)]
    for (place, frame), end in zip(kept, ends, strict=True):
        yield KeptFrame(frame=frame, shot=shot.number, start_s=edges[place], end_s=edges[end])


STAGE = Stage(
    name="filter_scenes",
    version=5,
    inputs=Inputs,
    config=Config,
    output=Scenes,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.CPU,
)
