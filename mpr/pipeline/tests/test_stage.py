"""Not for its own sake: `test_a_stage_is_described_by_its_module` reads these lines.

In: nothing. Out: nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field

from mpr.pipeline.codec import Record
from mpr.pipeline.context import Context
from mpr.pipeline.stage import Reads, Resource, Scope, Stage, read_as


class Nothing(Record):
    def counts(self) -> dict[str, int]:
        return {}


@dataclass(frozen=True, kw_only=True)
class Empty:
    """Reads nothing and has no settings."""


def run(inputs: Empty, config: Empty, ctx: Context) -> Nothing:
    return Nothing()


STAGE = Stage(
    name="nothing", version=1, inputs=Empty, config=Empty, output=Nothing, run=run, scope=Scope.TIMELINE,
    resource=Resource.CLOUD,
)  # fmt: skip


def test_a_stage_says_what_it_reads_and_what_it_can_do_without(stage: Callable[..., Stage]) -> None:
    assert STAGE.reads == ()
    assert stage("texts", reads=("boxes", "frames"), may_read=("field",)).reads == (
        Reads(name="boxes", optional=False),
        Reads(name="frames", optional=False),
        Reads(name="field", optional=True),
    )


def test_a_stage_may_read_less_of_what_its_source_gives() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Inputs:
        boxes: Nothing = field(metadata=read_as(Nothing))
        field: Nothing | None = field(default=None, metadata=read_as(Nothing))

    assert dataclasses.replace(STAGE, inputs=Inputs).reads == (
        Reads(name="boxes", optional=False, record=Nothing),
        Reads(name="field", optional=True, record=Nothing),
    )


def test_a_stage_is_described_by_its_module() -> None:
    assert STAGE.doc.startswith("Not for its own sake: ")
    assert STAGE.doc.endswith("\n\nIn: nothing. Out: nothing.")


def test_a_stage_runs_unless_it_says_why_not() -> None:
    assert STAGE.skip_reason(Empty()) is None


def test_scopes_and_queues_are_spelt_as_in_messages_and_pages() -> None:
    assert [*Scope] == ["shard", "timeline"]
    assert [*Resource] == ["cpu", "gpu", "cloud"]
