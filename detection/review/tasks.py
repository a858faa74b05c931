"""Celery tasks: they take ids and look in the database."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from detection.review import looks


@shared_task
def tell_looks(job_id: str) -> None:
    """Work out which findings of a job look alike, where no text tells it."""
    looks.tell_looks(UUID(job_id))
