"""Where a stage's inputs lie, and putting them together for one shard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from mpr.jobs.outputs import ShardedOutput
from mpr.pipeline import codec
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.context import Span
from mpr.pipeline.registry import Registry
from mpr.pipeline.stage import Reads, Scope, Stage
from mpr.pipeline.transforms import Transform


@dataclass(frozen=True, kw_only=True)
class Input:
    """One thing a stage reads: the artifacts of another stage, in shard order, or of a source. `key` is what it was
    computed from; `transform` what the edge lets pass."""

    key: str
    artifacts: tuple[str, ...]
    transform: Transform = field(default_factory=Transform)


def to_plain(inputs: Mapping[str, Input]) -> dict[str, Any]:
    """As JSON, for StageRun.inputs."""
    return {name: msgspec.to_builtins(given) for name, given in inputs.items()}


def from_plain(inputs: Mapping[str, Any]) -> dict[str, Input]:
    """Back from StageRun.inputs."""
    return {name: msgspec.convert(given, type=Input) for name, given in inputs.items()}


def assemble(stage: Stage, inputs: Mapping[str, Input], *, span: Span, blobs: Blobs, registry: Registry) -> Any:
    """The stage's Inputs for one shard; an absent optional input is None."""
    values: dict[str, Any] = {}
    for read in stage.reads:
        given = inputs.get(read.name)
        values[read.name] = None if given is None else _value(stage, read, given, span, blobs, registry)
    return stage.inputs(**values)


def _value(stage: Stage, read: Reads, given: Input, span: Span, blobs: Blobs, registry: Registry) -> Any:
    if read.name in registry.sources:
        return codec.decode(blobs.read(given.artifacts[0]), read.record or registry.sources[read.name].type)
    source = registry.stage(read.name)
    records = ShardedOutput(blobs, given.artifacts, read.record or source.output, given.transform)
    if source.scope == Scope.SHARD:
        return records[span.number] if stage.scope == Scope.SHARD else records
    return records[0].within(span) if stage.scope == Scope.SHARD else records[0]
