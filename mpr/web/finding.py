"""The search over everything, and how many workers are online."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mpr.web.search import Hit, tidy
from mpr.web.shell import Kind, kinds, workers_online

_AT_ONCE = 5
_ON_A_PAGE = 20
NO_WORKERS = "No worker is online, so jobs wait; `mpr up` starts workers, or run `mpr worker` on another machine."


@dataclass(frozen=True, kw_only=True)
class Group:
    """What was found of one kind."""

    kind: Kind
    hits: Sequence[Hit]


def find(user: Any, text: str, count: int) -> list[Group]:
    """The nearest `count` of each kind that the person may see; kinds of which there is nothing are left out."""
    wanted = tidy(text)
    groups = [Group(kind=kind, hits=kind.find(user, wanted, count)) for kind in kinds()] if wanted else []
    return [group for group in groups if group.hits]


@require_safe
@never_cache
def search(request: HttpRequest) -> HttpResponse:
    """What is found, as a page; as options for the search in the bar when a script asks."""
    text = tidy(request.GET.get("q", ""))
    if "application/json" not in request.headers.get("Accept", ""):
        return render(request, "web/search.html", {"text": text, "groups": find(request.user, text, _ON_A_PAGE)})
    groups = find(request.user, text, _AT_ONCE)
    options = render_to_string("web/_found.html", {"groups": groups})
    return JsonResponse({"count": sum(len(group.hits) for group in groups), "options": options})


@require_safe
@never_cache
def workers(request: HttpRequest) -> JsonResponse:
    """How many workers are online, in words."""
    online = workers_online()
    return JsonResponse({"online": online, "words": crew_words(online), "sentence": "" if online else NO_WORKERS})


def crew_words(online: int) -> str:
    if not online:
        return "No worker online"
    return f"{online} worker{'s' * (online != 1)} online"
