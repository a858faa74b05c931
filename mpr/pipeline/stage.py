"""The stage contract.

A stage module holds: a docstring that says what goes in and what comes out; a frozen dataclass `Inputs` whose fields
are named after the stages (or sources) it reads, where a default of None makes one optional and `read_as` reads less of
it; a frozen dataclass `Config`; `run(inputs, config, ctx)`; and one `STAGE = Stage(...)`.

An output record implements `counts()`: whole numbers that add up over shards ("frames", "unresolved"). Routing rules,
checkpoint statistics and pages read them. A timeline-scope output that shard-scope stages read also implements
`within(span)`, its part that belongs to a span; an output on whose edges a transform may stand implements
`select(transform)`.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

from mpr.pipeline.context import Context

_RECORD = "record"


def read_as(record: type[Any]) -> dict[str, Any]:
    """Metadata of a field of a stage's Inputs that is decoded as this record: one that leaves out or leaves packed what
    the stage does not need of its source's output, whose bytes it must be able to read."""
    return {_RECORD: record}


class Scope(StrEnum):
    """How much of the timeline one call sees: a shard (independent of the others) or all of it."""

    SHARD = "shard"
    TIMELINE = "timeline"


class Resource(StrEnum):
    """What a stage occupies; also the name of its queue."""

    CPU = "cpu"
    GPU = "gpu"
    CLOUD = "cloud"


class Output(Protocol):
    """What every stage returns."""

    def counts(self) -> dict[str, int]: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reads:
    """One field of a stage's Inputs. `record` is what its bytes are decoded as when that is not its source's output."""

    name: str
    optional: bool
    record: type[Any] | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Stage:
    """A pure function of inputs and config, with what the engine must know to run it.

    `version` goes up whenever the same inputs and config give another output. `skip_reason(config)` returns a sentence
    when the stage cannot or shall not run here (not configured, switched off), else None.
    """

    name: str
    version: int
    inputs: type[Any]
    config: type[Any]
    output: type[Any]
    run: Callable[[Any, Any, Context], Any]
    scope: Scope
    resource: Resource
    skip_reason: Callable[[Any], str | None] = lambda config: None

    @property
    def reads(self) -> tuple[Reads, ...]:
        """The stages and sources that this stage takes."""
        return tuple(
            Reads(name=field.name, optional=field.default is None, record=field.metadata.get(_RECORD))
            for field in dataclasses.fields(self.inputs)
        )

    @property
    def doc(self) -> str:
        """The stage module's docstring: what goes in and what comes out."""
        return inspect.cleandoc(sys.modules[self.run.__module__].__doc__ or "")
