"""Reading and writing what stages gave.

An output lies as one artifact per shard in the timeline's folder of media_out; the StageOutput row holds the keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, overload

from mpr.errors import NotFound
from mpr.jobs.models import Job, StageOutput
from mpr.pipeline import codec
from mpr.pipeline.blobs import Blobs
from mpr.pipeline.frames import FrameReader
from mpr.pipeline.transforms import Transform
from mpr.storage.buckets import timeline_folder
from profiles.families import registry


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


def frames_of(job: Job) -> FrameReader:
    """Pictures of the frames that a job's records mention."""
    return FrameReader(timeline_folder(job.timeline_id))


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
