"""Which stages exist, from explicit tuples."""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mpr.errors import NotFound
from mpr.pipeline.config import did_you_mean
from mpr.pipeline.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Source:
    """Something a stage reads that no stage computes, such as the list of brands.

    `load(job, config)` is called once when a stage that reads it is planned; what it returns (a record of `type`) is
    stored with the stage run and is part of its cache key, so all shards and all retries see the same. None says that
    there is no such thing for this job: a stage that must read it is then skipped, for the reason `absent`, before any
    shard of it is planned.
    """

    name: str
    type: type[Any]
    load: Callable[[Any, Any], Any]
    absent: str = "There is nothing for it to read."


@dataclass(frozen=True, kw_only=True)
class Family:
    """A pipeline family: its stages in their natural order, its sources, and its sinks.

    A sink is `sink(job, outputs)` with the stage's records in shard order, called inside the transaction that completes
    the named stage, for what a family keeps in its own tables.
    """

    name: str
    stages: tuple[Stage, ...]
    sources: tuple[Source, ...] = ()
    sinks: Mapping[str, Callable[[Any, Any], None]] = field(default_factory=dict)


class Registry:
    """Stages and sources of all families by name. Raises ValueError on a name that is there twice, and on a sink
    without its stage."""

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = tuple(families)
        stages = [stage for family in self.families for stage in family.stages]
        sources = [source for family in self.families for source in family.sources]
        sinks = [sink for family in self.families for sink in family.sinks.items()]
        _refuse_doubles([*(stage.name for stage in stages), *(source.name for source in sources)])
        _refuse_doubles([stage_name for stage_name, _ in sinks])
        self.stages: dict[str, Stage] = {stage.name: stage for stage in stages}
        self.sources: dict[str, Source] = {source.name: source for source in sources}
        self.sinks = dict(sinks)
        if unknown := set(self.sinks) - set(self.stages):
            raise ValueError(f"sinks for unknown stages: {sorted(unknown)}")

    def stage(self, name: str) -> Stage:
        """The stage of that name. Raises NotFound with the nearest known name."""
        if name not in self.stages:
            raise NotFound(f"There is no stage “{name}”.{did_you_mean(name, list(self.stages))}")
        return self.stages[name]


def load(paths: Iterable[str]) -> Registry:
    """The registry of the families at these dotted paths, e.g. "detection.family.FAMILY"."""
    families = []
    for path in paths:
        module, _, attribute = path.rpartition(".")
        families.append(getattr(importlib.import_module(module), attribute))
    return Registry(families)


def _refuse_doubles(names: Iterable[str]) -> None:
    doubled = sorted(name for name, times in Counter(names).items() if times > 1)
    if doubled:
        raise ValueError(f"more than one stage, source or sink is called {', '.join(doubled)}")
