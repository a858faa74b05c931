"""The library: what footage do I have, and what was seen in it?"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_POST, require_safe

from mpr.assets.intake import scan
from mpr.assets.intake.again import try_asset_again
from mpr.assets.intake.api import under_way
from mpr.assets.intake.models import Intake, IntakeState
from mpr.assets.models import MediaAsset
from mpr.assets.tags import set_tags
from mpr.errors import MprError
from mpr.jobs import removal
from mpr.library.cards import Card, card, cards
from mpr.library.listing import Order, State, first_deleted, page_of, parse_wanted, shown, tags_of
from mpr.storage.buckets import media_out
from mpr.workspaces.access import choose_workspace, find_for
from mpr.workspaces.models import Role, Workspace
from mpr.workspaces.scoping import workspaces_as

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# For how long a page that asks now and then is told of what has come in.
_TOLD = timedelta(seconds=30)


@require_safe
@never_cache
def library(request: HttpRequest) -> HttpResponse:
    """The whole page; below `library-list` the part of it that search and filters change."""
    return render(request, "assets/library.html", _page(request) | _around(request))


@require_safe
@never_cache
def library_list(request: HttpRequest) -> HttpResponse:
    """The list anew; the address of the page follows."""
    answer = render(request, "assets/_library_list.html", _page(request) | {"may_bring": _may_bring(request)})
    said = request.GET.copy()
    for name in [name for name, value in said.items() if not value]:
        del said[name]
    answer["HX-Replace-Url"] = f"{reverse('library')}?{said.urlencode()}" if said else reverse("library")
    return answer


@require_safe
@never_cache
def incoming(request: HttpRequest) -> HttpResponse:
    """What is on its way into the library."""
    return render(request, "assets/_incoming.html", _incoming(request))


@require_safe
@never_cache
def asset_jobs(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The jobs of one card, while they run."""
    return render(request, "assets/_card_jobs.html", {"card": _one(request, asset_id)})


@require_POST
def asset_tags(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Set the tags: `tags`, separated by commas."""
    asset = _asset(request, asset_id, Role.ANALYST)
    error = None
    try:
        set_tags(asset, request.POST.get("tags", "").split(","))
    except MprError as refused:
        error = refused
    if "HX-Request" not in request.headers:
        return _back(request, error.message if error else "The tags are set.", failed=error is not None)
    context = {"card": _one(request, asset_id), "error": error, "typed": request.POST.get("tags", "")}
    answer = render(request, "assets/_tags.html", context, status=error.http_status if error else 200)
    answer["X-Part"] = "tags"
    return answer


@require_POST
def asset_delete(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Delete it, to be restored for a while; `stop_jobs` ends the jobs that run on it."""
    asset = _asset(request, asset_id, Role.ANALYST)
    removal.require_may_delete(request.user, asset)
    try:
        removal.delete(asset_id, cast("User", request.user), stop_jobs=bool(request.POST.get("stop_jobs")))
    except removal.JobsRun as refused:
        if "HX-Request" not in request.headers:
            return _back(request, refused.message, failed=True)
        answer = _part(
            request, "assets/_delete_question.html", {"asset": asset, "question": refused.message}, "question"
        )
        answer["HX-Retarget"], answer["HX-Reswap"] = "#question", "outerHTML"
        return answer
    if "HX-Request" not in request.headers:
        return _back(request, f"{asset.filename} is deleted; “Deleted” in the list of states gives it back.")
    return _part(request, "assets/_deleted.html", {"asset": asset, "days": settings.MPR_DELETED_KEEP_DAYS}, "card")


@require_POST
def asset_restore(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Take a deletion back."""
    seen = MediaAsset.objects.deleted_for(request.user) | MediaAsset.objects.visible_to(request.user)
    asset: MediaAsset = find_for(request.user, seen.select_related("workspace"), asset_id, Role.ANALYST)
    removal.require_may_delete(request.user, asset)
    removal.restore(asset_id)
    if "HX-Request" not in request.headers:
        return _back(request, f"{asset.filename} is back.")
    shown_anew = _one(request, asset_id)
    return _part(request, "assets/_restored.html", {"card": shown_anew, "cards": [shown_anew]}, "card")


@require_POST
def asset_retry(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Try to take in anew what failed."""
    asset = _asset(request, asset_id, Role.ANALYST)
    try_asset_again(asset)
    if "HX-Request" not in request.headers:
        return _back(request, f"{asset.filename} is tried again.")
    answer = HttpResponse()
    answer["HX-Trigger"] = "library-changed"
    return answer


@never_cache
def found_files(request: HttpRequest) -> HttpResponse:
    """What was dropped into media_in; POST takes in the files of `key`, or `all`."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD, POST"})
    given = request.POST.get("workspace") or request.GET.get("workspace")
    workspace = choose_workspace(request.user, _uuid(given), Role.ANALYST)
    begun: list[Any] = []
    if request.method == "POST":
        keys = None if "all" in request.POST else request.POST.getlist("key")
        begun = scan.take_in_found(workspace, keys, cast("User", request.user))
    found = scan.scan(workspace)
    context = {"found": found, "workspace": workspace, "begun": begun, "most": scan.MOST_SHOWN}
    context["choosable"] = any(file.condition in (scan.Condition.READY, scan.Condition.FAILED) for file in found)
    answer = render(request, "assets/_found.html", context)
    if begun:
        answer["HX-Trigger"] = "library-changed"
    return answer


@require_safe
@cache_control(private=True, max_age=86400)
def asset_poster(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The picture that stands for footage."""
    seen = MediaAsset.objects.visible_to(request.user) | MediaAsset.objects.deleted_for(request.user)
    key = seen.filter(pk=asset_id).exclude(poster_path="").values_list("poster_path", flat=True).first()
    if key is None:
        raise Http404
    return HttpResponse(media_out.read(key), content_type="image/jpeg")


def _page(request: HttpRequest) -> dict[str, Any]:
    wanted = parse_wanted(request.GET)
    page = page_of(request.user, wanted, request.GET.get("page"))
    several = Workspace.objects.visible_to(request.user).count() > 1
    return {"page": page, "cards": cards(page.object_list, request.user), "wanted": wanted, "several": several}


def _around(request: HttpRequest) -> dict[str, Any]:
    mine = list(workspaces_as(request.user, Role.ANALYST))
    return _incoming(request) | {
        "states": [choice for choice in State.choices if choice[0] != State.DELETED or first_deleted(request.user)],
        "orders": Order.choices,
        "tags": tags_of(request.user),
        "workspaces": mine,
    }


def _incoming(request: HttpRequest) -> dict[str, Any]:
    """What failed with an asset is told by its card."""
    seen = list(under_way(request.user).order_by("created_at"))
    intakes = [intake for intake in seen if intake.asset is None or intake.state != IntakeState.FAILED]
    lately = Intake.objects.visible_to(request.user).filter(
        state__in=[IntakeState.DONE, IntakeState.FAILED], finished_at__gt=timezone.now() - _TOLD
    )
    return {
        "intakes": intakes,
        "finished": list(lately),
        "moves": any(intake.state in (IntakeState.PENDING, IntakeState.RUNNING) for intake in intakes),
        "may_bring": _may_bring(request),
    }


def _may_bring(request: HttpRequest) -> bool:
    return workspaces_as(request.user, Role.ANALYST).exists()


def _one(request: HttpRequest, asset_id: UUID) -> Card:
    rows: QuerySet[MediaAsset] = shown(MediaAsset.objects.visible_to(request.user)).filter(pk=asset_id)
    asset = rows.first()
    if asset is None:
        raise Http404
    return card(asset, request.user)


def _asset(request: HttpRequest, asset_id: UUID, role: Role) -> MediaAsset:
    seen = MediaAsset.objects.visible_to(request.user).select_related("workspace")
    asset: MediaAsset = find_for(request.user, seen, asset_id, role)
    return asset


def _part(request: HttpRequest, template: str, context: dict[str, Any], name: str) -> HttpResponse:
    answer = render(request, template, context)
    answer["X-Part"] = name
    return answer


def _back(request: HttpRequest, said: str, *, failed: bool = False) -> HttpResponse:
    messages.add_message(request, messages.ERROR if failed else messages.SUCCESS, said)
    return redirect("library")


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Http404 from error
