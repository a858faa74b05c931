"""What differs between two profiles, or two versions of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mpr.errors import MprError
from mpr.web.display import short
from mpr.web.format import stage_title
from profiles.edit import check_profile

_MISSING = object()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that differs: what each side has, “–” for nothing."""

    what: str
    first: str
    second: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """Lines that belong together."""

    title: str
    lines: Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class Side:
    """A pipeline and its configs as they are stored."""

    pipeline: Mapping[str, Any]
    configs: Mapping[str, Any]


def difference(first: Side, second: Side) -> list[Part]:
    """Defaults are filled in on both sides, so that what is set to its default is the same as what is not set."""
    one, other = _plain(first), _plain(second)
    parts = [
        Part(title="Stages", lines=_lines(_stages(one), _stages(other))),
        Part(title="What flows where", lines=_lines(_edges(one), _edges(other))),
        Part(title="When a stage runs", lines=_lines(_rules(one), _rules(other))),
        Part(title="Shards", lines=_lines(_shards(one), _shards(other))),
    ]
    both = [name for name in one["pipeline"]["stages"] if name in other["pipeline"]["stages"]]
    for name in both:
        lines = _lines(one["configs"].get(name, {}), other["configs"].get(name, {}))
        parts.append(Part(title=stage_title(name), lines=lines))
    return [part for part in parts if part.lines]


def _plain(side: Side) -> dict[str, Any]:
    """With defaults filled in; as stored when this version of MPR cannot run it."""
    try:
        return check_profile(dict(side.pipeline), dict(side.configs)).plain()
    except MprError:
        return {"pipeline": {"stages": [], **side.pipeline}, "configs": dict(side.configs)}


def _lines(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Line]:
    names = [*first, *(name for name in second if name not in first)]
    return [
        Line(what=name, first=_said(first.get(name, _MISSING)), second=_said(second.get(name, _MISSING)))
        for name in names
        if first.get(name, _MISSING) != second.get(name, _MISSING)
    ]


def _said(value: Any) -> str:
    if value is _MISSING or value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return short(value) if value != "" else "“”"


def _stages(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {stage_title(name): "runs" for name in plan["pipeline"]["stages"]}


def _edges(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{stage_title(edge['from'])} → {stage_title(edge['to'])}": _words(edge.get("transform")) or "everything"
        for edge in plan["pipeline"].get("edges") or ()
    }


def _rules(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{stage_title(rule['from'])} → {stage_title(rule['to'])}": _words(rule.get("when"))
        for rule in plan["pipeline"].get("routing") or ()
    }


def _shards(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {"seconds a shard": plan["pipeline"].get("shard_s")}


def _words(values: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {short(value)}" for name, value in (values or {}).items())
