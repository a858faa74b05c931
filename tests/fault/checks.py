"""What must be true of a job however its workers and services were hurt."""

from __future__ import annotations

import hashlib
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings

from mpr.events.models import JobEvent
from mpr.jobs.models import Checkpoint, Job, Shard, ShardState, StageOutput
from mpr.jobs.sweep import sweep
from mpr.storage.buckets import timeline_folder
from tests.fault.cluster import Cluster, Fault, owner_pid
from tests.fault.family import STAGES

_OF_ONNX_RUNTIME = ".ses"

Bytes = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One run of a stage's function over one shard, as the journal tells of it; `end` is empty when it was killed."""

    timeline: str
    stage: str
    shard: int
    pid: int
    end: str


def contents(job: Job) -> Bytes:
    """{stage/shard/file: SHA-256} of everything that a job gave, its artifacts and what lies beside them."""
    folder = timeline_folder(job.timeline_id)
    found = {}
    for output in job.outputs.all():
        for number, key in enumerate(output.output["artifacts"]):
            found[f"{output.stage_name}/{number}"] = hashlib.sha256(folder.read(key)).hexdigest()
        found[f"{output.stage_name} counts"] = repr(sorted(output.output["counts"].items()))
    root = settings.HOME_DIR / "media_out" / "timelines" / str(job.timeline_id)
    for path in root.rglob("*.pack"):
        stage, _, number, name = PurePosixPath(path.relative_to(root)).parts
        found[f"{stage}/{int(number)}/{name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def executions(cluster: Cluster, job: Job) -> list[Execution]:
    """Every time a stage's function ran for this job."""
    begun: dict[tuple[int, str, int], list[str]] = {}
    for line in cluster.journal.read_text().splitlines():
        _, pid, place, stage, number, what = line.split(" ")
        if place.endswith(str(job.timeline_id)):
            runs = begun.setdefault((int(pid), stage, int(number)), [])
            if what == "begin":
                runs.append("")
            else:
                runs[-1] = what
    return [
        Execution(timeline=str(job.timeline_id), stage=stage, shard=number, pid=pid, end=end)
        for (pid, stage, number), ends in begun.items()
        for end in ends
    ]


def under_way(cluster: Cluster, job: Job, stage: str) -> list[Execution]:
    """Runs of a stage that have begun and not ended."""
    return [run for run in executions(cluster, job) if run.stage == stage and not run.end]


def check_outputs(job: Job, expected: Bytes) -> None:
    """Byte for byte what an undisturbed run gives."""
    found = contents(job)
    differing = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    if differing:
        raise Fault(f"These outputs differ from an undisturbed run's: {', '.join(differing)}.")


def check_events(job: Job) -> None:
    """The log is gapless, and tells of each completed thing once."""
    events = list(JobEvent.objects.filter(job=job).order_by("seq"))
    job.refresh_from_db()
    if [event.seq for event in events] != list(range(1, job.event_seq + 1)):
        raise Fault(f"The event log has gaps: {[event.seq for event in events]}, event_seq {job.event_seq}.")
    told = Counter(
        (event.type, event.payload.get("stage", ""), event.payload.get("attempt", 0), event.payload.get("shard", -1))
        for event in events
        if event.type in ("shard.done", "checkpoint", "job.created", "job.completed", "stage.done", "stage.running")
    )
    if doubled := [what for what, times in told.items() if times != 1]:
        raise Fault(f"Events told more than once: {doubled}.")
    done = {
        ("shard.done", shard.stage_run.stage_name, shard.stage_run.attempt, shard.number)
        for shard in Shard.objects.filter(stage_run__job=job, state=ShardState.DONE).select_related("stage_run")
        if shard.lease_token and shard.attempts
    }
    told_done = {what for what in told if what[0] == "shard.done"}
    if done != told_done:
        raise Fault(f"Shards done and shards told of differ: {sorted(done ^ told_done)}.")


def check_completed(job: Job, expected: Bytes) -> None:
    """A job that ran to its end left what it should, once."""
    check_outputs(job, expected)
    check_events(job)
    checkpoints = Counter(Checkpoint.objects.filter(job=job).values_list("stage_name", flat=True))
    if checkpoints != Counter(STAGES):
        raise Fault(f"Checkpoints are not one per stage: {dict(checkpoints)}.")
    if StageOutput.objects.filter(job=job).count() != len(STAGES):
        raise Fault("Outputs are not one per stage.")
    for run in job.newest_runs().values():
        if run.shards_done != run.shards_total or run.shards.exclude(state=ShardState.DONE).exists():
            raise Fault(f"{run.stage_name} is {run.state} with {run.shards_done} of {run.shards_total} shards done.")


def check_effort(cluster: Cluster, jobs: list[Job]) -> int:
    """Nothing ran again but what was lost in somebody's hand; returns how many runs that were.

    Counted by the log, which has a line for each shard that a sweep took from its holder: when it looks is of no
    importance, so a machine that stalls cannot make it miscount.
    """
    runs = [run for job in jobs for run in executions(cluster, job)]
    again = len(runs) - len({(run.timeline, run.stage, run.shard) for run in runs})
    in_hand = len(lost(jobs))
    if again > in_hand:
        raise Fault(f"{again} runs were done again, but only {in_hand} shards were lost in somebody's hand.")
    return again


def lost(jobs: list[Job], *, by: set[int] | None = None) -> list[str]:
    """Shards that a sweep took from their holders, of these processes or of all."""
    events = JobEvent.objects.filter(job__in=jobs, type="shard.lost").order_by("at")
    return [
        f"{event.payload['stage']}/{event.payload['shard']} of {event.payload['worker']} at {event.at:%H:%M:%S.%f}"
        for event in events
        if by is None or owner_pid(event.payload["worker"]) in by
    ]


def check_nothing_is_left(cluster: Cluster) -> str:
    """No process, no temporary file, no shard in anybody's hand. What killed writers left half written lies where a
    sweep finds it, which is let believe that an hour has passed. Says how much of it there was."""
    # What a killed main process leaves ends by itself before long.
    until_s = time.monotonic() + 10
    while (left := cluster.processes()) and time.monotonic() < until_s:
        time.sleep(0.1)
    if left:
        raise Fault(f"Workers left processes behind: {[(process.pid, process.cmdline()[:6]) for process in left]}.")
    partial = _half_written(cluster)
    for path in partial:
        os.utime(path, (0, 0))
    sweep()
    if left := _half_written(cluster):
        raise Fault(f"Half-written files were left: {left}.")
    # A folder that multiprocessing made for itself stays when its process is killed, empty. ONNX Runtime keeps one
    # small file, the same for all processes.
    if left := [path for path in cluster.temporary.rglob("*") if not path.is_dir() and path.name != _OF_ONNX_RUNTIME]:
        raise Fault(f"Temporary files were left: {left}.")
    if held := cluster.running():
        raise Fault(f"{len(held)} shards are still held.")
    return f"no process, no lease, no temporary file ({len(partial)} half-written ones swept away)"


def _half_written(cluster: Cluster) -> list[Path]:
    return [path for name in ("media_in", "media_out") for path in (cluster.home / name).rglob(".partial-*")]
