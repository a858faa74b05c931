"""The newest frames in which a stage of a job found something, read shard by shard as the event log tells of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from detection.overlays import OVERLAYS
from detection.records import KeptFrame, Scenes
from mpr.errors import MprError
from mpr.events.models import JobEvent
from mpr.jobs.models import Job
from mpr.jobs.outputs import read_output, read_so_far, spans_of
from mpr.pipeline.context import Span
from mpr.pipeline.stage import Scope
from profiles.families import registry
from profiles.plan import parse_plan

AT_FIRST, AT_ONCE = 24, 8
_OF_A_SHARD, _OF_A_TIMELINE = 3, 12


@dataclass(frozen=True, kw_only=True)
class Found:
    """A frame in which `stage` found something; `event` is the number of the event that told of it."""

    event: int
    stage: str
    seq: int
    t_s: float


# The frames in which a record has something to show.
_SEQS: Mapping[str, Callable[[Any], set[int]]] = {
    "detect_objects": lambda objects: {frame.seq for frame in objects.frames if frame.boxes},
    "track_objects": lambda tracks: {view.seq for track in tracks.tracks for view in track.views},
    "run_ocr": lambda texts: {candidate.seq for candidate in texts.candidates},
    **dict.fromkeys(
        ("match_brands", "match_logos", "escalate_vlm", "escalate_cloud"),
        lambda settled: {match.seq for match in settled.matches},
    ),
}


def arriving(job: Job, after: int) -> list[Found]:
    """The newest frames that were told of behind the event `after`, newest first; from 0 on, those of a job whose log
    tells no details any more too. Empty when there is nothing yet, or no more."""
    at_most = AT_ONCE if after else AT_FIRST
    stages = [name for name in job.plan["pipeline"]["stages"] if name in _SEQS and name in OVERLAYS]
    scenes = _scenes(job)
    if scenes is None:
        return []
    told = JobEvent.objects.filter(
        job=job, seq__gt=after, type__in=("shard.done", "stage.reused", "stage.done"), payload__stage__in=stages
    )
    found: list[Found] = []
    whole: set[str] = set()
    for event in told.order_by("-seq")[: 2 * at_most]:
        stage = event.payload["stage"]
        if event.type == "stage.done" and not _is_pruned(job):
            continue
        if stage not in whole and len(found) < at_most:
            found += _of_event(job, stage, event, scenes)
        if event.type != "shard.done":
            whole.add(stage)
    return found[:at_most]


def _scenes(job: Job) -> Scenes | None:
    """None when they are not there yet, or cleared."""
    try:
        return next(iter(read_output(job, "filter_scenes")), None)
    except MprError:
        return None


def _is_pruned(job: Job) -> bool:
    return not job.events.filter(type="shard.done").exists()


def _of_event(job: Job, stage: str, event: JobEvent, scenes: Scenes) -> list[Found]:
    """Frames of the shard that an event tells of, or of the whole timeline, the latest first."""
    spans = spans_of(job.timeline, parse_plan(job.plan), registry().stage(stage))
    is_one = event.type == "shard.done" and registry().stage(stage).scope is Scope.SHARD
    wanted = [span for span in spans if not is_one or span.number == event.payload.get("shard")]
    frames = _shown(job, stage, wanted[:: max(1, len(wanted) // _OF_A_TIMELINE)], scenes)
    at_most = _OF_A_SHARD if is_one else _OF_A_TIMELINE
    some = [frames[number * len(frames) // at_most] for number in range(at_most)] if len(frames) > at_most else frames
    return [Found(event=event.seq, stage=stage, seq=kept.frame.seq, t_s=kept.frame.pts_s) for kept in reversed(some)]


def _shown(job: Job, stage: str, spans: list[Span], scenes: Scenes) -> list[KeptFrame]:
    shown = []
    for span in spans:
        try:
            seqs = _SEQS[stage](read_so_far(job, stage, span.start_s))
        except MprError:
            continue
        shown += [kept for kept in scenes.frames if kept.frame.seq in seqs and span.holds(kept.frame.pts_s)]
    return shown
