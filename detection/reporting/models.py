"""Links by which a report can be read without signing in, and downloads that are prepared."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from mpr.assets.prepared import Work, WorkState
from mpr.jobs.models import Job
from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_USER = settings.AUTH_USER_MODEL


class ReportLinkQuerySet(models.QuerySet["ReportLink"]):
    def visible_to(self, user: User | AnonymousUser) -> ReportLinkQuerySet:
        return self.filter(
            job__timeline__source_asset__workspace__in=Workspace.objects.visible_to(user),
            job__timeline__source_asset__deleted_at=None,
        )


class ReportLink(models.Model):
    """A report as it was shared: its numbers follow from the settings kept here, whatever becomes of the preset. The
    token is not kept, only its digest, so whoever reads the database cannot open the link."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="report_links")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hexadecimal.")
    label = models.CharField(max_length=120, help_text="Whom it is for.")
    preset_name = models.CharField(
        max_length=80, help_text="What the settings come from; empty: the job's own.", blank=True
    )
    preset_version = models.PositiveIntegerField(default=0)
    settings = models.JSONField(help_text="Every setting of the report.")
    as_reviewed = models.BooleanField(default=True, help_text="With what people say of the findings applied.")
    with_video = models.BooleanField(default=False, help_text="Whether the footage may be played, too.")
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(_USER, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    last_seen_at = models.DateTimeField(null=True, blank=True)

    objects = ReportLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            # The links of a job, in the dialog that makes and revokes them.
            models.Index(fields=["job", "-created_at"], name="report_link_of_job"),
        ]

    def __str__(self) -> str:
        return f"{self.label} · {self.job}"

    @property
    def workspace(self) -> Workspace:
        return self.job.workspace

    @property
    def state(self) -> str:
        """open, expired or revoked"""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return "expired"
        return "open"


class ReportFile(Work):
    """A download that a worker makes of a report, and the file when it is made. `version` is another one whenever the
    file would be; `query` asks for the report's settings."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="report_files")
    name = models.CharField(max_length=20, help_text="Which export.")
    version = models.CharField(max_length=64)
    query = models.TextField(blank=True, help_text="As in the address of the page.")
    key = models.CharField(max_length=200, help_text="Storage key in media_out.")
    file_name = models.CharField(max_length=300, help_text="What it is saved as.")
    media_type = models.CharField(max_length=100)
    file_size = models.BigIntegerField(default=0, help_text="Bytes.")

    class Meta:
        constraints = [
            # Asking twice is asking once.
            models.UniqueConstraint(fields=["job", "name", "version"], name="report_file_one_per_version"),
            models.CheckConstraint(condition=models.Q(state__in=WorkState.values), name="report_file_known_state"),
        ]
        indexes = [
            # The sweep looks for what is due or was lost.
            models.Index(
                fields=["state", "due_at"],
                condition=models.Q(state__in=["pending", "running"]),
                name="report_file_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} of {self.job}"
