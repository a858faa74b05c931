"""Celery tasks: they take ids and look in the database."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from celery.exceptions import Reject
from django.db import InterfaceError, OperationalError

from mpr.errors import Unavailable
from mpr.jobs import advance as advancing
from mpr.jobs import presence, work, worker  # noqa: F401  both connect themselves to Celery's signals
from mpr.jobs.leases import STOPPING

_PASSING = (Unavailable, OperationalError, InterfaceError)


@shared_task
def run_shard(shard_id: int) -> None:
    """Run one shard, unless it is done or in another's hand. A worker that is to stop leaves it to the others."""
    if STOPPING.is_set():
        raise Reject("this worker is to stop", requeue=True)
    work.run_shard(shard_id)


@shared_task(autoretry_for=_PASSING, retry_backoff=True, retry_jitter=True, max_retries=10)
def advance_job(job_id: str) -> None:
    """Look what is next for a job."""
    advancing.advance(UUID(job_id))
