"""Steering a job: pause, resume, step, pause after a stage, stop, retry.

Each acts between shards: a worker notices within a heartbeat and hands its shard back. Each may be asked twice; what
makes no sense in the job's present state is refused with a sentence.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from mpr.errors import Refused
from mpr.events import log
from mpr.jobs import dispatch
from mpr.jobs.models import Job, JobStatus, Shard, ShardState, StageRun, StageState
from mpr.jobs.transitions import log_stage, move_job, move_stage
from profiles.families import registry
from profiles.plan import parse_plan

OPEN_SHARD = (ShardState.PENDING, ShardState.RUNNING)
OPEN_STAGE = (StageState.PENDING, StageState.RUNNING)


def pause(job_id: UUID) -> Job:
    """Stop starting shards, and have those in hand given back. Raises Refused when the job has ended."""
    with transaction.atomic():
        job = _locked(job_id)
        if job.status != JobStatus.PAUSED:
            _refuse_if_ended(job, "paused")
            move_job(job, JobStatus.PAUSED)
    return job


def resume(job_id: UUID) -> Job:
    """Go on with a paused job. Raises Refused when it has ended."""
    with transaction.atomic():
        job = _locked(job_id)
        if job.status == JobStatus.PAUSED:
            go_on(job)
        else:
            _refuse_if_ended(job, "resumed")
    return job


def step(job_id: UUID) -> Job:
    """Run the next stage of a paused job, then pause again. Raises Refused when the job runs or has ended."""
    with transaction.atomic():
        job = _locked(job_id)
        if job.status != JobStatus.PAUSED:
            raise Refused(f"This job is {job.status}; pause it before taking a step.")
        job.only_stage = job.pause_after = _next_stage(job)
        job.save(update_fields=["only_stage", "pause_after"])
        go_on(job)
    return job


def pause_after(job_id: UUID, stage_name: str) -> Job:
    """Let the job run to the end of a stage and pause there. Raises NotFound for an unknown stage, Refused when the
    stage is settled or the job has ended."""
    registry().stage(stage_name)
    with transaction.atomic():
        job = _locked(job_id)
        _refuse_if_ended(job, "told to pause")
        if stage_name not in job.plan["pipeline"]["stages"]:
            raise Refused(f"This job does not run {stage_name}; choose one of its stages.")
        run = job.newest_runs().get(stage_name)
        if run is not None and run.current:
            raise Refused(f"{stage_name} is {run.state} already; choose a later stage.")
        job.pause_after = stage_name
        job.save(update_fields=["pause_after"])
        log.append(job.pk, "job.pause_after", {"stage": stage_name})
    return job


def stop(job_id: UUID) -> Job:
    """End the job for good; what it has computed stays. Raises Refused when it is completed."""
    with transaction.atomic():
        job = _locked(job_id)
        if job.status == JobStatus.CANCELLED:
            return job
        if job.status == JobStatus.COMPLETED:
            raise Refused("This job is completed; there is nothing left to stop.")
        Shard.objects.filter(stage_run__job=job, state__in=OPEN_SHARD).update(
            state=ShardState.CANCELLED, lease_expires_at=None
        )
        for run in job.stage_runs.filter(state__in=OPEN_STAGE):
            move_stage(run, StageState.CANCELLED)
        move_job(job, JobStatus.CANCELLED)
    return job


def retry(job_id: UUID) -> Job:
    """Go on with a failed job from the shard that failed; finished shards are kept. Raises Refused when it has not
    failed."""
    with transaction.atomic():
        job = _locked(job_id)
        if job.status == JobStatus.RUNNING:
            return job
        if job.status != JobStatus.FAILED:
            raise Refused(f"This job is {job.status}; only a failed job can be retried.")
        if job.cleared_at is not None:
            raise Refused("The outputs of this job have been cleared; run it anew instead.")
        for run in job.stage_runs.filter(state=StageState.FAILED, stale=False):
            if not job.stage_runs.filter(stage_name=run.stage_name, attempt__gt=run.attempt).exists():
                _next_attempt(run)
        go_on(job)
    return job


def _locked(job_id: UUID) -> Job:
    return Job.objects.select_for_update(of=("self",)).select_related("timeline").get(pk=job_id)


def _refuse_if_ended(job: Job, done: str) -> None:
    if job.is_finished:
        raise Refused(f"This job is {job.status} and cannot be {done}.")


def go_on(job: Job) -> None:
    """Let a locked job run, and send messages for whatever of it is due. Who does so when its deadline has passed wants
    it done all the same."""
    if job.deadline is not None and job.deadline <= timezone.now():
        job.deadline = None
        job.save(update_fields=["deadline"])
    move_job(job, JobStatus.RUNNING)
    due = Shard.objects.filter(stage_run__job=job, stage_run__state__in=OPEN_STAGE, state=ShardState.PENDING)
    for stage_name in due.order_by().values_list("stage_run__stage_name", flat=True).distinct():
        ids = list(due.filter(stage_run__stage_name=stage_name).values_list("pk", flat=True))
        send = partial(dispatch.shards, ids, registry().stage(stage_name).resource, priority=job.priority)
        transaction.on_commit(send, robust=True)
    due.update(due_at=timezone.now())
    transaction.on_commit(partial(dispatch.advance, job.pk), robust=True)


def _next_stage(job: Job) -> str:
    """The stage that is under way, else the first that is not settled."""
    runs = job.newest_runs()
    unsettled = [
        stage.name
        for stage in parse_plan(job.plan).graph.stages
        if stage.name not in runs or not runs[stage.name].current
    ]
    under_way = [name for name in unsettled if name in runs and runs[name].state in OPEN_STAGE]
    return (under_way or unsettled)[0]


def _next_attempt(failed: StageRun) -> None:
    """A new attempt at a stage that takes over the finished shards of the failed one."""
    run = StageRun.objects.create(
        job=failed.job,
        stage_name=failed.stage_name,
        place=failed.place,
        attempt=failed.attempt + 1,
        cache_key=failed.cache_key,
        inputs=failed.inputs,
        shards_total=failed.shards_total,
        shards_done=failed.shards_done,
    )
    shards = []
    for old in failed.shards.all():
        kept = old.state == ShardState.DONE
        shards.append(
            Shard(
                stage_run=run,
                number=old.number,
                start_s=old.start_s,
                end_s=old.end_s,
                state=ShardState.DONE if kept else ShardState.PENDING,
                # A worker of the failed attempt may still be at it; its token must not be valid here.
                lease_token=old.lease_token,
                result_key=old.result_key if kept else "",
                counts=old.counts if kept else {},
                progress=1.0 if kept else 0.0,
            )
        )
    Shard.objects.bulk_create(shards)
    log_stage(run)
