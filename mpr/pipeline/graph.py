"""The pipeline graph of a profile: which stages run, in which order, and what flows along the edges.

As JSON (`Profile.pipeline`):

    {"stages": ["extract_frames", "filter_scenes", …],
     "edges": [{"from": "detect_objects", "to": "preprocess", "transform": {"labels": ["text"]}}, …],
     "routing": [{"from": "match_brands", "to": "escalate_vlm",
                  "when": {"count": "unresolved", "op": ">", "value": 0}}, …],
     "shard_s": 10}

Without edges the stages run one after the other in the given order.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Annotated, Any, Literal

from mpr.errors import BadConfig
from mpr.pipeline.config import did_you_mean, limits, parse
from mpr.pipeline.config import plain as plain_values
from mpr.pipeline.registry import Registry
from mpr.pipeline.stage import Stage
from mpr.pipeline.transforms import Transform

Operator = Literal["<", "<=", "==", "!=", ">=", ">"]
_OPERATORS = {
    "<": operator.lt, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A comparison on the counts of the stage an edge comes from; `per` divides by another count (0 when it is 0)."""

    count: str
    op: Operator
    value: float
    per: str | None = None

    def holds(self, counts: Mapping[str, int]) -> bool:
        """Whether the rule is true of these counts; a count that the stage did not give is 0."""
        value: float = counts.get(self.count, 0)
        if self.per is not None:
            value = value / counts[self.per] if counts.get(self.per) else 0.0
        return bool(_OPERATORS[self.op](value, self.value))

    def __str__(self) -> str:
        return f"{self.count}{' per ' + self.per if self.per else ''} {self.op} {self.value:g}"


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Output of `source` flows to `target`, which runs only if the rule, when there is one, holds."""

    source: str
    target: str
    transform: Transform = field(default_factory=Transform)
    when: Rule | None = None


@dataclass(frozen=True, kw_only=True)
class _Shape:
    stages: tuple[str, ...]
    edges: tuple[dict[str, Any], ...] = ()
    routing: tuple[dict[str, Any], ...] = ()
    shard_s: Annotated[float, limits("Seconds of timeline in one shard.", ge=0.1)] = 10.0


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Stages in a runnable order, and the edges between them."""

    stages: tuple[Stage, ...]
    edges: tuple[Edge, ...]
    shard_s: float

    def upstream(self, name: str) -> tuple[str, ...]:
        """Direct predecessors, in running order."""
        sources = {edge.source for edge in self.edges if edge.target == name}
        return tuple(stage.name for stage in self.stages if stage.name in sources)

    def ancestors(self, name: str) -> frozenset[str]:
        """Every stage whose output may reach this one."""
        found: set[str] = set()
        waiting = list(self.upstream(name))
        while waiting:
            source = waiting.pop()
            if source not in found:
                found.add(source)
                waiting += self.upstream(source)
        return frozenset(found)

    def descendants(self, name: str) -> frozenset[str]:
        """Every stage that this one's output may reach."""
        return frozenset(stage.name for stage in self.stages if name in self.ancestors(stage.name))

    def edge(self, source: str, target: str) -> Edge | None:
        """The direct edge between two stages, if there is one."""
        return next((edge for edge in self.edges if (edge.source, edge.target) == (source, target)), None)


def parse_graph(pipeline: Mapping[str, Any], registry: Registry) -> Graph:
    """The graph of a profile's pipeline JSON.

    Raises BadConfig with a sentence for unknown keys, doubled stages, edges that lead nowhere, cycles, a stage that
    lacks what it must read, and a transform that its stage cannot serve; NotFound for an unknown stage.
    """
    shape = parse(_Shape, pipeline, owner="pipeline")
    if not shape.stages:
        raise BadConfig("The pipeline has no stages; name at least one.")
    if doubled := {name for name in shape.stages if shape.stages.count(name) > 1}:
        raise BadConfig(f"The pipeline names {', '.join(sorted(doubled))} twice.")
    stages = {name: registry.stage(name) for name in shape.stages}
    edges = _edges(shape)
    for edge in edges:
        for end in (edge.source, edge.target):
            if end not in stages:
                raise BadConfig(f"The edge {edge.source} → {edge.target} names {end}, which is not among the stages.")
        if edge.transform != Transform() and not hasattr(stages[edge.source].output, "select"):
            raise BadConfig(f"The edge {edge.source} → {edge.target} cannot carry a transform.")
    graph = Graph(stages=_sorted(tuple(stages.values()), edges), edges=edges, shard_s=shape.shard_s)
    for stage in graph.stages:
        _check_reads(stage, graph, registry)
    return graph


def _edges(shape: _Shape) -> tuple[Edge, ...]:
    given = _between(shape.edges, "edge", carries="transform") or {ends: {} for ends in pairwise(shape.stages)}
    transforms = {
        (source, target): parse(Transform, values, owner=f"transform on {source} → {target}")
        for (source, target), values in given.items()
    }
    rules: dict[tuple[str, str], Rule] = {}
    for (source, target), values in _between(shape.routing, "routing rule", carries="when").items():
        if (source, target) not in transforms:
            raise BadConfig(f"The routing rule {source} → {target} stands on no edge; add the edge.")
        rules[source, target] = parse(Rule, values, owner=f"routing rule {source} → {target}")
    return tuple(
        Edge(source=source, target=target, transform=transform, when=rules.get((source, target)))
        for (source, target), transform in transforms.items()
    )


def _between(entries: tuple[dict[str, Any], ...], what: str, *, carries: str) -> dict[tuple[str, str], Any]:
    """What each edge or rule carries, by the two stages that it names."""
    found: dict[tuple[str, str], Any] = {}
    for entry in entries:
        source, target = entry.get("from"), entry.get("to")
        if not isinstance(source, str) or not isinstance(target, str):
            raise BadConfig(f"Each {what} needs “from” and “to”, the names of two stages.")
        for key in entry:
            if key not in ("from", "to", carries):
                raise BadConfig(f"The {what} {source} → {target} has no setting “{key}”.{did_you_mean(key, [carries])}")
        if (source, target) in found:
            raise BadConfig(f"The {what} {source} → {target} is there twice; keep one.")
        found[source, target] = entry.get(carries, {})
    return found


def _sorted(stages: tuple[Stage, ...], edges: tuple[Edge, ...]) -> tuple[Stage, ...]:
    """Topological order; where several stages could come next, the one that stands first in the list does."""
    place = {stage.name: number for number, stage in enumerate(stages)}
    sorter = TopologicalSorter({name: {edge.source for edge in edges if edge.target == name} for name in place})
    try:
        sorter.prepare()
    except CycleError as error:
        raise BadConfig(f"The pipeline runs in a circle: {' → '.join(error.args[1])}.") from error
    order: list[str] = []
    ready: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=place.__getitem__)
        first = ready.pop(0)
        order.append(first)
        sorter.done(first)
    return tuple(stages[place[name]] for name in order)


def _check_reads(stage: Stage, graph: Graph, registry: Registry) -> None:
    reachable = graph.ancestors(stage.name)
    for read in stage.reads:
        if read.optional or read.name in reachable or read.name in registry.sources:
            continue
        raise BadConfig(f"{stage.name} reads {read.name}, which does not lead to it; add the stage or the edge.")


def plain(graph: Graph) -> dict[str, Any]:
    """The graph as the JSON that `parse_graph` takes, with edges and order explicit."""
    return {
        "stages": [stage.name for stage in graph.stages],
        "edges": [
            {"from": edge.source, "to": edge.target}
            | ({"transform": plain_values(edge.transform)} if edge.transform != Transform() else {})
            for edge in graph.edges
        ],
        "routing": [
            {"from": edge.source, "to": edge.target, "when": plain_values(edge.when)}
            for edge in graph.edges
            if edge.when
        ],
        "shard_s": graph.shard_s,
    }
