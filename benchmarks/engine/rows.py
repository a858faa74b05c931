"""What all benchmarks share: footage that is not there, profiles, workers that are warm, waiting for jobs."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import redis
from django.conf import settings
from django.db import connection

from benchmarks.engine import clock
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.jobs import dispatch, finish, leases
from mpr.jobs.advance import advance
from mpr.jobs.create import create_job
from mpr.jobs.kept import folder_of
from mpr.jobs.models import Job, Shard, ShardState, StageRun
from mpr.pipeline import codec
from mpr.pipeline.context import Span
from mpr.pipeline.timeline import Chunk, TimelineFacts
from mpr.processes import workers, workers_online
from mpr.storage.buckets import timeline_folder
from mpr.workspaces.models import Workspace
from profiles.models import Profile

WAITING = ("first", "second", "third")
_LONGEST_S = 1800.0


def journal() -> Path:
    return Path(os.environ[clock.JOURNAL])


def make_timeline(duration_s: float, *, profile_name: str, fps: float = 25.0) -> Timeline:
    """A timeline over footage that only its facts tell of."""
    number = uuid.uuid4().hex
    asset = MediaAsset.objects.create(
        workspace=Workspace.objects.default(), filename="match.mp4", file_path=f"assets/{number}.mp4",
        sha256=number * 2, status=AssetStatus.READY, duration_s=duration_s, fps=fps, width=1280, height=720,
    )  # fmt: skip
    facts = TimelineFacts(
        chunks=[Chunk(key=asset.file_path, sha256=asset.sha256, start_s=0.0, duration_s=duration_s)],
        duration_s=duration_s, fps=fps, width_px=1280, height_px=720, keyframes_s=[],
    )  # fmt: skip
    return Timeline.objects.create(
        source_asset=asset, chunk_paths=[asset.file_path], profile_name=profile_name, fps=fps,
        facts=msgspec.to_builtins(facts),
    )  # fmt: skip


def make_waiting_job(*, stages: int, shards: int, work_s: float) -> Job:
    """Start a job of the first so many waiting stages on a timeline of its own."""
    names = WAITING[:stages]
    profile, _ = Profile.objects.get_or_create(
        name=f"waiting-{stages}", workspace=Workspace.objects.default(),
        defaults={"pipeline": {"stages": names, "shard_s": 1}},
    )  # fmt: skip
    timeline = make_timeline(float(shards), profile_name=profile.name)
    return create_job(timeline, profile_name=profile.name, overrides={name: {"work_s": work_s} for name in names})


@contextmanager
def warm_workers(count: int) -> Iterator[None]:
    """Worker processes of our own, `count` tasks at a time, each of which has run shards before the block begins."""
    with workers(count):
        _wait(lambda: workers_online() == 1, "the worker answers")
        while True:
            begin = journal().stat().st_size
            wait_for(make_waiting_job(stages=1, shards=4 * count, work_s=0.2))
            if len({task.pid for task in clock.read(journal(), offset=begin) if task.name == "run_shard"}) == count:
                break
        yield


def wait_for(*jobs: Job) -> None:
    """Until the jobs are completed. Raises AssertionError when one ends otherwise."""

    def completed() -> bool:
        for job in jobs:
            job.refresh_from_db()
            assert job.status == "completed" or not job.is_finished, f"A job {job.status}: {job.error_message}"
        return all(job.status == "completed" for job in jobs)

    _wait(completed, "the jobs are completed")


def wait_until_settled(job: Job) -> None:
    """Until the job is completed or has paused. Raises AssertionError when it ends otherwise."""

    def settled() -> bool:
        job.refresh_from_db()
        assert job.status in ("running", "paused", "completed"), f"A job {job.status}: {job.error_message}"
        return job.status != "running"

    _wait(settled, "the job is settled")


def play(job: Job, outputs: Mapping[str, Callable[[Span], Any]]) -> None:
    """Do the work of these stages, which stand at the beginning of the job's pipeline, while no worker runs: hand in
    what the functions give for each span, by the engine's own ways, so that keys and rows are what they would be."""
    for name, give in outputs.items():
        advance(job.pk)
        run = job.stage_runs.get(stage_name=name, state="pending")
        *most, last = run.shards.order_by("number")
        for shard in (*most, last):
            _store(job, run, shard, give(Span(number=shard.number, start_s=shard.start_s, end_s=shard.end_s)))
            shard.state, shard.progress = ShardState.DONE, 1.0
        Shard.objects.bulk_update(most, ["state", "progress", "result_key", "counts"])
        StageRun.objects.filter(pk=run.pk).update(shards_done=len(most))
        lease = leases.claim(last.pk, owner="benchmark")
        assert isinstance(lease, leases.Lease)
        assert finish.complete(lease, result_key=last.result_key, counts=last.counts)
    # The broker holds a message for every shard that is done by now.
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushall()
    dispatch.advance(job.pk)
    connection.close()


def _store(job: Job, run: StageRun, shard: Shard, record: Any) -> None:
    shard.result_key = f"{folder_of(run.stage_name, run.cache_key)}/{shard.number:05d}-1.bin"
    shard.counts = record.counts()
    timeline_folder(job.timeline_id).write(shard.result_key, codec.encode(record))


def seconds(job: Job) -> float:
    """From the moment a job was made to its end."""
    assert job.finished_at is not None
    return (job.finished_at - job.created_at).total_seconds()


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, min(len(ordered) - 1, -int(-share * len(ordered) // 1) - 1))]


def _wait(condition: Callable[[], bool], what: str) -> None:
    until_s = time.monotonic() + _LONGEST_S
    while not condition():
        assert time.monotonic() < until_s, f"After {_LONGEST_S:.0f} s still not: {what}."
        time.sleep(0.05)
