"""When a job will be done, from how fast its shards went so far and how fast other jobs were."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Q, Sum
from django.utils import timezone

from mpr.jobs.models import Job, JobStatus, Shard, ShardState, StageRun, StageState
from mpr.jobs.progress import StageProgress

_SETTLED = (StageState.DONE, StageState.REUSED, StageState.SKIPPED)


def eta_s(job: Job, stages: Iterable[StageProgress]) -> float | None:
    """Seconds until the job is done, or None when that cannot be told: it does not run, or has a stage still to do
    that nothing is known of.

    A stage under way goes on as fast as its shards went; one to come takes as long per second of footage as it last
    took in this workspace. Stages are taken one after the other, so branches that run side by side end sooner.
    """
    if job.status != JobStatus.RUNNING:
        return None
    open_names = [stage.name for stage in stages if stage.stale or stage.state not in _SETTLED]
    under_way = _under_way(job)
    to_come = [name for name in open_names if under_way.get(name) is None]
    known = _typical(job, to_come) if to_come else {}
    left = [under_way.get(name) if under_way.get(name) is not None else known.get(name) for name in open_names]
    return None if None in left else float(sum(seconds or 0.0 for seconds in left))


def _under_way(job: Job) -> dict[str, float | None]:
    """Seconds left per running stage; None for one without a measure yet."""
    now = timezone.now()
    left: dict[str, float | None] = {}
    for run in job.stage_runs.filter(state=StageState.RUNNING, started_at__isnull=False):
        done = Q(state=ShardState.DONE)
        shards = Shard.objects.filter(stage_run=run).aggregate(
            # Shards that an earlier attempt finished say nothing about the speed of this one.
            here=Count("pk", filter=done & Q(attempts__gt=0)),
            done=Count("pk", filter=done),
            part=Sum("progress", filter=Q(state=ShardState.RUNNING)),
        )
        part = shards["part"] or 0.0
        worked = shards["here"] + part
        elapsed_s = (now - run.started_at).total_seconds() if run.started_at else 0.0
        remaining = max(0.0, run.shards_total - shards["done"] - part)
        left[run.stage_name] = elapsed_s / worked * remaining if worked > 0 else None
    return left


def _typical(job: Job, names: Iterable[str]) -> dict[str, float]:
    """Seconds that stages would take on this job's footage, by their last run in the workspace."""
    runs = (
        StageRun.objects.filter(
            stage_name__in=names,
            state=StageState.DONE,
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
