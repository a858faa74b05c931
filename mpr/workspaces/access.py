"""Who may do what through the API: a stranger finds nothing (404), a member without the role is refused (403)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from mpr.errors import BadInput, NotAllowed, NotFound
from mpr.workspaces.models import Role, Workspace
from mpr.workspaces.scoping import workspaces_as

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def require(user: User | AnonymousUser, workspace: Workspace, role: Role) -> None:
    """Raises NotAllowed with a sentence when the person's role in a workspace they can see does not include `role`."""
    if not workspace.allows(user, role):
        raise NotAllowed(f"This takes the role {role} in {workspace}; ask an owner of the workspace for it.")


def choose_workspace(user: User | AnonymousUser, workspace_id: UUID | None, role: Role) -> Workspace:
    """The workspace that was named, or the only one in which the person has `role`.

    Raises NotFound for one they are no member of, NotAllowed when they lack the role, BadInput when several fit.
    """
    if workspace_id is not None:
        found = Workspace.objects.visible_to(user).filter(pk=workspace_id).first()
        if found is None:
            raise NotFound(f"There is no workspace {workspace_id}, or you are not a member of it.")
        require(user, found, role)
        return found
    mine = list(workspaces_as(user, role)[:2])
    if not mine:
        raise NotAllowed(f"This takes the role {role} in a workspace; ask an owner for it.")
    if len(mine) > 1:
        raise BadInput("You are in several workspaces; say which one with “workspace”.")
    return mine[0]


def find_for(user: User | AnonymousUser, visible: QuerySet[Any], pk: UUID, role: Role) -> Any:
    """The row of that key among those the person can see; it tells its `workspace`.

    Raises Http404 when it is not among them, NotAllowed when their role there does not include `role`.
    """
    row = visible.filter(pk=pk).first()
    if row is None:
        raise Http404
    require(user, row.workspace, role)
    return row
