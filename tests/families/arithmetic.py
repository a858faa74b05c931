"""A pipeline family that adds numbers: everything the engine can do, without a picture or a model.

`numbers` (shard) → `doubled` (shard) → `total` (timeline), and `bonus` (shard), which adds a gift where there is one.
A stage fails as its config says, so that tests can see every way of failing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from mpr.errors import BadInput, Unavailable
from mpr.pipeline.codec import Record
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context, Span
from mpr.pipeline.registry import Family, Source
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.timeline import TimelineFacts
from mpr.pipeline.transforms import Transform


class Numbers(Record):
    values: list[float]

    def counts(self) -> dict[str, int]:
        return {"values": len(self.values), "big": sum(value >= 10 for value in self.values)}

    def select(self, transform: Transform) -> Numbers:
        return Numbers(values=transform.pick(self.values, score=lambda value: min(1.0, value / 100), label=str))

    def within(self, span: Span) -> Numbers:
        return Numbers(values=[value for value in self.values if span.holds(value)])


@dataclass(frozen=True, kw_only=True)
class NumbersInputs:
    timeline: TimelineFacts


@dataclass(frozen=True, kw_only=True)
class NumbersConfig:
    step_s: Annotated[float, limits("Seconds between numbers.", gt=0)] = 1.0
    fails: Annotated[str, limits("How it fails: “bad”, “transient”, “crash” or not at all.")] = ""
    ballast_bytes: Annotated[int, limits("Bytes written beside the output.", ge=0)] = 0


def make_numbers(inputs: NumbersInputs, config: NumbersConfig, ctx: Context) -> Numbers:
    """The multiples of the step within the span."""
    if config.fails == "bad":
        raise BadInput("The numbers are wrong; give others.")
    if config.fails == "transient":
        raise Unavailable("The numbers are away for a moment.")
    if config.fails == "crash":
        raise ZeroDivisionError("no sentence")
    if config.ballast_bytes:
        ctx.write_pack("ballast", bytes(config.ballast_bytes))
    count = int(inputs.timeline.duration_s / config.step_s) + 1
    values = [number * config.step_s for number in range(count)]
    ctx.progress(1, 1)
    ctx.log(f"made numbers for {ctx.span.number}")
    return Numbers(values=[value for value in values if ctx.span.holds(value)])


@dataclass(frozen=True, kw_only=True)
class DoubledInputs:
    numbers: Numbers


@dataclass(frozen=True, kw_only=True)
class DoubledConfig:
    factor: Annotated[float, limits("What to multiply by.", gt=0)] = 2.0
    off: Annotated[bool, limits("Skip this stage.")] = False


def make_doubled(inputs: DoubledInputs, config: DoubledConfig, ctx: Context) -> Numbers:
    """Each number times the factor."""
    return Numbers(values=[value * config.factor for value in inputs.numbers.values])


class Gift(Record):
    value: float


@dataclass(frozen=True, kw_only=True)
class BonusInputs:
    numbers: Numbers
    gift: Gift


@dataclass(frozen=True, kw_only=True)
class BonusConfig:
    gift: Annotated[float, limits("What is given; 0 is nothing.")] = 0.0


def make_bonus(inputs: BonusInputs, config: BonusConfig, ctx: Context) -> Numbers:
    """The gift, once for every number."""
    return Numbers(values=[inputs.gift.value for _ in inputs.numbers.values])


def load_gift(job: Any, config: BonusConfig) -> Gift | None:
    return Gift(value=config.gift) if config.gift else None


@dataclass(frozen=True, kw_only=True)
class TotalInputs:
    numbers: Sequence[Numbers]
    doubled: Sequence[Numbers] | None = None
    bonus: Sequence[Numbers] | None = None


@dataclass(frozen=True, kw_only=True)
class TotalConfig:
    add: Annotated[float, limits("Added to the sum.")] = 0.0


def make_total(inputs: TotalInputs, config: TotalConfig, ctx: Context) -> Numbers:
    """The sum over all shards of the doubled numbers, or of the plain ones where there are none, and of the bonus."""
    shards = inputs.numbers if inputs.doubled is None else inputs.doubled
    return Numbers(
        values=[config.add + sum(sum(shard.values) for some in (shards, inputs.bonus or ()) for shard in some)]
    )


NUMBERS = Stage(
    name="numbers", version=1, inputs=NumbersInputs, config=NumbersConfig, output=Numbers, run=make_numbers,
    scope=Scope.SHARD, resource=Resource.CPU,
)  # fmt: skip
DOUBLED = Stage(
    name="doubled", version=1, inputs=DoubledInputs, config=DoubledConfig, output=Numbers, run=make_doubled,
    scope=Scope.SHARD, resource=Resource.GPU,
    skip_reason=lambda config: "It is switched off." if config.off else None,
)  # fmt: skip
BONUS = Stage(
    name="bonus", version=1, inputs=BonusInputs, config=BonusConfig, output=Numbers, run=make_bonus,
    scope=Scope.SHARD, resource=Resource.CPU,
)  # fmt: skip
TOTAL = Stage(
    name="total", version=1, inputs=TotalInputs, config=TotalConfig, output=Numbers, run=make_total,
    scope=Scope.TIMELINE, resource=Resource.CPU,
)  # fmt: skip

FAMILY = Family(
    name="arithmetic",
    stages=(NUMBERS, DOUBLED, BONUS, TOTAL),
    sources=(Source(name="gift", type=Gift, load=load_gift, absent="Nobody gave anything."),),
)
