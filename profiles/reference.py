"""The stages' settings as a person reads them, from the same schemas that validate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mpr.pipeline.config import schema
from mpr.pipeline.registry import Registry

_BOUNDS = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}"}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One field of a stage's config. `allowed` says which values it takes."""

    name: str
    allowed: str
    default: Any
    help: str


@dataclass(frozen=True, kw_only=True)
class StageReference:
    """A stage, what its module says of it, and its settings."""

    name: str
    about: str
    scope: str
    reads: tuple[str, ...]
    settings: tuple[Setting, ...]


def stage_reference(registry: Registry) -> list[StageReference]:
    """Every stage in its family's natural order."""
    return [
        StageReference(
            name=stage.name,
            about=stage.doc.split("\n\n")[0].replace("\n", " "),
            scope=str(stage.scope),
            reads=tuple(f"{read.name} (optional)" if read.optional else read.name for read in stage.reads),
            settings=tuple(
                Setting(
                    name=name, allowed=_allowed(part), default=part.get("default"), help=part.get("description", "")
                )
                for name, part in schema(stage.config).get("properties", {}).items()
            ),
        )
        for stage in registry.stages.values()
    ]


def _allowed(part: Mapping[str, Any]) -> str:
    """“number, ≥ 0, ≤ 1”, “one of: ppocr, easyocr”, “list of text”."""
    if "enum" in part:
        return "one of: " + ", ".join(str(value) for value in part["enum"])
    if "anyOf" in part:
        return " or ".join(_allowed(option) for option in part["anyOf"])
    kind = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "nothing"}.get(
        part.get("type", ""), part.get("type", "any")
    )
    if part.get("type") == "array":
        kind = f"list of {_allowed(part['items'])}" if isinstance(part.get("items"), dict) else "list"
    bounds = [text.format(_number(part[key])) for key, text in _BOUNDS.items() if key in part]
    return ", ".join([kind, *bounds])


def _number(value: float) -> str:
    return f"{value:g}"
