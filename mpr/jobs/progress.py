"""How far a job is."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Sum

from mpr.jobs.models import Job, Shard, ShardState, StageRun, StageState


@dataclass(frozen=True, kw_only=True)
class StageProgress:
    """One stage of a job, run or not yet run. `share` is 0 to 1. One that is `stale` is to be run again,
    because what it rests on was."""

    name: str
    state: str
    share: float
    shards_done: int
    shards_total: int
    reason: str
    seconds: float | None
    stale: bool = False


def stage_progress(job: Job) -> list[StageProgress]:
    """Every stage of the job's plan in running order, by its newest attempt."""
    runs = job.newest_runs()
    running = dict(
        Shard.objects.filter(stage_run__job=job, state=ShardState.RUNNING)
        .values_list("stage_run")
        .annotate(share=Sum("progress"))
        .values_list("stage_run", "share")
    )
    return [_of(name, runs.get(name), running) for name in job.plan["pipeline"]["stages"]]


def overall_share(stages: list[StageProgress]) -> float:
    """0 to 1 over all stages of a job; a stage that is settled without work counts as done."""
    return sum(stage.share for stage in stages) / len(stages) if stages else 0.0


def _of(name: str, run: StageRun | None, running: dict[int, float]) -> StageProgress:
    if run is None:
        return StageProgress(
            name=name, state=StageState.PENDING, share=0.0, shards_done=0, shards_total=0, reason="", seconds=None
        )
    share = 1.0 if run.current else 0.0
    if not run.settled and not run.stale and run.shards_total:
        share = (run.shards_done + running.get(run.pk, 0.0)) / run.shards_total
    seconds = None
    if run.started_at and run.finished_at:
        seconds = (run.finished_at - run.started_at).total_seconds()
    return StageProgress(
        name=name,
        state=run.state,
        share=share,
        shards_done=run.shards_done,
        shards_total=run.shards_total,
        reason=run.reason,
        seconds=seconds,
        stale=run.stale,
    )
