from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.safestring import SafeString

from mpr.errors import MprError
from mpr.web.display import pretty
from mpr.workspaces.models import Role, Workspace
from mpr.workspaces.scoping import ScopedAdmin, workspaces_as
from profiles.edit import duplicate_profile, save_profile
from profiles.families import registry
from profiles.forms import START, ProfileForm, in_order
from profiles.models import Profile
from profiles.reference import stage_reference


@admin.register(Profile)
class ProfileAdmin(ScopedAdmin):
    """Shipped profiles are read, workspaces' own are edited; either can be duplicated and tweaked."""

    form = ProfileForm
    list_display = ["name", "version", "where", "stage_count", "description", "updated_at"]
    list_filter = [("workspace", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["workspace"]
    search_fields = ["name", "description"]
    fields = ["seen_version", "workspace", "name", "description", "pipeline", "configs"]
    readonly_fields = ["pipeline_shown", "configs_shown"]
    actions = ["duplicate_and_tweak"]
    change_form_template = "admin/profiles/profile/change_form.html"

    class Media:
        css = {"all": ["css/admin_profile.css"]}

    def has_change_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.workspace_id is not None)

    def has_delete_permission(self, request: HttpRequest, obj: Profile | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.workspace_id is not None)

    def get_fields(self, request: HttpRequest, obj: Profile | None = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return ["name", "version", "description", "pipeline_shown", "configs_shown", "updated_at"]
        return super().get_fields(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        own = workspaces_as(request.user, Role.CURATOR).order_by("created_at").first()
        return {
            "pipeline": START,
            "configs": {},
            "workspace": own and own.pk,
            **super().get_changeform_initial_data(request),
        }

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "workspace":
            # What ships comes from files, so a profile made here always belongs to somebody.
            field.required = True
            field.help_text = "Whose profile this is."
        return field

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        deleted, counts, perms, protected = super().get_deleted_objects(objs, request)
        shipped = [f"{profile} (ships with MPR)" for profile in objs if profile.workspace_id is None]
        return deleted, counts, perms, [*protected, *shipped]

    def save_model(self, request: HttpRequest, obj: Profile, form: Any, change: bool) -> None:
        seen = form.cleaned_data.get("seen_version") if change else None
        save_profile(obj, seen_version=seen, by=request.user)

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        context = {"stage_reference": stage_reference(registry()), **(extra_context or {})}
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except MprError as error:
            # Lost a race with another editor; everything else the form has told at its fields.
            self.message_user(request, error.message, messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def get_urls(self) -> list[Any]:
        duplicate = path(
            "<int:profile_id>/duplicate/",
            self.admin_site.admin_view(self.duplicate_view),
            name="profiles_profile_duplicate",
        )
        return [duplicate, *super().get_urls()]

    def duplicate_view(self, request: HttpRequest, profile_id: int) -> HttpResponse:
        """Copy one profile and open the copy."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        profile = self.get_queryset(request).filter(pk=profile_id).first()
        if profile is None or not self.has_add_permission(request):
            raise Http404
        copy = self._duplicate(request, profile)
        target = copy or profile
        return HttpResponseRedirect(reverse("admin:profiles_profile_change", args=[target.pk]))

    @admin.action(description="Duplicate and tweak", permissions=["add"])
    def duplicate_and_tweak(self, request: HttpRequest, queryset: QuerySet[Profile]) -> HttpResponse | None:
        copies = [copy for profile in queryset if (copy := self._duplicate(request, profile))]
        if len(copies) == 1:
            return HttpResponseRedirect(reverse("admin:profiles_profile_change", args=[copies[0].pk]))
        return None

    def _duplicate(self, request: HttpRequest, profile: Profile) -> Profile | None:
        try:
            copy = duplicate_profile(profile, workspace=_target(request, profile), by=request.user)
        except MprError as error:
            self.message_user(request, error.message, messages.ERROR)
            return None
        self.log_addition(request, copy, f"Duplicated from {profile}.")
        self.message_user(request, f"Made {copy.name}, a copy of {profile.name}; change what you need and save.")
        return copy

    @admin.display(description="pipeline")
    def pipeline_shown(self, profile: Profile) -> SafeString:
        return pretty(in_order(profile.pipeline))

    @admin.display(description="configs")
    def configs_shown(self, profile: Profile) -> SafeString | str:
        return pretty(profile.configs) if profile.configs else "every stage runs with its defaults"

    @admin.display(description="belongs to", ordering="workspace__name")
    def where(self, profile: Profile) -> str:
        return profile.workspace.name if profile.workspace else "ships with MPR"

    @admin.display(description="stages")
    def stage_count(self, profile: Profile) -> int:
        return len(profile.pipeline.get("stages", ()))


def _target(request: HttpRequest, profile: Profile) -> Workspace:
    """Where a copy goes: beside the original if the person keeps that workspace, else to their first one."""
    own = workspaces_as(request.user, Role.CURATOR)
    beside = own.filter(pk=profile.workspace_id).first() if profile.workspace_id else None
    target = beside or own.order_by("created_at").first()
    return target or Workspace.objects.default()
