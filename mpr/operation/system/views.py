"""Are workers, queues, storage and spend in order?"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from mpr import messages
from mpr.errors import MprError, NotAllowed
from mpr.events.words import sentence
from mpr.jobs import dispatch
from mpr.operation.doctor import State, for_page
from mpr.operation.system import spend, storage, work
from mpr.web.finding import NO_WORKERS


@require_safe
@never_cache
def system(request: HttpRequest) -> HttpResponse:
    """The page; what asks the broker, the disks or other servers comes by itself."""
    costs = spend.costs(request.user)
    context = _work(request) | {
        "costs": costs,
        "spend_usd": sum(cost.spend_usd for cost in costs),
        "spend_days": spend.DAYS,
        "is_staff": request.user.is_staff,
    }
    return render(request, "system/system.html", context)


@require_safe
@never_cache
def system_work(request: HttpRequest) -> HttpResponse:
    """The part that changes from moment to moment."""
    return render(request, "system/_work.html", _work(request))


@require_safe
@never_cache
def system_storage(request: HttpRequest) -> HttpResponse:
    """How much room things take; asks again by itself while they are counted."""
    newest, busy = storage.counted()
    context = {
        "lines": storage.lines(request.user, newest),
        "newest": newest,
        "busy": busy,
        "rooms": storage.rooms() if request.user.is_staff else [],
    }
    return render(request, "system/_storage.html", context)


@require_safe
@never_cache
def system_checks(request: HttpRequest) -> HttpResponse:
    """What `mpr doctor` finds, for staff: it tells of the installation."""
    if not request.user.is_staff:
        raise NotAllowed("This tells of the whole installation; ask somebody who keeps it.")
    found = list(for_page())
    broken = sum(one.state is State.BROKEN for one in found)
    return render(request, "system/_checks.html", {"findings": found, "broken": broken, "queues": _queues()})


def _work(request: HttpRequest) -> dict[str, object]:
    hands = work.hands(request.user)
    counts, newest = work.troubles(request.user)
    online = sum(hand.online for hand in hands)
    waiting = work.waiting(request.user, hands)
    return {
        "hands": hands,
        "online": online,
        "no_workers": "" if online else NO_WORKERS,
        "versions": sorted({hand.sign.version for hand in hands if hand.online}),
        "waiting": waiting,
        "unserved": [one for one in waiting if one.shards and not one.workers],
        "late": work.late_leases(request.user),
        "troubles": counts,
        "trouble_count": sum(counts.values()),
        "newest": [(event, sentence(event)) for event in newest],
    }


def _queues() -> list[tuple[str, int | None, str]]:
    """How many messages lie in each queue of the broker, or why nobody knows."""
    found: list[tuple[str, int | None, str]] = []
    for queue in dispatch.QUEUES:
        try:
            found.append((queue, messages.waiting(queue), ""))
        except MprError as error:
            return [(name, None, error.message) for name in dispatch.QUEUES]
    return found
