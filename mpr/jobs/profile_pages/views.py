"""Profiles: the list, one of them, and what differs between two."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mpr.errors import MprError
from mpr.jobs.profile_pages.difference import Side, difference
from mpr.jobs.profile_pages.facts import drawn, jobs_of, others, used, versions_of
from mpr.workspaces.access import choose_workspace
from mpr.workspaces.models import Role
from mpr.workspaces.scoping import workspaces_as
from profiles.edit import duplicate_profile
from profiles.models import Profile, ProfileVersion

_PROFILES_PER_PAGE = 50
_JOBS_SHOWN = 10


@require_safe
@never_cache
def profiles(request: HttpRequest) -> HttpResponse:
    """How do we look at footage?"""
    rows = Profile.objects.visible_to(request.user).select_related("workspace").order_by("name", "workspace", "pk")
    page = Paginator(rows, _PROFILES_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    counts = used(request.user, shown)
    context = {
        "page": page,
        "profiles": [
            (profile, len(profile.pipeline.get("stages", ())), counts.get(profile.pk, 0)) for profile in shown
        ],
        "default": settings.MPR_DEFAULT_PROFILE,
    }
    return render(request, "profiles/list.html", context)


@require_safe
@never_cache
def profile(request: HttpRequest, profile_id: int) -> HttpResponse:
    """One profile: graph, settings, versions, who uses it."""
    found = _profile(request, profile_id)
    jobs = jobs_of(request.user, found).select_related("timeline__source_asset").defer("plan")
    kept_in = list(workspaces_as(request.user, Role.CURATOR))
    context = {
        "profile": found,
        "drawn": drawn(found.pipeline, found.configs),
        "versions": versions_of(request.user, found),
        "others": others(request.user, found),
        "jobs": jobs[:_JOBS_SHOWN],
        "job_count": jobs.count(),
        "is_default": found.name == settings.MPR_DEFAULT_PROFILE,
        "kept_in": kept_in,
        "may_change": found.workspace in kept_in,
    }
    return render(request, "profiles/profile.html", context)


@require_POST
def duplicate(request: HttpRequest, profile_id: int) -> HttpResponse:
    """Make a copy to be tweaked, beside the original if the person keeps that workspace, else in their own."""
    found = _profile(request, profile_id)
    beside = found.workspace if found.workspace and found.workspace.allows(request.user, Role.CURATOR) else None
    try:
        own = beside or workspaces_as(request.user, Role.CURATOR).order_by("created_at").first()
        workspace = own or choose_workspace(request.user, None, Role.CURATOR)
        copy = duplicate_profile(found, workspace=workspace, by=request.user)
    except MprError as error:
        messages.error(request, error.message)
        return redirect("profile", found.pk)
    messages.success(request, f"Made {copy.name}, a copy of {found.name}.")
    return redirect("profile", copy.pk)


@require_safe
@never_cache
def compare(request: HttpRequest, profile_id: int) -> HttpResponse:
    """What differs between a version of this profile and another version, or another profile."""
    found = _profile(request, profile_id)
    first = _version(request, found, request.GET.get("a", ""))
    second = _version(request, found, request.GET.get("b", "")) or first
    if first is None or second is None:
        raise Http404
    context = {
        "profile": found,
        "first": first,
        "second": second,
        "parts": difference(_side(first), _side(second)),
        "versions": found.versions.order_by("-version"),
        "others": others(request.user, found),
        "first_key": request.GET.get("a", ""),
        "second_key": request.GET.get("b", ""),
    }
    return render(request, "profiles/compare.html", context)


def _side(version: ProfileVersion) -> Side:
    return Side(pipeline=version.pipeline, configs=version.configs)


def _version(request: HttpRequest, profile: Profile, key: str) -> ProfileVersion | None:
    """“v3” is a version of this profile, “p7” the present one of profile 7, nothing the present one of this."""
    number = int(key[1:]) if key[1:].isascii() and key[1:].isdecimal() and len(key) < 10 else 0
    if key.startswith("p"):
        return _present(_profile(request, number))
    if key:
        return profile.versions.filter(version=number).first()
    return _present(profile)


def _present(profile: Profile) -> ProfileVersion:
    return ProfileVersion(profile=profile, version=profile.version, pipeline=profile.pipeline, configs=profile.configs)


def _profile(request: HttpRequest, profile_id: int) -> Any:
    return get_object_or_404(Profile.objects.visible_to(request.user).select_related("workspace"), pk=profile_id)
