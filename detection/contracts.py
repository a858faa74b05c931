"""Contracts: what was promised for a timeline, kept so that every report on it says what was delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from detection.models import Contract
from detection.report.contract import Promise, read_contract
from mpr.assets.models import Timeline
from mpr.errors import MprError, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_NAME_LENGTH = Contract._meta.get_field("name").max_length or 200


def save_contract(timeline: Timeline, text: str, *, name: str, user: User | None = None) -> Contract:
    """Keep a contract given as CSV in place of the timeline's former one. Raises BadInput for what is no contract."""
    promises = msgspec.to_builtins(read_contract(text))
    kept, _ = Contract.objects.update_or_create(
        timeline=timeline,
        defaults={"name": name[:_NAME_LENGTH], "promises": promises, "changed_by": user},
    )
    return kept


def find_contract(timeline: Timeline) -> Contract:
    """Raises NotFound when there is none."""
    found = Contract.objects.select_related("changed_by").filter(timeline=timeline).first()
    if found is None:
        raise NotFound("There is no contract for this footage; put one first.")
    return found


def delete_contract(timeline: Timeline) -> None:
    """Raises NotFound when there is none."""
    find_contract(timeline).delete()


def promises_of(timeline: Timeline) -> Sequence[Promise] | None:
    """The promises of the timeline's contract, None without one."""
    found = Contract.objects.filter(timeline=timeline).values_list("promises", flat=True).first()
    if found is None:
        return None
    try:
        return msgspec.convert(found, list[Promise])
    except msgspec.ValidationError as error:
        raise MprError(f"The contract of this footage cannot be read ({error}); put it again.") from error
