"""How far a job is and when it will be done, from how fast its shards went so far and how fast other jobs were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from django.db.models import Count, Q, Sum
from django.utils import timezone

from mpr.events.models import JobEvent
from mpr.jobs.models import Job, JobStatus, Shard, ShardState, StageRun, StageState
from mpr.jobs.progress import StageProgress, overall_share

_SETTLED = (StageState.DONE, StageState.REUSED, StageState.SKIPPED)
_STATUS_EVENTS = [f"job.{status}" for status in JobStatus.values]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """`share` is 0 to 1 of the time that the job takes, or of its stages while that time is not known. `left_s` is the
    seconds until it is done, None when that cannot be told: it does not run, or has a stage still to do that nothing
    is known of; `by_stage` the same for the stages it is known of.

    A stage under way goes on as fast as its shards went; one to come takes as long per second of footage as it last
    took in this workspace. Stages are taken one after the other, so branches that run side by side end sooner.
    """

    share: float
    left_s: float | None
    by_stage: Mapping[str, float] = field(default_factory=dict)


def forecast(job: Job, stages: Sequence[StageProgress]) -> Forecast:
    """The forecast for a job from the progress of all its stages."""
    if job.status == JobStatus.COMPLETED:
        return Forecast(share=1.0, left_s=None)
    still_open = [stage for stage in stages if stage.stale or stage.state not in _SETTLED]
    takes = _under_way(job)
    takes |= _typical(job, [stage.name for stage in still_open if stage.name not in takes])
    left = {stage.name: takes[stage.name] * (1 - stage.share) for stage in still_open if stage.name in takes}
    if len(left) < len(still_open):
        return Forecast(share=overall_share(list(stages)), left_s=None, by_stage=left)
    settled = [stage for stage in stages if stage not in still_open]
    done_s = sum(stage.seconds or 0.0 for stage in settled if stage.state == StageState.DONE)
    done_s += sum(takes[stage.name] * stage.share for stage in still_open)
    left_s = sum(left.values())
    share = done_s / (done_s + left_s) if done_s + left_s else overall_share(list(stages))
    return Forecast(share=share, left_s=left_s if job.status == JobStatus.RUNNING else None, by_stage=left)


def eta_s(job: Job, stages: Sequence[StageProgress]) -> float | None:
    """Seconds until the job is done, or None when that cannot be told."""
    return forecast(job, stages).left_s


def _under_way(job: Job) -> dict[str, float]:
    """Seconds that the stages under way take in all, of those with a measure yet."""
    takes: dict[str, float] = {}
    for run in job.stage_runs.filter(state=StageState.RUNNING, stale=False, started_at__isnull=False):
        done = Q(state=ShardState.DONE)
        shards = Shard.objects.filter(stage_run=run).aggregate(
            # Shards that an earlier attempt finished say nothing about the speed of this one.
            here=Count("pk", filter=done & Q(attempts__gt=0)),
            part=Sum("progress", filter=Q(state=ShardState.RUNNING)),
        )
        worked = shards["here"] + (shards["part"] or 0.0)
        if worked > 0 and run.started_at is not None:
            takes[run.stage_name] = _running_s(job, run.started_at) / worked * run.shards_total
    return takes


def _running_s(job: Job, since: datetime) -> float:
    """For how long the job has run since a moment, pauses left out."""
    now = timezone.now()
    turns = JobEvent.objects.filter(job=job, type__in=_STATUS_EVENTS).order_by("seq").values_list("type", "at")
    running = f"job.{JobStatus.RUNNING}"
    stretches = [(begin, end) for (kind, begin), (_, end) in pairwise([*turns, ("", now)]) if kind == running]
    if not stretches:
        return (now - since).total_seconds()
    return sum(max(0.0, (end - max(begin, since)).total_seconds()) for begin, end in stretches)


def _typical(job: Job, names: Iterable[str]) -> dict[str, float]:
    """Seconds that stages would take on this job's footage, by their last run in the workspace; what was skipped then
    is thought to be skipped again."""
    runs = (
        StageRun.objects.filter(
            stage_name__in=names,
            state__in=[StageState.DONE, StageState.SKIPPED],
            started_at__isnull=False,
            finished_at__isnull=False,
            job__timeline__source_asset__workspace=job.workspace,
        )
        .order_by("stage_name", "-finished_at")
        .distinct("stage_name")
        .select_related("job__timeline")
    )
    return {
        run.stage_name: (run.finished_at - run.started_at).total_seconds()
        * (job.timeline.duration_s / run.job.timeline.duration_s)
        for run in runs
        if run.finished_at and run.started_at and run.job.timeline.duration_s > 0
    }
