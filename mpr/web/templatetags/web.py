"""The shell's tags: the numbers of `mpr.web.format` and the navigation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.template.context import RequestContext

from mpr.web import format as formats

register = template.Library()
for name in ("took", "size", "percent", "bit_rate", "stage_title"):
    register.filter(name, getattr(formats, name))


@register.filter
def clock(seconds: float | None) -> str:
    """0:04:20"""
    return formats.clock(seconds)


@register.filter
def clock_ms(seconds: float | None) -> str:
    """0:04:20.320"""
    return formats.clock(seconds, with_ms=True)


@dataclass(frozen=True, kw_only=True)
class Place:
    """An entry of the rail; `covers` are the names of the pages it stands for."""

    label: str
    url_name: str
    icon: str
    covers: tuple[str, ...] = ()
    staff_only: bool = False


PLACES = (
    Place(label="Library", url_name="library", icon="film"),
    Place(
        label="Jobs",
        url_name="jobs",
        icon="stack",
        covers=("job", "report", "report-airings"),
    ),
    Place(label="Brands", url_name="admin:brands_brand_changelist", icon="tag", staff_only=True),
    Place(label="Profiles", url_name="admin:profiles_profile_changelist", icon="sliders", staff_only=True),
    Place(label="Admin", url_name="admin:index", icon="wrench", staff_only=True),
)


@register.inclusion_tag("web/_rail.html", takes_context=True)
def rail(context: RequestContext) -> dict[str, Any]:
    """The navigation, with the present page marked."""
    request = context["request"]
    match = request.resolver_match
    here = match.view_name if match else ""
    user = getattr(request, "user", None)
    places = [place for place in PLACES if not place.staff_only or (user is not None and user.is_staff)]
    return {
        "places": [(place, here == place.url_name or here in place.covers) for place in places],
        "user": user,
        "csrf_token": context.get("csrf_token"),
    }


_ICONS = {"completed": "done", "ready": "done", "error": "failed"}


@register.inclusion_tag("web/_state.html")
def state(name: str, label: str) -> dict[str, str]:
    """A state by word, shape and colour."""
    return {"state": name, "label": label, "icon": _ICONS.get(name, name)}
