"""A pipeline family whose stages take their time, so that a fault can hit each of them.

`draw` (shard, cpu) → `shade` (shard, gpu) → `gather` (timeline, cpu) → `spread` (shard, cpu) → `seal` (timeline,
cloud):
every scope that follows another, every kind of queue. All results hang on all numbers before them, so that a shard that
is lost, doubled or mixed up shows in the bytes. `shade` is deaf: it naps without a word, as a model does.

Each run of a stage writes two lines to the journal that FAULT_JOURNAL names: when it begins, and when or why it ends.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from mpr.errors import BadInput, Unavailable
from mpr.pipeline.codec import Record
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context, Span
from mpr.pipeline.registry import Family
from mpr.pipeline.stage import Resource, Scope, Stage
from mpr.pipeline.timeline import TimelineFacts

PACK_BYTES = 256 * 1024


class Digests(Record):
    """(seconds, digest) pairs."""

    items: list[tuple[float, str]]

    def counts(self) -> dict[str, int]:
        return {"items": len(self.items)}

    def within(self, span: Span) -> Digests:
        return Digests(items=[item for item in self.items if span.holds(item[0])])


@dataclass(frozen=True, kw_only=True)
class Pace:
    naps: Annotated[int, limits("Naps taken by one run.", ge=1)] = 1
    nap_s: Annotated[float, limits("Seconds of one nap.", ge=0)] = 0.0
    bad_while: Annotated[str, limits("It fails for good while this file exists.")] = ""
    shaky_while: Annotated[str, limits("It fails for the moment while this file exists.")] = ""


@dataclass(frozen=True, kw_only=True)
class DrawInputs:
    timeline: TimelineFacts


def draw(inputs: DrawInputs, config: Pace, ctx: Context) -> Digests:
    """Ten digests per second of the span, and a pack of bytes beside them."""
    with _journal("draw", ctx):
        _nap(config, ctx)
        whole = int(inputs.timeline.duration_s * 10)
        items = [(n / 10, _digest("draw", n)) for n in range(whole) if ctx.span.holds(n / 10)]
        ctx.write_pack("picture.pack", (_digest(items) * (PACK_BYTES // 64)).encode())
        ctx.log(f"drew {len(items)}")
        return Digests(items=items)


@dataclass(frozen=True, kw_only=True)
class ShadeInputs:
    draw: Digests


def shade(inputs: ShadeInputs, config: Pace, ctx: Context) -> Digests:
    """A digest of each, after one long nap without a sign of life."""
    with _journal("shade", ctx):
        _check(config)
        time.sleep(config.naps * config.nap_s)
        return Digests(items=[(at_s, _digest("shade", digest)) for at_s, digest in inputs.draw.items])


@dataclass(frozen=True, kw_only=True)
class GatherInputs:
    draw: Sequence[Digests]
    shade: Sequence[Digests]


def gather(inputs: GatherInputs, config: Pace, ctx: Context) -> Digests:
    """A chain of digests over the whole timeline."""
    with _journal("gather", ctx):
        _nap(config, ctx)
        chain, items = "", []
        for drawn, shaded in zip(inputs.draw, inputs.shade, strict=True):
            for one, other in zip(drawn.items, shaded.items, strict=True):
                chain = _digest(chain, one, other)
                items.append((one[0], chain))
        return Digests(items=items)


@dataclass(frozen=True, kw_only=True)
class SpreadInputs:
    gather: Digests
    shade: Digests


def spread(inputs: SpreadInputs, config: Pace, ctx: Context) -> Digests:
    """The span's part of the chain, with what was shaded there."""
    with _journal("spread", ctx):
        _nap(config, ctx)
        pairs = zip(inputs.gather.items, inputs.shade.items, strict=True)
        return Digests(items=[(one[0], _digest(one, other)) for one, other in pairs])


@dataclass(frozen=True, kw_only=True)
class SealInputs:
    spread: Sequence[Digests]


def seal(inputs: SealInputs, config: Pace, ctx: Context) -> Digests:
    """One digest of everything."""
    with _journal("seal", ctx):
        _nap(config, ctx)
        return Digests(items=[(0.0, _digest([record.items for record in inputs.spread]))])


def _nap(config: Pace, ctx: Context) -> None:
    for done in range(config.naps):
        _check(config)
        ctx.progress(done, config.naps)
        time.sleep(config.nap_s)
    ctx.progress(config.naps, config.naps)


def _check(config: Pace) -> None:
    if config.bad_while and Path(config.bad_while).exists():
        raise BadInput(f"{config.bad_while} is in the way; remove it.")
    if config.shaky_while and Path(config.shaky_while).exists():
        raise Unavailable(f"{config.shaky_while} shakes the ground.")


def _digest(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()


@contextmanager
def _journal(stage: str, ctx: Context) -> Iterator[None]:
    # The shard's place in the timeline's folder names the job's timeline too; tests give each job its own.
    where = f"{ctx._blobs._prefix} {stage} {ctx.span.number}"
    _note(f"{where} begin")
    try:
        yield
    except BaseException as error:
        _note(f"{where} {type(error).__name__}")
        raise
    _note(f"{where} end")


def _note(line: str) -> None:
    """Append in one write, which the kernel does whole even when many processes do so."""
    with open(os.environ["FAULT_JOURNAL"], "ab", buffering=0) as journal:
        journal.write(f"{time.time():.3f} {os.getpid()} {line}\n".encode())


def _stage(name: str, inputs: type, run: object, scope: Scope, resource: Resource) -> Stage:
    return Stage(
        name=name, version=1, inputs=inputs, config=Pace, output=Digests, run=run, scope=scope, resource=resource
    )


FAMILY = Family(
    name="fault",
    stages=(
        _stage("draw", DrawInputs, draw, Scope.SHARD, Resource.CPU),
        _stage("shade", ShadeInputs, shade, Scope.SHARD, Resource.GPU),
        _stage("gather", GatherInputs, gather, Scope.TIMELINE, Resource.CPU),
        _stage("spread", SpreadInputs, spread, Scope.SHARD, Resource.CPU),
        _stage("seal", SealInputs, seal, Scope.TIMELINE, Resource.CLOUD),
    ),
)
STAGES = tuple(stage.name for stage in FAMILY.stages)
