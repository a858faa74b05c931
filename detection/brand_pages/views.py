"""The list of brands, and one brand with what is known of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from brands.access import find_brand, may_change
from brands.change import UNDO_FOR, tidy_up, undoable_since
from brands.lists import checked_row, upsert_brands
from brands.models import Brand, Exemplar
from brands.pictures import MOST_BYTES
from detection.brand_pages import history
from detection.brand_pages.writing import Done, act
from mpr.errors import BadInput, MprError
from mpr.jobs.models import Job
from mpr.web.search import holding, tidy
from mpr.workspaces.access import choose_workspace
from mpr.workspaces.models import Role
from mpr.workspaces.scoping import workspaces_as

_BRANDS_PER_PAGE = 50
_JOBS_PER_PAGE = 20
_CHANGES_SHOWN = 12
_EXEMPLARS_SHOWN = 3
SORTS = {"name": "Name", "seen": "Longest seen", "last": "Last seen"}


@require_safe
@never_cache
def brands(request: HttpRequest) -> HttpResponse:
    """What do we look for, and how well do we know it?"""
    text, sort = tidy(request.GET.get("q", "")), request.GET.get("sort", "name")
    rows = _sorted(request.user, Brand.objects.visible_to(request.user), text, sort)
    page = Paginator(rows, _BRANDS_PER_PAGE).get_page(request.GET.get("page"))
    shown = list(page.object_list)
    seen = history.seen_of(request.user, shown)
    context = {
        "page": page,
        "brands": [(brand, list(brand.exemplars.all()), seen.get(brand.pk, history.Seen())) for brand in shown],
        "text": text,
        "sort": sort if sort in SORTS else "name",
        "sorts": SORTS.items(),
        "kept_in": list(workspaces_as(request.user, Role.CURATOR)),
    }
    return render(request, "brands/list.html", context)


def _sorted(user: Any, rows: QuerySet[Brand], text: str, sort: str) -> Any:
    """What a paginator takes."""
    pictures = Prefetch("exemplars", Exemplar.objects.order_by("created_at"))
    rows = rows.select_related("workspace").prefetch_related(pictures).order_by("canonical_name", "pk")
    found = holding(rows, text, "canonical_name", "aliases") if text else rows
    if sort == "seen":
        return history.by_seconds(user, found)
    return history.by_last(user, found) if sort == "last" else found


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add a brand by its name; one that is there is opened."""
    given = request.POST.get("workspace", "")
    try:
        workspace = choose_workspace(request.user, _uuid(given) if given else None, Role.CURATOR)
        row = checked_row(request.POST.get("name", ""), [], where="The name")
        if not row.canonical_name:
            raise BadInput("Write the name of the brand.")
        (brand,) = upsert_brands([row], workspace=workspace)
    except MprError as error:
        messages.error(request, error.message)
        return redirect("brands")
    return redirect("brand", brand.pk)


@require_safe
@never_cache
def brand(request: HttpRequest, brand_id: UUID) -> HttpResponse:
    """One brand: how it is written, what it looks like, where it was seen."""
    found = find_brand(request.user, brand_id, Role.VIEWER)
    page = Paginator(history.jobs_of(request.user, found), _JOBS_PER_PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    jobs = Job.objects.select_related("timeline__source_asset").defer("plan").in_bulk([row["job"] for row in rows])
    context = {
        "seen": history.seen_of(request.user, [found]).get(found.pk, history.Seen()),
        "decisions": history.decisions_of(request.user, found),
        "page": page,
        "rows": [(jobs[row["job"]], row) for row in rows],
    }
    return render(request, "brands/brand.html", known(request, found) | context)


@require_POST
def change(request: HttpRequest, brand_id: UUID) -> HttpResponse:
    """Change what is known of a brand; a script gets that part of the page anew, anybody else the page."""
    found = find_brand(request.user, brand_id, Role.VIEWER)
    done, error = Done(), None
    try:
        find_brand(request.user, brand_id, Role.CURATOR)
        done = act(found, request)
    except MprError as refused:
        error = refused
    tidy_up()
    if "HX-Request" not in request.headers:
        messages.add_message(
            request, messages.ERROR if error else messages.SUCCESS, error.message if error else done.said
        )
        return redirect("brand", brand_id)
    context = known(request, find_brand(request.user, brand_id, Role.VIEWER)) | {"done": done, "error": error}
    answer = render(request, "brands/_known.html", context, status=error.http_status if error else 200)
    answer["X-Part"] = "known"
    return answer


def known(request: HttpRequest, brand: Brand) -> dict[str, Any]:
    """What the part of the page shows that changes when somebody changes the brand."""
    changes = list(brand.changes.select_related("by")[:_CHANGES_SHOWN])
    since = undoable_since()
    return {
        "brand": brand,
        "may_change": may_change(request.user, brand),
        "changes": [(one, one.undone_at is None and one.at > since) for one in changes],
        "undo_hours": int(UNDO_FOR.total_seconds() // 3600),
        "most_mb": MOST_BYTES // 1_000_000,
    }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise BadInput("There is no such workspace; reload the page.") from error
