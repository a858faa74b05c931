from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from mpr.web.search import Pieces
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class AssetStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    READY = "ready", "Ready"
    ERROR = "error", "Error"


class MediaAssetQuerySet(models.QuerySet["MediaAsset"]):
    def visible_to(self, user: User | AnonymousUser) -> MediaAssetQuerySet:
        """What is deleted is not there, until it is restored; see `deleted_for`."""
        return self.filter(workspace__in=Workspace.objects.visible_to(user), deleted_at=None)

    def deleted_for(self, user: User | AnonymousUser) -> MediaAssetQuerySet:
        """What can still be restored."""
        return self.filter(workspace__in=Workspace.objects.visible_to(user), deleted_at__isnull=False)


class MediaAsset(models.Model):
    """One file of footage in media_in, and what probing it told."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="assets")
    filename = models.CharField(max_length=255, help_text="The name the file came with.")
    file_path = models.CharField(max_length=500, blank=True, help_text="Storage key in media_in, relative.")
    file_size = models.BigIntegerField(default=0, help_text="Bytes.")
    sha256 = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=8, choices=AssetStatus, default=AssetStatus.PENDING)
    error_message = models.TextField(blank=True)
    duration_s = models.FloatField(null=True, blank=True)
    fps = models.FloatField(null=True, blank=True, help_text="Mean frame rate; the file's may vary.")
    width = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels as shown, after rotation.")
    height = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels as shown, after rotation.")
    video_codec = models.CharField(max_length=40, blank=True)
    audio_codec = models.CharField(max_length=40, blank=True)
    bitrate = models.BigIntegerField(null=True, blank=True, help_text="Bits per second.")
    properties = models.JSONField(default=dict, blank=True, help_text="Further probe data, keyframe times included.")
    comments = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    poster_path = models.CharField(
        max_length=500, blank=True, help_text="Storage key in media_out of the picture that stands for it, relative."
    )
    poster_tries = models.PositiveSmallIntegerField(default=0, help_text="How often drawing it was tried.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="assets"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was deleted; it can be restored until its files go."
    )
    deleted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = MediaAssetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            # A file that is already known reuses its asset.
            models.UniqueConstraint(
                fields=["workspace", "sha256"],
                condition=models.Q(status="ready"),
                name="asset_one_per_content",
            ),
            models.CheckConstraint(condition=models.Q(status__in=AssetStatus.values), name="asset_known_status"),
            models.CheckConstraint(
                condition=~models.Q(status="ready") | models.Q(duration_s__gt=0, width__gt=0, height__gt=0),
                name="asset_ready_is_probed",
            ),
        ]
        indexes = [
            # The library lists a workspace's newest footage first.
            models.Index(fields=["workspace", "-created_at"], name="asset_library"),
            # The library filters by tag.
            GinIndex(fields=["tags"], name="asset_tags"),
            # Looking for deleted footage whose files are to go.
            models.Index(fields=["deleted_at"], condition=models.Q(deleted_at__isnull=False), name="asset_deleted"),
            # Looking for footage without a picture.
            models.Index(
                fields=["poster_tries"], condition=models.Q(poster_path="", status="ready"), name="asset_bare"
            ),
            # The search over everything, by name and tags.
            GinIndex(Pieces("filename", "tags"), name="asset_pieces"),
        ]

    def __str__(self) -> str:
        return self.filename


class TimelineStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    READY = "ready", "Ready"
    ERROR = "error", "Error"


class TimelineQuerySet(models.QuerySet["Timeline"]):
    def visible_to(self, user: User | AnonymousUser) -> TimelineQuerySet:
        return self.filter(
            source_asset__workspace__in=Workspace.objects.visible_to(user), source_asset__deleted_at=None
        )


class Timeline(models.Model):
    """The chosen chunks of an asset, one behind the other. All jobs on it share one frame cache."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source_asset = models.ForeignKey(MediaAsset, on_delete=models.CASCADE, related_name="timelines")
    chunk_paths = ArrayField(models.CharField(max_length=500), help_text="Storage keys in media_in, in playing order.")
    profile_name = models.CharField(max_length=80, help_text="The profile that jobs on it use unless told otherwise.")
    fps = models.FloatField(help_text="Frame rate of the footage.")
    status = models.CharField(max_length=8, choices=TimelineStatus, default=TimelineStatus.READY)
    facts = models.JSONField(default=dict, help_text="Chunks with offsets, duration and keyframes: a TimelineFacts.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TimelineQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            # The same choice of chunks is the same timeline, so its frame cache is found again.
            models.UniqueConstraint(fields=["source_asset", "chunk_paths"], name="timeline_one_per_choice"),
            models.CheckConstraint(condition=models.Q(status__in=TimelineStatus.values), name="timeline_known_status"),
        ]

    def __str__(self) -> str:
        return f"{self.source_asset.filename} ({len(self.chunk_paths)} chunk{'s' * (len(self.chunk_paths) != 1)})"

    @property
    def workspace(self) -> Workspace:
        return self.source_asset.workspace

    @property
    def duration_s(self) -> float:
        facts: dict[str, Any] = self.facts
        return float(facts.get("duration_s", 0.0))
