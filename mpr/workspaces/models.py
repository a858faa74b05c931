from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

DEFAULT_NAME = "Default"


class Role(models.TextChoices):
    """What a member may do; each role includes those before it."""

    VIEWER = "viewer", "Viewer: sees everything"
    ANALYST = "analyst", "Analyst: uploads, runs and reviews"
    CURATOR = "curator", "Curator: keeps brands and profiles"
    OWNER = "owner", "Owner: members and deletion"


class WorkspaceQuerySet(models.QuerySet["Workspace"]):
    def visible_to(self, user: User | AnonymousUser) -> WorkspaceQuerySet:
        """The workspaces a person is a member of; all of them for staff with the superuser flag."""
        if user.is_superuser:
            return self
        return self.filter(memberships__user=user) if user.is_authenticated else self.none()

    def default(self) -> Workspace:
        """The workspace that exists from the start."""
        return self.order_by("created_at").first() or self.create(name=DEFAULT_NAME)


class Workspace(models.Model):
    """What people make belongs to one workspace; to anyone else it does not exist."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="workspaces")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WorkspaceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def allows(self, user: User | AnonymousUser, role: Role) -> bool:
        """Whether the person's role here includes `role`."""
        if user.is_superuser:
            return True
        if not user.is_authenticated:
            return False
        order = list(Role)
        mine = self.memberships.filter(user=user).values_list("role", flat=True).first()
        return mine is not None and order.index(Role(mine)) >= order.index(role)


class Membership(models.Model):
    """A person's role in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role, default=Role.ANALYST)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_one_role_per_person"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace} as {self.role}"
