from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from mpr.workspaces.forms import MembershipForm, MembershipFormSet
from mpr.workspaces.models import Membership, Role, Workspace
from mpr.workspaces.scoping import ScopedAdmin, ScopedInline


class MembershipInline(ScopedInline):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    fields = ["username", "role"]
    change_role = Role.OWNER
    delete_role = Role.OWNER


@admin.register(Workspace)
class WorkspaceAdmin(ScopedAdmin):
    """Owners keep their members; only superusers make and remove workspaces."""

    list_display = ["name", "member_count", "created_at"]
    search_fields = ["name"]
    readonly_fields = ["created_at"]
    inlines = [MembershipInline]
    change_role = Role.OWNER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Workspace]:
        return Workspace.objects.visible_to(request.user).annotate(member_total=Count("memberships"))

    def workspace_of(self, row: Any) -> Workspace:
        return row

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    @admin.display(description="members", ordering="member_total")
    def member_count(self, workspace: Any) -> int:
        return workspace.member_total
