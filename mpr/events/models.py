from __future__ import annotations

from django.db import models
from django.db.models import Q

# What is of no interest once a job is long done: `mpr.events.prune`.
DETAIL = Q(type="log") | Q(type__startswith="shard.")


class JobEvent(models.Model):
    """One line of a job's append-only log. `seq` counts from 1 without gaps within the job."""

    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    type = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["job", "seq"]
        constraints = [
            # Also the index that reads a log from a sequence number on.
            models.UniqueConstraint(fields=["job", "seq"], name="event_one_per_seq"),
        ]
        indexes = [
            # Finding old details to prune.
            models.Index(fields=["at"], condition=DETAIL, name="event_old_details"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
