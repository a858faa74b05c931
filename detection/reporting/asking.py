"""What an address asks for of a report, and addresses that ask for the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from detection.recompute import Choice
from detection.report.settings import Config
from detection.reporting.shown import Look, Shown
from detection.reporting.table import Wanted
from mpr.errors import BadInput

AS_FOUND = "found"
# A curve does not fit into an address; presets hold curves.
SETTINGS = {field.name: field.type for field in fields(Config) if field.name != "audience_curve"}
_WORDS = ("currency",)
_WHOLE = ("backdrop_marks",)
_LONGEST = 200


def look_of(query: QueryDict) -> Look:
    """Settings that were shown for another preset (`of`) than the one that is asked for do not count. Raises
    BadInput for what is no preset or no number."""
    named = query.get("preset", "")
    name, _, version = named.partition("@")
    if version and not version.isdecimal():
        raise BadInput(f"“{named}” names no version; write NAME@NUMBER, such as standard@1.")
    settings = {} if query.get("of", named) != named else _settings(query)
    choice = Choice(preset=name or None, version=int(version) if version else None, settings=settings)
    return Look(choice=choice, as_reviewed=query.get("reviewed") != AS_FOUND)


def wanted_of(query: QueryDict) -> Wanted:
    """The part of the table."""
    return Wanted(
        columns=tuple(query.getlist("columns")),
        sort=query.get("sort", ""),
        placement=query.get("placement", ""),
        brand=query.get("brand", "")[:_LONGEST],
    )


def query_of(shown: Shown) -> str:
    """The shortest query that gives this look again, and the same numbers tomorrow: a preset with its version, and what
    is set otherwise than there."""
    return urlencode(asked(shown))


def asked(shown: Shown) -> dict[str, Any]:
    """The same as names and values."""
    choice = shown.look.choice
    told: dict[str, Any] = {}
    if choice.preset is not None:
        _, base = shown.reported.settings
        told["preset"] = f"{base.name}@{base.version}" if base else choice.preset
        told |= base.changes if base else {}
    elif choice.settings:
        own = shown.own_settings
        told |= {name: value for name, value in choice.settings.items() if own.get(name) != value}
    if not shown.look.as_reviewed:
        told["reviewed"] = AS_FOUND
    return {name: value for name, value in told.items() if name == "reviewed" or name == "preset" or name in SETTINGS}


def _settings(query: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: query[name].strip() for name in SETTINGS if query.get(name, "").strip()}
    return {name: _value(name, text) for name, text in given.items()}


def _value(name: str, text: str) -> Any:
    if name in _WORDS:
        return text.upper()
    try:
        value = float(text)
    except ValueError as error:
        raise BadInput(f"“{text}” is no number; {name} takes one.") from error
    return int(value) if name in _WHOLE and value.is_integer() else value
