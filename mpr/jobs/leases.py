"""Holding a shard.

A lease is a row's owner, token and expiry. The token grows with every claim; whoever writes must still hold the
current one (a fencing token: Kleppmann, “How to do distributed locking”, 2016), so a worker that slept past its lease
can change nothing.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from mpr.errors import Interrupted, Unavailable
from mpr.jobs import dispatch
from mpr.jobs.models import Job, JobStatus, Shard, ShardState, StageRun, StageState
from mpr.jobs.patience import patiently
from mpr.jobs.transitions import move_stage
from mpr.stopping import STOPPING as STOPPING
from profiles.families import registry

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to write one shard's result."""

    shard_id: int
    stage_run_id: int
    job_id: UUID
    stage_name: str
    number: int
    token: int
    priority: int


def claim(shard_id: int, *, owner: str) -> Lease | None:
    """Take a shard that is due. None when there is nothing to do: done, gone, in another's hand, or its job does not
    run. One whose lease has run out becomes due by a sweep alone, which counts and logs what was lost."""
    now = timezone.now()
    with transaction.atomic():
        taken = Shard.objects.filter(
            pk=shard_id,
            state=ShardState.PENDING,
            stage_run__job__status=JobStatus.RUNNING,
            stage_run__state__in=_OPEN,
        ).update(
            state=ShardState.RUNNING,
            lease_owner=owner,
            lease_token=F("lease_token") + 1,
            lease_expires_at=now + timedelta(seconds=settings.MPR_LEASE_S),
            attempts=F("attempts") + 1,
            progress=0.0,
        )
        if not taken:
            return None
        shard = Shard.objects.select_related("stage_run__job").get(pk=shard_id)
    # By itself: the shard is claimed, and would be in another's hand for whoever claimed it again.
    patiently(lambda: _mark_running(shard.stage_run))
    return Lease(
        shard_id=shard.pk,
        stage_run_id=shard.stage_run_id,
        job_id=shard.stage_run.job_id,
        stage_name=shard.stage_run.stage_name,
        number=shard.number,
        token=shard.lease_token,
        priority=shard.stage_run.job.priority,
    )


def held(lease: Lease) -> QuerySet[Shard]:
    """The shard, if the lease is still the current one; empty otherwise. Update through it."""
    return Shard.objects.filter(pk=lease.shard_id, state=ShardState.RUNNING, lease_token=lease.token)


def give_back(lease: Lease) -> bool:
    """Return the shard unfinished, for any worker to take at once; the try does not count. False when the lease was
    lost anyway."""
    given = held(lease).update(
        state=ShardState.PENDING,
        lease_expires_at=None,
        attempts=F("attempts") - 1,
        progress=0.0,
        due_at=timezone.now(),
    )
    if given:
        try:
            dispatch.shard(lease.shard_id, registry().stage(lease.stage_name).resource, priority=lease.priority)
        except Unavailable as error:
            logger.warning("shard %s is given back, and a sweep will send for it: %s", lease.shard_id, error)
    return bool(given)


class Heartbeat:
    """Renews a lease from a thread of its own while the shard runs, and notices when the work is no longer wanted.

    A worker that is to stop gives the shard back from here at once, however deaf the stage is at that moment.
    """

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._every_s = settings.MPR_LEASE_S / 6
        self._stop = threading.Event()
        self._unwanted = False
        self._share = 0.0
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{lease.shard_id}", daemon=True)

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def progress(self, done: int, total: int) -> None:
        """Note how far the shard is. Raises Interrupted when the lease was lost, the job no longer runs, or this worker
        is to stop."""
        self._share = min(1.0, done / total) if total else 0.0
        if self._unwanted or STOPPING.is_set():
            raise Interrupted

    def _beat(self) -> None:
        wait_s = min(1.0, self._every_s)
        try:
            while not self._stop.wait(wait_s):
                try:
                    self._look()
                except DatabaseError as error:
                    # It may be back before the lease runs out.
                    logger.warning("shard %s: could not renew its lease: %s", self._lease.shard_id, error)
                    connection.close()
        finally:
            connection.close()

    def _look(self) -> None:
        if STOPPING.is_set():
            give_back(self._lease)
            self._unwanted = True
            return
        kept = held(self._lease).update(
            lease_expires_at=timezone.now() + timedelta(seconds=settings.MPR_LEASE_S), progress=self._share
        )
        runs = Job.objects.filter(pk=self._lease.job_id, status=JobStatus.RUNNING).exists()
        self._unwanted = not kept or not runs


_OPEN = (StageState.PENDING, StageState.RUNNING)


def _mark_running(run: StageRun) -> None:
    if run.state != StageState.PENDING:
        return
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=run.job_id)
        current = StageRun.objects.get(pk=run.pk)
        if current.state == StageState.PENDING:
            move_stage(current, StageState.RUNNING)
