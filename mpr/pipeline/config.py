"""Typed stage configuration.

A `Config` is a frozen dataclass of flat values, each field `Annotated[type, limits(...)]`. Everything that needs to
know about a config (parsing, JSON Schema, forms, docs, the API) reads it from there.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from mpr.errors import BadConfig

C = TypeVar("C")


def limits(
    help: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    pattern: str | None = None,
    min_length: int | None = None,
) -> msgspec.Meta:
    """What a field means and which values it takes; `help` is one sentence for the person who sets it."""
    bounds: dict[str, Any] = {
        "ge": ge, "gt": gt, "le": le, "lt": lt, "pattern": pattern, "min_length": min_length,
    }  # fmt: skip
    return msgspec.Meta(description=help, **{name: value for name, value in bounds.items() if value is not None})


def parse(kind: type[C], values: Mapping[str, Any], *, owner: str) -> C:
    """A validated config from plain values. `owner` names it in messages, e.g. the stage.

    Raises BadConfig with a sentence for an unknown key, a wrong type or a value outside its range.
    """
    if not isinstance(values, Mapping):
        raise BadConfig(f"{owner} must be an object of names and values.")
    known = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise BadConfig(f"{owner} has no setting “{key}”.{did_you_mean(key, known)}")
    for key, value in values.items():
        # Infinity and NaN have no place in JSON, where a config is stored and from which cache keys are made.
        if not _finite(value):
            raise BadConfig(f"{owner}: “{key}” is not right: infinity and NaN cannot be set.")
    try:
        parsed = msgspec.convert(dict(values), type=kind)
    except msgspec.ValidationError as error:
        raise BadConfig(f"{owner}: {_sentence(str(error))}") from error
    # msgspec leaves defaults to the class; a copy made by the constructor holds every field, so that a default and the
    # same value given explicitly are stored alike and give the same cache key.
    return dataclasses.replace(parsed)  # type: ignore[type-var]


def schema(kind: type[Any]) -> dict[str, Any]:
    """JSON Schema (2020-12) of a config class, references resolved, with defaults and descriptions."""
    whole = msgspec.json.schema(kind)
    definitions = whole.pop("$defs", {})
    resolved = _as_json(_resolve(whole, definitions))
    resolved["additionalProperties"] = False
    return resolved


def defaults(kind: type[Any]) -> dict[str, Any]:
    """The config's default values as plain JSON values."""
    return plain(kind())


def plain(config: Any) -> dict[str, Any]:
    """A config as plain JSON values, every field present."""
    return _as_json(config)


def did_you_mean(word: str, known: list[str]) -> str:
    """“ Did you mean …?” or “ It has: …”, ready to append to a sentence."""
    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f" Did you mean “{close[0]}”?"
    return f" Known: {', '.join(sorted(known))}." if known else ""


def _finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _sentence(message: str) -> str:
    reason, _, place = message.partition(" - at `")
    field = place.removesuffix("`").removeprefix("$.")
    return f"“{field}” is not right: {reason[0].lower()}{reason[1:]}." if field and field != "$" else f"{reason}."


def _as_json(value: Any) -> dict[str, Any]:
    """What comes back when the value is stored as JSON: lists for tuples, too."""
    return dict(msgspec.json.decode(msgspec.json.encode(value)))


def _resolve(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            return _resolve(definitions[node["$ref"].rsplit("/", 1)[-1]], definitions)
        return {key: _resolve(value, definitions) for key, value in node.items()}
    if isinstance(node, list):
        return [_resolve(value, definitions) for value in node]
    return node
