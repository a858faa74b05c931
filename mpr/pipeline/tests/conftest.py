"""Small stages for the tests of the engine's core."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from mpr.pipeline.codec import Record
from mpr.pipeline.registry import Family, Registry, Source
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.transforms import Transform


class Words(Record):
    """An output on whose edges a transform may stand."""

    words: list[str]

    def counts(self) -> dict[str, int]:
        return {"words": len(self.words)}

    def select(self, transform: Transform) -> Words:
        return Words(words=transform.pick(self.words, score=lambda word: 1.0, label=lambda word: word))


class Mass(Record):
    """An output without parts to pick from."""

    def counts(self) -> dict[str, int]:
        return {}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Empty:
    """A config without settings."""


def make_stage(
    name: str,
    *,
    reads: tuple[str, ...] = (),
    may_read: tuple[str, ...] = (),
    output: type[Any] = Words,
    version: int = 1,
) -> Stage:
    """A stage that gives an empty output."""
    inputs = dataclasses.make_dataclass(
        "Inputs",
        [*((read, Any) for read in reads), *((read, Any, None) for read in may_read)],
        frozen=True,
        kw_only=True,
    )
    return Stage(
        name=name, version=version, inputs=inputs, config=Empty, output=output, run=lambda inputs, config, ctx: Mass(),
        scope=Scope.SHARD, resource=Resource.CPU,
    )  # fmt: skip


@pytest.fixture
def stage() -> Callable[..., Stage]:
    return make_stage


@pytest.fixture
def registry() -> Registry:
    """frames ← the source `footage`; boxes and field read frames; texts reads boxes and may read field; report reads
    texts. `field` gives an output that no transform fits."""
    return Registry(
        [
            Family(
                name="reading",
                stages=(
                    make_stage("frames", reads=("footage",)),
                    make_stage("field", reads=("frames",), output=Mass),
                    make_stage("boxes", reads=("frames",)),
                    make_stage("texts", reads=("boxes",), may_read=("field",)),
                    make_stage("report", reads=("texts",)),
                ),
                sources=(Source(name="footage", type=Words, load=lambda job, config: Words(words=[])),),
            )
        ]
    )
