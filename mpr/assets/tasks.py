"""Celery tasks: they take ids and look in the database."""

from __future__ import annotations

from celery import shared_task
from celery.exceptions import Reject

from mpr.assets import posters, preparing
from mpr.stopping import STOPPING


@shared_task
def prepare(kind: str, pk: str) -> None:
    """Make a rendition or a chunk, unless it is done or in another's hand."""
    if STOPPING.is_set():
        raise Reject("this worker is to stop", requeue=True)
    preparing.prepare(kind, pk)


@shared_task
def draw_poster(asset_id: str) -> None:
    """Draw the picture that stands for footage, unless it is there."""
    posters.draw_of(asset_id)
