from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from mpr.workspaces.models import Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class ProfileQuerySet(models.QuerySet["Profile"]):
    def visible_to(self, user: User | AnonymousUser) -> ProfileQuerySet:
        return self.filter(Q(workspace__in=Workspace.objects.visible_to(user)) | Q(workspace=None))

    def in_workspace(self, workspace: Workspace) -> ProfileQuerySet:
        """The workspace's own profiles and those that ship."""
        return self.filter(Q(workspace=workspace) | Q(workspace=None))


class Profile(models.Model):
    """Which stages run, in which order, with which config. Duplicate and tweak rather than patch."""

    workspace = models.ForeignKey(
        Workspace, null=True, blank=True, on_delete=models.CASCADE, related_name="profiles",
        help_text="Empty for the profiles that ship.",
    )  # fmt: skip
    name = models.SlugField(max_length=80)
    description = models.TextField(blank=True)
    pipeline = models.JSONField(help_text="Stages, edges, routing; see docs/profiles.md.")
    configs = models.JSONField(default=dict, blank=True, help_text="Per stage, what differs from its defaults.")
    version = models.PositiveIntegerField(default=1, editable=False, help_text="Counts saved changes.")
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            # A name means one profile in a workspace; a workspace's own profile hides a shipped one of the same name.
            models.UniqueConstraint(fields=["workspace", "name"], nulls_distinct=False, name="profile_one_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class ProfileVersion(models.Model):
    """What a profile said in one of its versions. It never changes: jobs name the version they ran."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    pipeline = models.JSONField()
    configs = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-version"]
        constraints = [
            # Also serves finding a version.
            models.UniqueConstraint(fields=["profile", "version"], name="profile_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.profile.name} v{self.version}"
