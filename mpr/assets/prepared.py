"""What workers prepare of a file of footage beside the pipeline: copies that browsers can play, the filmstrip, chunks.

Each row is a piece of work as well as its result: who holds it, how far it is and why it failed stand in the database,
so that a worker may die at any moment.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class WorkState(models.TextChoices):
    PENDING = "pending", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class Work(models.Model):
    """Something that a worker makes, under a lease whose token grows with every claim (see mpr.jobs.leases)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    state = models.CharField(max_length=9, choices=WorkState, default=WorkState.PENDING)
    progress = models.FloatField(default=0.0, help_text="0 to 1.")
    error_message = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(auto_now_add=True, help_text="When it may be taken up.")
    lease_owner = models.CharField(max_length=120, blank=True)
    lease_token = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        return self.state in (WorkState.PENDING, WorkState.RUNNING)


class RenditionKind(models.TextChoices):
    PROXY = "proxy", "Copy that browsers can play"
    FILMSTRIP = "filmstrip", "Filmstrip"


class Rendition(Work):
    """One stretch of an asset in another form. The file lies in media_out and is found again by the content it was made
    of."""

    asset = models.ForeignKey("assets.MediaAsset", on_delete=models.CASCADE, related_name="renditions")
    kind = models.CharField(max_length=9, choices=RenditionKind)
    number = models.PositiveIntegerField(help_text="Its place among the stretches of its asset.")
    start_s = models.FloatField()
    end_s = models.FloatField()
    key = models.CharField(max_length=200, help_text="Storage key in media_out.")

    class Meta:
        ordering = ["kind", "number"]
        constraints = [
            # Asking twice is asking once.
            models.UniqueConstraint(fields=["asset", "kind", "number"], name="rendition_one_per_stretch"),
            models.CheckConstraint(condition=models.Q(state__in=WorkState.values), name="rendition_known_state"),
            models.CheckConstraint(condition=models.Q(kind__in=RenditionKind.values), name="rendition_known_kind"),
            models.CheckConstraint(condition=models.Q(end_s__gt=models.F("start_s")), name="rendition_has_length"),
        ]
        indexes = [
            # The sweep looks for what is due or was lost.
            models.Index(
                fields=["state", "due_at"], condition=models.Q(state__in=["pending", "running"]), name="rendition_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number} of {self.asset}"

    @property
    def workspace(self) -> Workspace:
        return self.asset.workspace


class MediaChunkQuerySet(models.QuerySet["MediaChunk"]):
    def visible_to(self, user: User | AnonymousUser) -> MediaChunkQuerySet:
        return self.filter(asset__workspace__in=Workspace.objects.visible_to(user), asset__deleted_at=None)

    def kept(self) -> MediaChunkQuerySet:
        """Those that nobody has deleted."""
        return self.filter(deleted_at__isnull=True)


class MediaChunk(Work):
    """A stretch of an asset as a video file of its own, its packets as they were. Its times are those of the source;
    they lie on keyframes, and `wished_…` is where a person wanted them."""

    asset = models.ForeignKey("assets.MediaAsset", on_delete=models.CASCADE, related_name="chunks")
    start_s = models.FloatField()
    end_s = models.FloatField()
    wished_start_s = models.FloatField()
    wished_end_s = models.FloatField()
    label = models.CharField(max_length=80, blank=True)
    key = models.CharField(max_length=200, help_text="Storage key in media_in.")
    sha256 = models.CharField(max_length=64, blank=True)
    file_size = models.BigIntegerField(default=0, help_text="Bytes.")
    facts = models.JSONField(default=dict, help_text="What the file holds: a ChunkFacts.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="Deleted, and still to be had back for a while.")

    objects = MediaChunkQuerySet.as_manager()

    class Meta:
        ordering = ["start_s", "end_s"]
        constraints = [
            # The same stretch is the same chunk, so the same choice is the same timeline.
            models.UniqueConstraint(fields=["asset", "key"], name="chunk_one_per_stretch"),
            models.CheckConstraint(condition=models.Q(state__in=WorkState.values), name="chunk_known_state"),
            models.CheckConstraint(condition=models.Q(end_s__gt=models.F("start_s")), name="chunk_has_length"),
            models.CheckConstraint(
                condition=~models.Q(state="done") | models.Q(file_size__gt=0) & ~models.Q(sha256=""),
                name="chunk_done_is_stored",
            ),
        ]
        indexes = [
            # The sweep looks for what is due or was lost.
            models.Index(
                fields=["state", "due_at"], condition=models.Q(state__in=["pending", "running"]), name="chunk_open"
            ),
            # And for what was deleted long enough ago.
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="chunk_deleted"),
        ]

    def __str__(self) -> str:
        return f"{self.start_s:.3f}–{self.end_s:.3f} s of {self.asset}"

    @property
    def workspace(self) -> Workspace:
        return self.asset.workspace

    @property
    def duration_s(self) -> float:
        return round(self.end_s - self.start_s, 6)
