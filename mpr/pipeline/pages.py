"""A stage's page in docs/stages, made from its code."""

from __future__ import annotations

import json
from typing import Any

from mpr.pipeline.config import schema
from mpr.pipeline.registry import Registry
from mpr.pipeline.stage import Stage

_BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))


def stage_page(stage: Stage, registry: Registry) -> str:
    """Markdown: what the stage does, what it reads, and every setting with its default, range and meaning."""
    reads = [
        f"- `{read.name}`{' (source)' if read.name in registry.sources else ''}{', optional' if read.optional else ''}"
        for read in stage.reads
    ]
    facts = f"Version {stage.version} · one call per {stage.scope} · runs on the {stage.resource} queue"
    parts = [f"# {stage.name}", facts, stage.doc, "## Reads", "\n".join(reads) or "Nothing.", "## Settings"]
    parts.append(_settings_table(schema(stage.config)))
    return "\n\n".join(parts) + "\n"


def _settings_table(config_schema: dict[str, Any]) -> str:
    properties = config_schema.get("properties", {})
    if not properties:
        return "It has none."
    rows = ["| setting | default | allowed | meaning |", "|---|---|---|---|"]
    for name, field in properties.items():
        default = json.dumps(field.get("default"), ensure_ascii=False)
        rows.append(f"| `{name}` | `{default}` | {_allowed(field)} | {field.get('description', '')} |")
    return "\n".join(rows)


def _allowed(field: dict[str, Any]) -> str:
    if "enum" in field:
        return ", ".join(f"`{value}`" for value in field["enum"])
    if "anyOf" in field:
        return " or ".join(_allowed(option) for option in field["anyOf"])
    kind = {"integer": "whole number", "number": "number", "string": "text", "boolean": "true or false"}.get(
        field.get("type", ""), "null" if field.get("type") == "null" else "list"
    )
    if field.get("type") == "array" and isinstance(field.get("items"), dict):
        return f"list of {_allowed(field['items'])}"
    bounds = " and ".join(f"{sign} {field[key]:g}" for key, sign in _BOUNDS if key in field)
    return f"{kind} {bounds}".strip()
