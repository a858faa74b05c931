"""A stage's settings as the fields of a form, made from its schema, and what was typed into them read back.

A field shows the value at hand beside the profile's. What is typed is read setting by setting, so that every mistake is
told at its own field, in the sentence that `mpr.pipeline.config` has for it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mpr.errors import BadConfig
from mpr.pipeline.config import parse, schema
from mpr.pipeline.stage import Stage

_UNITS = {"deg": "°", "px": "px", "s": "s", "usd": "US$"}
_UPPER = ("cpm", "cpm30", "fps", "jpeg", "ocr", "usd", "vlm", "yolo")
_SLIDER_STEPS = 200
# A slider over all of a range in which the usual value lies at the very beginning could not be aimed with.
_CROWDED = 0.02
_REACH = 4
# Of these a form sends nothing when nothing is ticked.
_SAY_NOTHING = ("boolean", "choices")


class Texts(Protocol):
    """What a form sends: `request.POST`, or anything with its two methods."""

    def get(self, name: str, /) -> Any: ...

    def getlist(self, name: str, /) -> list[Any]: ...


@dataclass(frozen=True, kw_only=True)
class Slider:
    """Where a slider begins and ends, and its step; what lies beyond is typed."""

    low: str
    high: str
    step: str


@dataclass(frozen=True, kw_only=True)
class Field:
    """One setting. `kind` is number, integer, boolean, choice, choices, list, pairs or text. `text` is what stands in
    the field, `profile_text` what would with the profile's value; `bounds` says which
    values it takes: from `low` or above `above`, up to `high`."""

    name: str
    label: str
    unit: str
    help: str
    kind: str
    bounds: str
    low: str
    above: str
    high: str
    choices: tuple[str, ...]
    chosen: tuple[str, ...]
    slider: Slider | None
    text: str
    profile_text: str
    profile_words: str
    differs: bool
    error: str

    @property
    def key(self) -> str:
        """Its name in the form."""
        return key_of(self.name)


def key_of(name: str) -> str:
    return f"set-{name}"


def fields_of(
    stage: Stage,
    values: Mapping[str, Any],
    profile: Mapping[str, Any],
    *,
    typed: Texts | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[Field]:
    """The form of a stage's settings. `values` and `profile` hold every setting; what was `typed` stands in for the
    values, with its `errors` by setting."""
    return [
        _field(name, node, values[name], profile[name], typed, (errors or {}).get(name, ""))
        for name, node in schema(stage.config)["properties"].items()
    ]


def read_fields(stage: Stage, typed: Texts) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings that were typed, and the sentences for those that cannot be, by setting. A setting whose field was
    not sent is in neither, unless it is one of ticks."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, node in schema(stage.config)["properties"].items():
        if typed.get(key_of(name)) is None and _kind(node) not in _SAY_NOTHING:
            continue
        try:
            value = _value(name, node, typed)
            parse(stage.config, {name: value}, owner=stage.name)
        except BadConfig as error:
            errors[name] = error.message
        else:
            values[name] = value
    return values, errors


def words(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        shown = ", ".join(":".join(map(words, item)) if isinstance(item, list) else str(item) for item in value[:4])
        return (f"{shown}, … ({len(value)} in all)" if len(value) > 4 else shown) or "none"
    return str(_short(value)) if value not in ("", None) else "none"


def _field(name: str, node: Mapping[str, Any], value: Any, profile: Any, typed: Texts | None, error: str) -> Field:
    kind = _kind(node)
    text, chosen = _text(kind, value), tuple(value) if kind == "choices" else ()
    if typed is not None and typed.get(key_of(name)) is not None:
        text, chosen = str(typed.get(key_of(name))), tuple(map(str, typed.getlist(key_of(name))))
    elif typed is not None and kind in _SAY_NOTHING:
        text, chosen = "", ()
    label, unit = _named(name)
    is_same = set(chosen) == set(profile) if kind == "choices" else text == _text(kind, profile)
    return Field(
        name=name,
        label=label,
        unit=unit,
        help=node.get("description", ""),
        kind=kind,
        bounds=_bounds(node),
        low=_bound(node, "minimum"),
        above=_bound(node, "exclusiveMinimum"),
        high=_bound(node, "maximum"),
        choices=tuple(node.get("enum") or node.get("items", {}).get("enum", ())),
        chosen=chosen,
        slider=_slider(node, value) if kind in ("number", "integer") else None,
        text=text,
        profile_text=json.dumps(profile) if kind == "choices" else _text(kind, profile),
        profile_words=words(profile),
        differs=not is_same,
        error=error,
    )


def _kind(node: Mapping[str, Any]) -> str:
    if "enum" in node:
        return "choice"
    if node["type"] == "array":
        items = node["items"]
        if items.get("type") == "array":
            return "pairs"
        return "choices" if "enum" in items else "list"
    return {"string": "text"}.get(node["type"], node["type"])


def _named(name: str) -> tuple[str, str]:
    """A label and a unit from a setting's name: hue_low_deg → Hue low, °."""
    parts = name.split("_")
    unit = _UNITS.get(parts[-1], "") if len(parts) > 1 else ""
    said = [part.upper() if part in _UPPER else part for part in (parts[:-1] if unit else parts)]
    label = " ".join(said)
    return label[:1].upper() + label[1:], unit


def _bounds(node: Mapping[str, Any]) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"{_short(low)} to {_short(high)}"
    begin = f"from {_short(low)}" if low is not None else f"above {_short(above)}" if above is not None else ""
    end = f"up to {_short(high)}" if high is not None else f"below {_short(below)}" if below is not None else ""
    return " ".join(filter(None, (begin, end)))


def _bound(node: Mapping[str, Any], which: str) -> str:
    return _number(node[which]) if which in node else ""


def _slider(node: Mapping[str, Any], value: Any) -> Slider:
    """All of the range, or when it is open or crowded at its beginning as much as is usual."""
    low = node.get("minimum", node.get("exclusiveMinimum", 0))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    usual = max(abs(node.get("default", 0)), abs(value)) or 1
    if high is None or (usual - low) < _CROWDED * (high - low):
        reach = low + _REACH * max(usual - low, 1 if node["type"] == "integer" else 0.0)
        high = reach if high is None else min(high, reach)
    step: float = 1 if node["type"] == "integer" else _round_step((high - low) / _SLIDER_STEPS)
    high = low + step * math.ceil(round((high - low) / step, 6))
    if "exclusiveMinimum" in node:
        low += step
    return Slider(low=_number(low), high=_number(high), step=_number(step))


def _round_step(step: float) -> float:
    """The largest of 1, 2, 5 · 10ⁿ that is not above the step."""
    power = 10.0 ** math.floor(math.log10(step))
    return round(max(part for part in (1, 2, 5) if part * power <= step * 1.0001) * power, 12)


def _value(name: str, node: Mapping[str, Any], typed: Texts) -> Any:
    """What was typed, as its kind says. Raises BadConfig for text that is no number."""
    kind, key = _kind(node), key_of(name)
    text = str(typed.get(key) or "").strip()
    if kind == "boolean":
        return text in ("on", "true")
    if kind == "choices":
        return [str(item) for item in typed.getlist(key)]
    if kind == "list":
        return [part for line in text.splitlines() for part in [line.strip()] if part]
    if kind == "pairs":
        return [
            [_read_number(name, part, "number") for part in line.replace(":", " ").split()]
            for line in text.splitlines()
            if line.strip()
        ]
    if kind in ("number", "integer"):
        return _read_number(name, text, kind)
    return text


def _read_number(name: str, text: str, kind: str) -> float | int:
    wanted = "a whole number" if kind == "integer" else "a number"
    try:
        value = float(text)
    except ValueError as error:
        raise BadConfig(
            f"“{name}” takes {wanted}; “{text[:40]}” is none." if text else f"“{name}” takes {wanted}."
        ) from error
    if kind == "integer" and value.is_integer():
        return int(value)
    if kind == "integer":
        raise BadConfig(f"“{name}” takes {wanted}; {text[:40]} is none.")
    return value


def _text(kind: str, value: Any) -> str:
    """A value as it stands in a field."""
    if kind == "boolean":
        return "on" if value else ""
    if kind in ("list", "choices"):
        return "\n".join(map(str, value))
    if kind == "pairs":
        return "\n".join(" ".join(map(_number, pair)) for pair in value)
    if kind in ("number", "integer"):
        return _number(value)
    return str(value)


def _number(value: float) -> str:
    """Without an exponent or a trailing zero; 0.0003, 20, 1.5."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    text = f"{value:.12f}" if isinstance(value, float) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _short(value: Any) -> Any:
    return _number(value) if isinstance(value, float) else value
