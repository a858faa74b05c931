"""Celery tasks: they take ids and look in the database."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from celery import Task, shared_task

from mpr.errors import Unavailable
from mpr.jobs import advance as advancing
from mpr.jobs import work, worker  # noqa: F401  worker connects itself to Celery's signals


@shared_task(bind=True, max_retries=None)
def run_shard(self: Task[Any, Any], shard_id: int) -> None:
    """Run one shard; when another worker holds it, look again when its lease is due."""
    busy = work.run_shard(shard_id)
    if busy is not None:
        raise self.retry(countdown=busy.seconds + 1)


@shared_task(autoretry_for=(Unavailable,), retry_backoff=True, retry_jitter=True, max_retries=10)
def advance_job(job_id: str) -> None:
    """Look what is next for a job."""
    advancing.advance(UUID(job_id))
