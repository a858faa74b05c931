from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mpr.errors import NotFound
from mpr.pipeline.registry import Family, Registry, Source, load
from mpr.pipeline.stage import Stage

FAMILY = Family(name="loaded", stages=())


def _source(name: str) -> Source:
    return Source(name=name, type=dict, load=lambda job, config: {})


def _keep(job: Any, outputs: Any) -> None: ...


def test_stages_sources_and_sinks_of_all_families_are_found_by_name(stage: Callable[..., Stage]) -> None:
    first = Family(name="first", stages=(stage("a"), stage("b")), sources=(_source("brands"),), sinks={"b": _keep})
    second = Family(name="second", stages=(stage("c"),))
    registry = Registry([first, second])
    assert list(registry.stages) == ["a", "b", "c"]
    assert registry.stage("c").name == "c"
    assert list(registry.sources) == ["brands"]
    assert registry.sinks == {"b": _keep}
    assert registry.families == (first, second)


def test_an_unknown_stage_is_answered_with_the_nearest_name(registry: Registry) -> None:
    with pytest.raises(NotFound) as raised:
        registry.stage("txets")
    assert raised.value.message == "There is no stage “txets”. Did you mean “texts”?"


def test_a_name_can_be_given_once(stage: Callable[..., Stage]) -> None:
    one = Family(name="one", stages=(stage("a"),), sources=(_source("brands"),), sinks={"a": _keep})
    for other in (
        Family(name="other", stages=(stage("a"),)),
        Family(name="other", stages=(), sources=(_source("brands"),)),
        Family(name="other", stages=(stage("brands"),)),
        Family(name="other", stages=(), sinks={"a": _keep}),
    ):
        with pytest.raises(ValueError, match=r"^more than one stage, source or sink is called (a|brands)$"):
            Registry([one, other])


def test_a_sink_needs_its_stage(stage: Callable[..., Stage]) -> None:
    with pytest.raises(ValueError, match=r"^sinks for unknown stages: \['b'\]$"):
        Registry([Family(name="one", stages=(stage("a"),), sinks={"b": _keep})])


def test_families_are_loaded_by_their_path() -> None:
    registry = load([f"{__name__}.FAMILY"])
    assert [family.name for family in registry.families] == ["loaded"]


@pytest.mark.parametrize("path", ["mpr.nothing.FAMILY", "mpr.errors.FAMILY"])
def test_a_path_that_leads_nowhere_stops_the_start(path: str) -> None:
    with pytest.raises((ImportError, AttributeError), match=r"nothing|FAMILY"):
        load([path])
