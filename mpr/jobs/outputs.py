"""Reading and writing what stages gave.

An output lies as one artifact per shard in the timeline's folder of media_out; the StageOutput row holds the keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

from mpr.assets.models import Timeline
from mpr.assets.timelines import facts_of
from mpr.errors import NotFound
from mpr.jobs.models import Job, Shard, ShardState, StageOutput, StageRun
from mpr.pipeline import codec
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.context import Span
from mpr.pipeline.frames import FrameReader
from mpr.pipeline.shards import plan_shards
from mpr.pipeline.stage import Scope, Stage
from mpr.pipeline.transforms import Transform
from mpr.storage.buckets import timeline_folder
from profiles.families import registry
from profiles.plan import Plan, parse_plan


def find_output(job: Job, stage_name: str) -> StageOutput:
    """The output row of a job's stage. Raises NotFound when the stage has given none (yet)."""
    found = job.outputs.filter(stage_name=stage_name).first()
    if found is None:
        raise NotFound(f"{stage_name} of this job has no output; it is {job.status}.")
    return found


def read_output(job: Job, stage_name: str) -> ShardedOutput:
    """A stage's records in shard order, read when they are asked for; a timeline-scope stage has one."""
    row = find_output(job, stage_name)
    kind = registry().stage(stage_name).output
    return ShardedOutput(timeline_folder(job.timeline_id), row.output["artifacts"], kind)


def read_at(job: Job, stage_name: str, time_s: float) -> Any:
    """The one record of a stage that holds a moment of the timeline: its shard's, or that of all of it. Raises NotFound
    when the stage has given none, or the timeline has nothing at that moment."""
    stage = registry().stage(stage_name)
    for span in spans_of(job.timeline, parse_plan(job.plan), stage):
        if span.holds(time_s):
            return read_output(job, stage_name)[span.number]
    raise NotFound(f"The timeline has nothing at {time_s:.3f} s.")


def read_so_far(job: Job, stage_name: str, time_s: float) -> Any:
    """As `read_at`, and of a stage that is under way what it has given up to now. Raises NotFound when it has not come
    to that moment yet."""
    run = job.newest_runs().get(stage_name)
    if run is None or run.settled:
        return read_at(job, stage_name, time_s)
    done = run.shards.filter(state=ShardState.DONE, start_s__lte=time_s, end_s__gt=time_s)
    for number in done.values_list("number", flat=True)[:1]:
        return shards_so_far(job, stage_name)[number]
    raise NotFound(f"{stage_name} of this job has not come to {time_s:.3f} s yet; it is {run.state}.")


def shards_so_far(job: Job, stage_name: str) -> Mapping[int, Any]:
    """What a stage has given, by the number of the shard, read when it is asked for: all of it, or while it is under
    way the shards that are done."""
    stage = registry().stage(stage_name)
    run = job.newest_runs().get(stage_name)
    if run is None or run.settled:
        keys = dict(enumerate(find_output(job, stage_name).output["artifacts"]))
    else:
        keys = dict(run.shards.filter(state=ShardState.DONE).values_list("number", "result_key"))
    return _Shards(timeline_folder(job.timeline_id), keys, stage.output)


def spans_of(timeline: Timeline, plan: Plan, stage: Stage) -> list[Span]:
    """The stretches of the timeline that a stage's shards compute, one for each artifact of its output."""
    facts = facts_of(timeline)
    if stage.scope == Scope.TIMELINE:
        return [Span(number=0, start_s=0.0, end_s=facts.duration_s)]
    return plan_shards(facts.duration_s, shard_s=plan.graph.shard_s, keyframes_s=facts.keyframes_s)


def output_of(run: StageRun) -> dict[str, Any]:
    """What StageOutput.output holds of a run whose shards are all done."""
    shards = Shard.objects.filter(stage_run=run).order_by("number").values_list("counts", "result_key")
    counts: Counter[str] = Counter()
    artifacts = []
    for shard_counts, key in shards:
        counts.update(shard_counts)
        artifacts.append(key)
    return {"counts": dict(counts), "artifacts": artifacts}


def frames_of(job: Job) -> FrameReader:
    """Pictures of the frames that a job's records mention."""
    return FrameReader(timeline_folder(job.timeline_id))


class _Shards(Mapping[int, Any]):
    """Records by number, decoded on access and not kept."""

    def __init__(self, blobs: Blobs, keys: Mapping[int, str], kind: type[Any]) -> None:
        self._blobs = blobs
        self._keys = keys
        self._kind = kind

    def __getitem__(self, number: int) -> Any:
        return codec.decode(self._blobs.read(self._keys[number]), self._kind)

    def __iter__(self) -> Iterator[int]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


class ShardedOutput(Sequence[Any]):
    """The records of a stage, one per shard, decoded on access and not kept, so that memory stays flat."""

    def __init__(self, blobs: Blobs, keys: Sequence[str], kind: type[Any], transform: Transform | None = None) -> None:
        self._blobs = blobs
        self._keys = keys
        self._kind = kind
        self._transform = transform or Transform()

    def __len__(self) -> int:
        return len(self._keys)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return ShardedOutput(self._blobs, self._keys[index], self._kind, self._transform)
        record = codec.decode(self._blobs.read(self._keys[index]), self._kind)
        return record if self._transform == Transform() else record.select(self._transform)

    def __iter__(self) -> Iterator[Any]:
        for number in range(len(self)):
            yield self[number]
