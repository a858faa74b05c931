"""Admin pages that show a person their own workspaces and nothing else.

What staff may do follows from their roles in workspaces, not from Django's model permissions: members see, curators
change. Superusers see and change everything. Rows that ship (no workspace) are seen by all and changed by superusers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from mpr.workspaces.models import Membership, Role, Workspace

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


def workspaces_as(user: User | AnonymousUser, role: Role) -> models.QuerySet[Workspace]:
    """The workspaces in which the person's role includes `role`."""
    visible = Workspace.objects.visible_to(user)
    if user.is_superuser:
        return visible
    enough = list(Role)[list(Role).index(role) :]
    return visible.filter(pk__in=Membership.objects.filter(user=user.pk, role__in=enough).values("workspace"))


class Scoped:
    """What scoped admin pages and inlines share. `workspace_path` leads from a row to its workspace."""

    workspace_path = "workspace"
    change_role = Role.CURATOR
    delete_role = Role.CURATOR

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        own = Q(**{f"{self.workspace_path}__in": Workspace.objects.visible_to(request.user)})
        shipped = Q(**{f"{self.workspace_path}__isnull": True})
        return super().get_queryset(request).filter(own | shipped)  # type: ignore[misc]

    def workspace_of(self, row: models.Model) -> Workspace | None:
        return _follow(row, self.workspace_path)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allows(request, Role.VIEWER, obj) or (obj is not None and self.workspace_of(obj) is None)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allows(request, self.change_role, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allows(request, self.change_role, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._allows(request, self.delete_role, obj)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        related = db_field.remote_field.model
        if related is Workspace:
            kwargs["queryset"] = workspaces_as(request.user, self.change_role)
        elif hasattr(related.objects, "visible_to"):
            kwargs["queryset"] = related.objects.visible_to(request.user)
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if related is Workspace and field is not None and not request.user.is_superuser:
            # Only superusers make what ships.
            field.required = True
            field.empty_label = None
        return field

    def _allows(self, request: HttpRequest, role: Role, row: models.Model | None) -> bool:
        user = request.user
        if not (user.is_active and user.is_staff):
            return False
        if user.is_superuser:
            return True
        roles = _roles(request)
        order = list(Role)
        if row is None:
            return any(order.index(mine) >= order.index(role) for mine in roles.values())
        workspace = self.workspace_of(row)
        mine = roles.get(workspace.pk) if workspace is not None else None
        return mine is not None and order.index(mine) >= order.index(role)


def _roles(request: HttpRequest) -> dict[Any, Role]:
    """The person's role per workspace, asked once per request."""
    known = getattr(request, "_workspace_roles", None)
    if known is None:
        rows = Membership.objects.filter(user=request.user.pk).values_list("workspace", "role")
        known = {workspace: Role(role) for workspace, role in rows}
        request._workspace_roles = known  # type: ignore[attr-defined]
    return known


def _follow(row: models.Model, path: str) -> Any:
    found: Any = row
    for step in path.split("__") if path else ():
        found = getattr(found, step, None)
    return found


class ScopedAdmin(Scoped, admin.ModelAdmin):
    """An admin page scoped to the person's workspaces."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        # Whoever may delete a row may delete what hangs on it, although the machine's rows cannot be deleted alone.
        deleted, counts, _, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, set(), protected


class MachineAdmin(ScopedAdmin):
    """Rows that only the engine writes: looked at, never edited."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ScopedInline(Scoped, admin.TabularInline):
    """Rows below the row they belong to. Django asks for permission with the parent row at hand."""

    extra = 0

    def workspace_of(self, row: models.Model) -> Workspace | None:
        return _follow(row, self.workspace_path.partition("__")[2])


class MachineInline(ScopedInline):
    """The engine's rows below the row they belong to."""

    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
