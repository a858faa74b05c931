"""Stages that only take time: `first` → `second` → `third`, each over shards, as inference on another machine would."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from typing import Annotated

from mpr.pipeline.codec import Record
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.registry import Family
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.timeline import TimelineFacts

_SLICE_S = 0.1


class Waited(Record):
    """Bytes that cannot be compressed, in place of a result."""

    data: bytes

    def counts(self) -> dict[str, int]:
        return {"bytes": len(self.data)}


@dataclass(frozen=True, kw_only=True)
class Config:
    work_s: Annotated[float, limits("Seconds that one shard takes.", ge=0)] = 0.5
    output_bytes: Annotated[int, limits("Size of its output.", ge=0)] = 20_000


@dataclass(frozen=True, kw_only=True)
class FirstInputs:
    timeline: TimelineFacts


@dataclass(frozen=True, kw_only=True)
class SecondInputs:
    first: Waited


@dataclass(frozen=True, kw_only=True)
class ThirdInputs:
    second: Waited


def run(inputs: object, config: Config, ctx: Context) -> Waited:
    """Wait, saying how far it is every tenth of a second."""
    slices = max(1, round(config.work_s / _SLICE_S))
    for done in range(slices):
        ctx.progress(done, slices)
        time.sleep(config.work_s / slices)
    return Waited(data=random.Random(ctx.span.number).randbytes(config.output_bytes))


def _stage(name: str, inputs: type) -> Stage:
    return Stage(
        name=name, version=1, inputs=inputs, config=Config, output=Waited, run=run, scope=Scope.SHARD,
        resource=Resource.GPU,
    )  # fmt: skip


FAMILY = Family(
    name="waiting",
    stages=(_stage("first", FirstInputs), _stage("second", SecondInputs), _stage("third", ThirdInputs)),
)
