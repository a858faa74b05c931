"""The newest frames in which a stage of a job found something, read shard by shard as the event log tells of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from detection.api.overlays import spread
from detection.overlays import OVERLAYS
from detection.records import KeptFrame, Scenes
from mpr.errors import MprError
from mpr.events.models import JobEvent
from mpr.jobs.models import Job
from mpr.jobs.outputs import read_output, shards_so_far, spans_of
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
    reader = _Reader(job, scenes)
    found: list[Found] = []
    whole: set[str] = set()
    for event in told.order_by("-seq")[: 2 * at_most]:
        stage = event.payload["stage"]
        if len(found) >= at_most:
            break
        if stage in whole or (event.type == "stage.done" and not _is_pruned(job)):
            continue
        found += reader.of_event(stage, event)
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


class _Reader:
    """Looks up what several events of a job are told of; what they share is read once."""

    def __init__(self, job: Job, scenes: Scenes) -> None:
        self._job = job
        self._frames = scenes.frames
        self._plan = parse_plan(job.plan)
        self._shards: dict[str, Mapping[int, Any]] = {}

    def of_event(self, stage_name: str, event: JobEvent) -> list[Found]:
        """Frames of the shard that an event tells of, or of the whole timeline, the latest first."""
        stage = registry().stage(stage_name)
        is_one = event.type == "shard.done" and stage.scope is Scope.SHARD
        spans = spans_of(self._job.timeline, self._plan, stage)
        wanted = [span for span in spans if not is_one or span.number == event.payload.get("shard")]
        at_most = _OF_A_SHARD if is_one else _OF_A_TIMELINE
        frames = self._shown(stage_name, spread(wanted, at_most))
        return [
            Found(event=event.seq, stage=stage_name, seq=kept.frame.seq, t_s=kept.frame.pts_s)
            for kept in reversed(spread(frames, at_most))
        ]

    def _shown(self, stage_name: str, spans: list[Span]) -> list[KeptFrame]:
        shown: list[KeptFrame] = []
        for span in spans:
            try:
                if stage_name not in self._shards:
                    self._shards[stage_name] = shards_so_far(self._job, stage_name)
                record = self._shards[stage_name].get(span.number)
            except MprError:
                # Cleared, or gone with a replay in place.
                continue
            seqs = _SEQS[stage_name](record) if record is not None else set()
            shown += [kept for kept in self._within(span) if kept.frame.seq in seqs]
        return shown

    def _within(self, span: Span) -> list[KeptFrame]:
        begin, end = (
            bisect_left(self._frames, at, key=lambda kept: kept.frame.pts_s) for at in (span.start_s, span.end_s)
        )
        return self._frames[begin:end]
