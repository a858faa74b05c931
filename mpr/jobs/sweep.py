"""Finding work that got lost.

Workers die with shards in hand, and brokers lose messages. Every worker sweeps from time to time; a lock in the
database lets one do it at once, so no process of its own is needed for it. Whoever freezes with the lock, or vanishes
with its machine, keeps it for a few seconds only: the lock has a number of its own for every sweep that is due.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from mpr import messages
from mpr.api.once import forget_old
from mpr.assets import chunks, working
from mpr.assets.intake import tidying
from mpr.events import log
from mpr.events.prune import prune
from mpr.jobs import dispatch, finish, removal
from mpr.jobs.models import Job, JobStatus, Shard, ShardState, StageRun, StageState
from mpr.jobs.transitions import move_job, move_stage
from mpr.pipeline.stage import Resource
from mpr.storage.buckets import media_in, media_out
from profiles.families import registry

# Any number that nothing else in this database uses as an advisory lock.
_LOCK = 0x4D5052
# A message this young may still be on its way.
_PATIENCE_S = 5.0
_AT_MOST = 1000
# Whoever writes a file writes on before long; syncing the largest takes minutes at most.
_LEFT_S = 3600.0
_OPEN_STAGE = (StageState.PENDING, StageState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What a sweep did: shards taken from dead workers, shards and jobs for which a message was sent again, chunks and
    the like that were lost, deleted footage and old uploads removed, jobs that missed their deadline, files that killed
    writers left half written, old details and answers deleted."""

    lapsed: int
    shards_sent: int
    jobs_sent: int
    prepared: int = 0
    removed: int = 0
    overdue: int = 0
    leftovers: int = 0
    forgotten: int = 0


def sweep() -> Swept | None:
    """Look once. None when another worker is sweeping at this moment. Raises Unavailable when the broker is away."""
    lock = [_LOCK, int(time.time() // settings.MPR_SWEEP_S) % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", lock)
        if not cursor.fetchone()[0]:
            return None
    try:
        return Swept(
            overdue=_fail_overdue(),
            lapsed=_take_back(),
            shards_sent=_send_shards(),
            jobs_sent=_send_jobs(),
            prepared=working.sweep() + tidying.send_for_pictures(),
            removed=tidying.tidy() + removal.purge() + chunks.purge(),
            leftovers=sum(bucket.remove_leftovers(older_than_s=_LEFT_S) for bucket in (media_in, media_out)),
            forgotten=prune() + forget_old(),
        )
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def _fail_overdue() -> int:
    """Fail jobs that run past their deadline; what they computed stays, for a retry to go on from."""
    failed = 0
    for job_id in list(Job.objects.overdue().values_list("pk", flat=True)[:_AT_MOST]):
        with transaction.atomic():
            job = Job.objects.overdue().filter(pk=job_id).select_for_update().first()
            if job is None or job.deadline is None:
                continue
            reason = (
                f"It was not done by its deadline, {job.deadline:%Y-%m-%d %H:%M} UTC; retry it to go on without one, "
                "or add workers."
            )
            for run in job.stage_runs.filter(state__in=_OPEN_STAGE):
                move_stage(run, StageState.FAILED, reason=reason)
            move_job(job, JobStatus.FAILED, reason=reason)
            failed += 1
    return failed


def _take_back() -> int:
    """Make shards whose lease ran out due and send for them; one that keeps killing its workers fails its job."""
    lapsed = Shard.objects.filter(state=ShardState.RUNNING, lease_expires_at__lt=timezone.now())
    taken = 0
    for shard_id, job_id in list(lapsed.values_list("pk", "stage_run__job_id")[:_AT_MOST]):
        with transaction.atomic():
            job = Job.objects.select_for_update().get(pk=job_id)
            shard = lapsed.filter(pk=shard_id).select_for_update().select_related("stage_run").first()
            if shard is None:
                continue
            taken += 1
            lost = {"stage": shard.stage_run.stage_name, "shard": shard.number, "worker": shard.lease_owner}
            log.append(job.pk, "shard.lost", lost)
            shard.lease_expires_at = None
            if shard.attempts < settings.MPR_SHARD_ATTEMPTS:
                shard.state = ShardState.PENDING
                shard.due_at = timezone.now()
                # Its message is gone with its worker: however long the queue is, a new one belongs there.
                resource = registry().stage(shard.stage_run.stage_name).resource
                send = partial(dispatch.shard, shard.pk, resource, priority=job.priority)
                transaction.on_commit(send, robust=True)
            else:
                shard.state = ShardState.FAILED
                shard.error_message = (
                    f"Its worker died {shard.attempts} times while it ran; look at the worker's log and memory."
                )
                finish.fail_stage(job, shard.stage_run, shard.error_message)
            shard.save(update_fields=["state", "due_at", "lease_expires_at", "error_message"])
    return taken


def _send_shards() -> int:
    """Send messages for due shards of a queue that has run empty: theirs were lost."""
    late = timezone.now() - timedelta(seconds=_PATIENCE_S)
    due = Shard.objects.filter(
        state=ShardState.PENDING,
        due_at__lt=late,
        stage_run__state__in=_OPEN_STAGE,
        stage_run__job__status=JobStatus.RUNNING,
    ).order_by("pk")
    sent = 0
    for resource in Resource:
        names = [stage.name for stage in registry().stages.values() if stage.resource == resource]
        mine = due.filter(stage_run__stage_name__in=names)
        if not mine.exists() or messages.waiting(resource.value):
            continue
        for shard_id, priority in list(mine.values_list("pk", "stage_run__job__priority")[:_AT_MOST]):
            # Another sweep that began before may be at it still.
            if Shard.objects.filter(pk=shard_id, state=ShardState.PENDING, due_at__lt=late).update(
                due_at=timezone.now()
            ):
                dispatch.shard(shard_id, resource, priority=priority)
                sent += 1
    return sent


def _send_jobs() -> int:
    """Advance jobs on which nothing is under way although they are not finished."""
    if messages.waiting(dispatch.CONTROL_QUEUE):
        return 0
    busy = StageRun.objects.filter(job=OuterRef("pk"), state__in=_OPEN_STAGE)
    late = timezone.now() - timedelta(seconds=_PATIENCE_S)
    idle = Job.objects.filter(
        ~Exists(busy), status__in=[JobStatus.PENDING, JobStatus.RUNNING], created_at__lt=late
    ).order_by("created_at")
    jobs = list(idle.values_list("pk", flat=True)[:_AT_MOST])
    for job_id in jobs:
        dispatch.advance(job_id)
    return len(jobs)
