"""One asset: what is in this file, and which part shall be analysed?"""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from mpr.assets.models import MediaAsset
from mpr.assets.prepared import RenditionKind, WorkState
from mpr.assets.preparing import read_strip
from mpr.chunker.page import chunk_table, context_of, timelines_of
from mpr.workspaces.models import Role


@require_safe
@never_cache
def asset(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The whole page."""
    return render(request, "assets/asset.html", context_of(_asset(request, asset_id), request.user))


@require_safe
@never_cache
def asset_chunks(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The chunks and how far they are, fetched anew while one is being made."""
    found = _asset(request, asset_id)
    context = {
        "asset": found,
        "table": chunk_table(found),
        "may_edit": found.workspace.allows(request.user, Role.ANALYST),
    }
    return render(request, "assets/_chunks.html", context)


@require_safe
@never_cache
def asset_timelines(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """The timelines and their jobs."""
    found = _asset(request, asset_id)
    context = {
        "asset": found,
        "timelines": timelines_of(found),
        "may_edit": found.workspace.allows(request.user, Role.ANALYST),
    }
    return render(request, "assets/_timelines.html", context)


@require_safe
@cache_control(private=True, max_age=86_400)
def asset_filmstrip(request: HttpRequest, asset_id: UUID, number: int) -> HttpResponse:
    """A sheet of the filmstrip's small pictures."""
    rows = _asset(request, asset_id).renditions.filter(kind=RenditionKind.FILMSTRIP, state=WorkState.DONE)
    strip = read_strip(get_object_or_404(rows, number=number).key)
    if not strip.sheet:
        raise Http404
    return HttpResponse(strip.sheet, content_type="image/jpeg")


def _asset(request: HttpRequest, asset_id: UUID) -> MediaAsset:
    rows = MediaAsset.objects.visible_to(request.user).select_related("workspace")
    return get_object_or_404(rows, pk=asset_id)
