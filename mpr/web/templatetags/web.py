"""The shell's tags: the numbers of `mpr.web.format` and the navigation."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext

from mpr.web import format as formats
from mpr.web.finding import NO_WORKERS, crew_words
from mpr.web.shell import places, workers_online

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


@register.inclusion_tag("web/_rail.html", takes_context=True)
def rail(context: RequestContext) -> dict[str, Any]:
    """The navigation, with the present page marked."""
    request = context["request"]
    match = request.resolver_match
    here = match.view_name if match else ""
    user = getattr(request, "user", None)
    shown = [place for place in places() if not place.staff_only or (user is not None and user.is_staff)]
    return {
        "places": [
            (place, here == place.url_name or here in place.covers, place.waiting(user) if place.waiting else 0)
            for place in shown
        ],
        "user": user,
    }


@register.inclusion_tag("web/_top.html", takes_context=True)
def top(context: RequestContext) -> dict[str, Any]:
    """The bar above a page: search, workers, the person."""
    online = workers_online()
    return {
        "user": getattr(context["request"], "user", None),
        "csrf_token": context.get("csrf_token"),
        "online": online,
        "crew_words": crew_words(online),
        "crew_sentence": NO_WORKERS,
    }


_ICONS = {"completed": "done", "ready": "done", "error": "failed"}


@register.inclusion_tag("web/_state.html")
def state(name: str, label: str) -> dict[str, str]:
    """A state by word, shape and colour."""
    return {"state": name, "label": label, "icon": _ICONS.get(name, name)}
