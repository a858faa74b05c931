"""What a job runs: a profile's pipeline and configs with the job's overrides merged in, all of it validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from mpr.errors import BadConfig, NotFound
from mpr.pipeline import config as configs_of
from mpr.pipeline import graph as graphs
from mpr.pipeline.config import did_you_mean
from mpr.pipeline.graph import Graph
from mpr.pipeline.registry import Registry
from mpr.workspaces.models import Workspace
from profiles.families import registry
from profiles.models import Profile


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A runnable graph and one validated config per stage."""

    graph: Graph
    configs: Mapping[str, Any]

    def plain(self) -> dict[str, Any]:
        """As JSON, for `Job.plan`; `parse_plan` reads it back."""
        return {
            "pipeline": graphs.plain(self.graph),
            "configs": {name: configs_of.plain(config) for name, config in self.configs.items()},
        }


def find_profile(name: str, workspace: Workspace) -> Profile:
    """The workspace's profile of that name, else the shipped one. Raises NotFound with the nearest name."""
    profiles = Profile.objects.in_workspace(workspace)
    found = profiles.filter(name=name).order_by("workspace").first()
    if found is None:
        names = sorted(set(profiles.values_list("name", flat=True)))
        raise NotFound(f"There is no profile “{name}”.{did_you_mean(name, names)}")
    return found


def make_plan(
    pipeline: Mapping[str, Any], configs: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> Plan:
    """Merge overrides over configs over defaults, and validate everything.

    Both mappings are {stage: {setting: value}}. Raises BadConfig or NotFound with a sentence that names what is wrong.
    """
    stages = registry()
    graph = graphs.parse_graph(pipeline, stages)
    names = [stage.name for stage in graph.stages]
    for given, whose in ((configs, "The profile"), (overrides or {}, "The override")):
        _check_stages(given, names, stages, whose)
    merged = {
        stage.name: configs_of.parse(
            stage.config,
            {**configs.get(stage.name, {}), **(overrides or {}).get(stage.name, {})},
            owner=stage.name,
        )
        for stage in graph.stages
    }
    return Plan(graph=graph, configs=merged)


def parse_plan(plan: Mapping[str, Any]) -> Plan:
    """The plan that a job stored. A worker asks for the same one some thirty times a job."""
    return _parsed(msgspec.json.encode(plan), registry())


@lru_cache(maxsize=16)
def _parsed(plan: bytes, stages: Registry) -> Plan:
    told = msgspec.json.decode(plan)
    return make_plan(told["pipeline"], told["configs"])


def _check_stages(given: Mapping[str, Any], names: list[str], stages: Registry, whose: str) -> None:
    for name, values in given.items():
        if name not in names:
            known = (
                f" {name} is not in this profile's pipeline." if name in stages.stages else did_you_mean(name, names)
            )
            raise BadConfig(f"{whose} configures “{name}”, which is no stage of the pipeline.{known}")
        if not isinstance(values, Mapping):
            raise BadConfig(f"{whose} must give the settings of {name} as an object of names and values.")
