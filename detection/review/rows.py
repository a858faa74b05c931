"""Findings by the keys that pages and API clients name them with: a12 is an airing, q5 an open question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from detection.models import Airing
from detection.review.models import OpenQuestion
from detection.review.subjects import AIRING, QUESTION
from mpr.errors import BadInput, NotFound
from mpr.workspaces.access import require
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

Finding = Airing | OpenQuestion

_KEY = re.compile(r"([aq])([1-9][0-9]{0,17})")
_KINDS = {"a": AIRING, "q": QUESTION}
_MODELS: dict[str, Any] = {AIRING: Airing, QUESTION: OpenQuestion}
_LEADS_TO = "job__timeline__source_asset__workspace"


def kind_of(row: Finding) -> str:
    return AIRING if isinstance(row, Airing) else QUESTION


def key_of(row: Finding) -> str:
    return key_for(kind_of(row), row.pk)


def key_for(kind: str, pk: int) -> str:
    """The key of the finding of a kind in a row."""
    return f"{kind[0]}{pk}"


def light(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Findings with what leads to their workspace, without what is large and hardly ever read."""
    heavy = ["job__plan", "job__timeline__facts", "job__timeline__source_asset__properties"]
    return rows.select_related(_LEADS_TO).defer(*heavy, *(["geometry"] if rows.model is Airing else []))


def find_rows(user: User | AnonymousUser, keys: Sequence[str], role: Role) -> list[Finding]:
    """The findings of these keys, in their order, with what leads to their workspace.

    Raises BadInput for what is no key, NotFound for what the person does not see or is no longer there, NotAllowed
    without the role.
    """
    wanted: dict[str, list[int]] = {AIRING: [], QUESTION: []}
    for key in keys:
        match = _KEY.fullmatch(key)
        if match is None:
            raise BadInput(f"“{key[:40]}” names no finding; they are named like a12 and q5.")
        wanted[_KINDS[match[1]]].append(int(match[2]))
    found: dict[str, Finding] = {}
    for kind, pks in wanted.items():
        rows = light(_MODELS[kind].objects.visible_to(user)).filter(pk__in=pks) if pks else ()
        found |= {key_of(row): row for row in rows}
    if missing := [key for key in keys if key not in found]:
        raise NotFound(f"There is no finding {missing[0]} any more; its job was computed anew. Reload the page.")
    for workspace in {row.job.workspace.pk: row.job.workspace for row in found.values()}.values():
        require(user, workspace, role)
    return [found[key] for key in dict.fromkeys(keys)]


def find_row(user: User | AnonymousUser, key: str, role: Role) -> Finding:
    """As `find_rows` of one."""
    return find_rows(user, [key], role)[0]
