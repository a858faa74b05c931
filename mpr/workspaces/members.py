"""Who belongs to a workspace."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from mpr.workspaces.models import Membership, Role, Workspace


def join_superusers(workspace: Workspace) -> list[str]:
    """Make every superuser an owner of the workspace. Returns one line for each that was not a member."""
    outside = get_user_model().objects.filter(is_superuser=True).exclude(memberships__workspace=workspace)
    joined = [Membership(workspace=workspace, user=user, role=Role.OWNER) for user in outside]
    Membership.objects.bulk_create(joined, ignore_conflicts=True)
    return [f"member {member.user.get_username()} of {workspace}" for member in joined]
