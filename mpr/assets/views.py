"""The library: what footage there is."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from mpr.assets.models import MediaAsset

_ASSETS_PER_PAGE = 30


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """What footage do I have, and what came of it? Newest first."""
    rows = MediaAsset.objects.visible_to(request.user).prefetch_related("timelines__jobs__stage_runs")
    page = Paginator(rows.order_by("-created_at", "pk"), _ASSETS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "assets/library.html", {"page": page, "assets": page.object_list})
