"""What stands around every page: the places of the rail and what the search looks through.

Apps state both and the settings name them (MPR_PLACES, MPR_SEARCHES), in the order in which they are shown: the shell
knows no app.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from mpr.web.search import Hit


@dataclass(frozen=True, kw_only=True)
class Place:
    """An entry of the rail. `covers` are the names of the pages it stands for besides its own; `waiting(user)` counts
    what waits there for somebody."""

    label: str
    url_name: str
    icon: str
    covers: tuple[str, ...] = ()
    staff_only: bool = False
    waiting: Callable[[Any], int] | None = None


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Something that can be found: `find(user, text, count)` gives the nearest of what the person may see, `count` of
    them at most."""

    name: str
    label: str
    icon: str
    find: Callable[[Any, str, int], Sequence[Hit]]


ADMIN = Place(label="Admin", url_name="admin:index", icon="wrench", staff_only=True)


@cache
def places() -> tuple[Place, ...]:
    return tuple(import_string(path) for path in settings.MPR_PLACES)


@cache
def kinds() -> tuple[Kind, ...]:
    return tuple(import_string(path) for path in settings.MPR_SEARCHES)


def workers_online() -> int:
    """How many workers give signs of life; asks the database alone, since a page does not wait for the broker."""
    count: Callable[[], int] = import_string(settings.MPR_WORKERS_ONLINE)
    return count()
