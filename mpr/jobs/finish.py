"""Accepting what a worker computed, or why it could not."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mpr.errors import MprError
from mpr.events import log
from mpr.jobs import dispatch
from mpr.jobs.leases import Lease, held
from mpr.jobs.models import Checkpoint, Job, JobStatus, Shard, ShardState, StageOutput, StageRun, StageState
from mpr.jobs.outputs import ShardedOutput, output_of
from mpr.jobs.transitions import move_job, move_stage
from mpr.storage.buckets import timeline_folder
from profiles.families import registry
from profiles.plan import parse_plan

_FIRST_WAIT_S = 2.0
_LONGEST_WAIT_S = 120.0


def complete(lease: Lease, *, result_key: str, counts: dict[str, int]) -> bool:
    """Accept a shard's result if the lease still holds; False means another worker owns the shard by now.

    The last shard of a stage completes the stage. May be called again by who did not hear the answer.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=lease.job_id)
        taken = held(lease).update(
            state=ShardState.DONE, result_key=result_key, counts=counts, progress=1.0, lease_expires_at=None
        )
        if not taken:
            accepted = Shard.objects.filter(pk=lease.shard_id, state=ShardState.DONE, lease_token=lease.token)
            return accepted.exists()
        StageRun.objects.filter(pk=lease.stage_run_id).update(shards_done=F("shards_done") + 1)
        run = StageRun.objects.select_related("job").get(pk=lease.stage_run_id)
        log.append(
            job.pk,
            "shard.done",
            {
                "stage": run.stage_name,
                "attempt": run.attempt,
                "shard": lease.number,
                "done": run.shards_done,
                "of": run.shards_total,
            },
        )
        if run.shards_done == run.shards_total:
            _complete_stage(job, run)
            transaction.on_commit(lambda: dispatch.advance(job.pk), robust=True)
    return True


def fail(lease: Lease, error: MprError) -> None:
    """Give the shard back for another try after a transient error, or fail its job with the error's sentence."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=lease.job_id)
        shard = held(lease).first()
        if shard is None:
            return
        if error.transient and shard.attempts < settings.MPR_SHARD_ATTEMPTS:
            wait_s = _backoff_s(shard.attempts)
            held(lease).update(
                state=ShardState.PENDING,
                error_message=error.message,
                lease_expires_at=None,
                due_at=timezone.now() + timedelta(seconds=wait_s),
            )
            log.append(
                job.pk,
                "shard.retry",
                {
                    "stage": lease.stage_name,
                    "shard": shard.number,
                    "attempt": shard.attempts,
                    "reason": error.message,
                    "wait_s": round(wait_s, 1),
                },
            )
            resource = registry().stage(lease.stage_name).resource
            send = partial(dispatch.shard, shard.pk, resource, priority=job.priority, countdown_s=wait_s)
            transaction.on_commit(send, robust=True)
            return
        held(lease).update(state=ShardState.FAILED, error_message=error.message, lease_expires_at=None)
        fail_stage(job, StageRun.objects.get(pk=lease.stage_run_id), error.message)


def fail_stage(job: Job, run: StageRun, reason: str) -> None:
    """Fail a stage run and its job, which is locked, unless the run has ended by now: a shard that outlived an earlier
    attempt says nothing about the present one."""
    if run.state not in (StageState.PENDING, StageState.RUNNING):
        return
    move_stage(run, StageState.FAILED, reason=reason)
    if job.status in (JobStatus.RUNNING, JobStatus.PAUSED):
        move_job(job, JobStatus.FAILED, reason=f"{run.stage_name}: {reason}")


def keep_output(run: StageRun, output: dict[str, Any]) -> None:
    """Write the stage's output row and checkpoint, and feed its sink. A job's label goes to its first checkpoint."""
    job = run.job
    checkpoint = Checkpoint.objects.create(
        timeline=job.timeline,
        job=job,
        parent=_parent_checkpoint(run),
        stage_name=run.stage_name,
        config_overrides=job.config_overrides.get(run.stage_name, {}),
        stats={**output["counts"], "seconds": _seconds(run)},
        label="" if Checkpoint.objects.filter(job=job).exists() else job.label,
    )
    keep_at(run, output, checkpoint)
    log.append(job.pk, "checkpoint", {"stage": run.stage_name, "checkpoint": str(checkpoint.pk)})


def keep_at(run: StageRun, output: dict[str, Any], checkpoint: Checkpoint | None) -> None:
    """Write the stage's output row under a checkpoint that is there already, and feed the stage's sink."""
    job = run.job
    StageOutput.objects.update_or_create(
        job=job,
        stage_name=run.stage_name,
        defaults={
            "timeline": job.timeline,
            "checkpoint": checkpoint,
            "output": output,
            "cache_key": run.cache_key,
        },
    )
    sink = registry().sinks.get(run.stage_name)
    if sink is not None:
        stage = registry().stage(run.stage_name)
        sink(job, ShardedOutput(timeline_folder(job.timeline_id), output["artifacts"], stage.output))


def _complete_stage(job: Job, run: StageRun) -> None:
    move_stage(run, StageState.DONE)
    keep_output(run, output_of(run))


def _parent_checkpoint(run: StageRun) -> Checkpoint | None:
    """The checkpoint of the last stage that leads to this one; None where none does."""
    graph = parse_plan(run.job.plan).graph
    ancestors = graph.ancestors(run.stage_name)
    rows = run.job.outputs.filter(stage_name__in=ancestors).select_related("checkpoint")
    kept = {row.stage_name: row.checkpoint for row in rows if row.checkpoint is not None}
    before = [stage.name for stage in graph.stages if stage.name in kept]
    return kept[before[-1]] if before else None


def _seconds(run: StageRun) -> float:
    if run.started_at is None or run.finished_at is None:
        return 0.0
    return round((run.finished_at - run.started_at).total_seconds(), 3)


def _backoff_s(attempts: int) -> float:
    """Exponential backoff with full jitter (Brooker, “Exponential Backoff and Jitter”, AWS 2015)."""
    return random.uniform(0.0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**attempts))
