from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from mpr.assets.prepared import Work
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class IntakeWay(models.TextChoices):
    SERVER = "server", "Sent to MPR in parts"
    BUCKET = "bucket", "Sent to the bucket in parts"
    FOUND = "found", "Found in media_in"


class IntakeState(models.TextChoices):
    """Those of Work, and one before them."""

    OPEN = "open", "Coming"
    PENDING = "pending", "Waiting for a worker"
    RUNNING = "running", "Being read"
    DONE = "done", "In the library"
    FAILED = "failed", "Failed"


class IntakeStep(models.TextChoices):
    """What a worker does to a file that is all here."""

    FETCHING = "fetching", "Fetching it from the bucket"
    HASHING = "hashing", "Reading all of it"
    PROBING = "probing", "Looking at its video"
    STORING = "storing", "Putting it away"
    DRAWING = "drawing", "Drawing its picture"


class IntakeQuerySet(models.QuerySet["Intake"]):
    def visible_to(self, user: User | AnonymousUser) -> IntakeQuerySet:
        return self.filter(workspace__in=Workspace.objects.visible_to(user))

    def under_way(self) -> IntakeQuerySet:
        return self.exclude(state=IntakeState.DONE)


class Intake(Work):
    """A file on its way into the library: sent by a person in parts, or found in media_in. What has come of it is kept
    until it is in the library, given up, or forgotten."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="intakes")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="intakes"
    )
    filename = models.CharField(max_length=255)
    file_size = models.BigIntegerField(help_text="Bytes, as the sender says or as it lies there.")
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="What the sender knows the file by, to go on with it later."
    )
    way = models.CharField(max_length=6, choices=IntakeWay)
    state = models.CharField(max_length=9, choices=IntakeState, default=IntakeState.OPEN)
    key = models.CharField(max_length=1024, blank=True, help_text="Storage key in media_in while it is on its way.")
    multipart_id = models.TextField(blank=True, help_text="The bucket's name for the upload in parts.")
    part_size = models.BigIntegerField(default=0, help_text="Bytes of each part but the last.")
    received = models.BigIntegerField(default=0, help_text="Bytes that are here, from the beginning on.")
    step = models.CharField(max_length=8, choices=IntakeStep, blank=True)
    asset = models.ForeignKey(
        "assets.MediaAsset", null=True, blank=True, on_delete=models.SET_NULL, related_name="intakes"
    )
    touched_at = models.DateTimeField(default=timezone.now, help_text="When something last came of it.")

    objects = IntakeQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(way__in=IntakeWay.values), name="intake_known_way"),
            models.CheckConstraint(condition=models.Q(state__in=IntakeState.values), name="intake_known_state"),
            models.CheckConstraint(
                condition=models.Q(received__gte=0, received__lte=models.F("file_size")),
                name="intake_received_in_bounds",
            ),
            # A file that lies in media_in is taken in once.
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(way="found") & ~models.Q(state="done"), name="intake_one_per_found"
            ),
        ]
        indexes = [
            # What is on its way, for the library; what is due or was lost, for the sweep.
            models.Index(fields=["state", "due_at"], condition=~models.Q(state="done"), name="intake_open"),
            # Going on with an upload.
            models.Index(
                fields=["created_by", "fingerprint"], condition=models.Q(state="open"), name="intake_to_go_on_with"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.filename}, {self.get_state_display().lower()}"

    @property
    def is_coming(self) -> bool:
        return self.state == IntakeState.OPEN

    @property
    def share(self) -> float:
        """0 to 1: of its bytes while they come, else of the present step."""
        return self.received / self.file_size if self.is_coming else self.progress
