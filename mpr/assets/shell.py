"""The library in the rail, and footage in the search over everything."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from mpr.assets.models import MediaAsset
from mpr.web.format import clock
from mpr.web.search import Hit, matching
from mpr.web.shell import Kind, Place

LIBRARY = Place(label="Library", url_name="library", icon="film", covers=("asset", "asset-analyse"))


def _find(user: Any, text: str, count: int) -> list[Hit]:
    found = matching(MediaAsset.objects.visible_to(user).defer("properties"), text, "filename", "tags")
    return [_hit(asset) for asset in found[:count]]


def _hit(asset: MediaAsset) -> Hit:
    length = clock(asset.duration_s) if asset.duration_s else ""
    detail = " · ".join(filter(None, [length, ", ".join(asset.tags), "" if length else asset.get_status_display()]))
    return Hit(title=asset.filename, address=reverse("asset", args=[asset.pk]), detail=detail)


FOOTAGE = Kind(name="footage", label="Footage", icon="film", find=_find)
