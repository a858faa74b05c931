"""Forgetting the details of old jobs: what every shard did, and what stages said meanwhile. What became of jobs and
stages stays, and numbers stay as they are."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from mpr.events.models import DETAIL, JobEvent

_AT_MOST = 5000


def prune() -> int:
    """Delete details of jobs that finished more than MPR_EVENTS_KEEP_DAYS ago, a batch at a time; returns how many."""
    old = timezone.now() - timedelta(days=settings.MPR_EVENTS_KEEP_DAYS)
    due = JobEvent.objects.filter(DETAIL, at__lt=old, job__finished_at__lt=old).order_by("at")
    deleted, _ = JobEvent.objects.filter(pk__in=list(due.values_list("pk", flat=True)[:_AT_MOST])).delete()
    return deleted
