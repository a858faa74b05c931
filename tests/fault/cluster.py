"""Worker processes, PostgreSQL and Valkey to be hurt, and jobs to be done all the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psutil
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.embedded.places import Places
from mpr.errors import Unavailable
from mpr.jobs.create import create_job
from mpr.jobs.models import Job, Shard, ShardState
from mpr.orphans import dies_with_parent
from mpr.pipeline.timeline import Chunk, TimelineFacts
from mpr.processes import worker_command
from mpr.workspaces.models import Workspace
from profiles.models import Profile
from tests.fault.family import STAGES

T = TypeVar("T")

# Longer than anything takes on a machine that has ten times the work it can do.
LONGEST_S = 300.0

SHARDS = 6
SHARD_S = 2
MARK = "FAULT_MARK"
PACE = {
    "draw": {"naps": 6, "nap_s": 0.06},
    "shade": {"naps": 1, "nap_s": 0.3},
    "gather": {"naps": 6, "nap_s": 0.08},
    "spread": {"naps": 5, "nap_s": 0.06},
    "seal": {"naps": 6, "nap_s": 0.08},
}
PIPELINE = {
    "stages": list(STAGES),
    "edges": [
        {"from": before, "to": after}
        for before, after in (
            ("draw", "shade"), ("draw", "gather"), ("shade", "gather"), ("gather", "spread"), ("shade", "spread"),
            ("spread", "seal"),
        )
    ],
    "shard_s": SHARD_S,
}  # fmt: skip


class Fault(AssertionError):
    """The engine broke a promise."""


@dataclass
class Worker:
    """A Celery worker: its main process, which leads a group of its own, and its log."""

    process: subprocess.Popen[bytes]
    log: Path
    # Pool processes come and go; whose shard it was must be known after their death.
    pool: set[int] = field(default_factory=set)

    def look(self) -> set[int]:
        """Note the pool processes that live now; returns all that were ever seen."""
        with suppress(psutil.NoSuchProcess):
            self.pool |= {child.pid for child in psutil.Process(self.process.pid).children()}
        return self.pool

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    def said(self, words: str) -> bool:
        return words in self.log.read_text(errors="replace")

    def signal(self, number: int) -> None:
        """To the main process and its pool alike."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Cluster:
    """Workers on this machine, all on the services below `home`. Closing it kills what is left."""

    def __init__(self, home: Path, *, seed: int, concurrency: int = 2) -> None:
        self.home = home
        self.places = Places(home)
        self.random = random.Random(seed)
        self.concurrency = concurrency
        self.mark = uuid.uuid4().hex
        self.workers: list[Worker] = []
        self.journal = home / "journal"
        self.temporary = home / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self._started = 0

    def start(self, count: int = 1) -> list[Worker]:
        """Start workers; they are at work some seconds later."""
        return [self._start() for _ in range(count)]

    def _start(self) -> Worker:
        self._started += 1
        log = self.home / "log" / f"worker-{self._started}.log"
        environment = {MARK: self.mark, "FAULT_JOURNAL": str(self.journal), "TMPDIR": str(self.temporary)}
        with log.open("wb") as output:
            process = subprocess.Popen(
                worker_command(self.concurrency, name=f"fault-{self._started}"),
                env={**os.environ, **environment, "PYTHONUNBUFFERED": "1"},
                cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=dies_with_parent(signal.SIGKILL),  # noqa: PLW1509 — one thread here
            )  # fmt: skip
        worker = Worker(process, log)
        self.workers.append(worker)
        return worker

    def wait_until_ready(self, *workers: Worker) -> None:
        self.wait(lambda: all(worker.said(" ready.") for worker in workers or self.workers), "workers are ready")

    def end(self, *, grace_s: float = 30.0) -> None:
        """Ask every worker to end, and see that each does within its grace."""
        for worker in self.workers:
            if worker.lives:
                worker.process.terminate()
        for worker in self.workers:
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(grace_s)
            if worker.lives:
                raise Fault(f"A worker did not end within {grace_s:.0f} s of SIGTERM; see {worker.log}.")
        self.workers = []

    def kill(self) -> None:
        for worker in self.workers:
            worker.signal(signal.SIGKILL)
            worker.process.wait()
        for process in self.processes():
            process.kill()

    def processes(self) -> list[psutil.Process]:
        """Everything alive that a worker of this cluster started, known by what it inherited."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def worker_of(self, pid: int) -> Worker | None:
        """The living worker to which a living pool process belongs."""
        with suppress(psutil.NoSuchProcess):
            parent = psutil.Process(pid).ppid()
            return next((worker for worker in self.workers if worker.lives and worker.process.pid == parent), None)
        return None

    # --- Jobs ---

    def make_job(self, *, shards: int = SHARDS, **stages: Mapping[str, Any]) -> Job:
        """Start a job on a timeline of its own, so that nothing is reused; `stages` changes the pace."""
        overrides = {name: {**PACE[name], **stages.get(name, {})} for name in STAGES}
        return patiently(lambda: _make_job(shards * SHARD_S, overrides))

    def wait(self, condition: Callable[[], T], what: str, *, timeout_s: float = LONGEST_S) -> T:
        """Until the condition holds; the database and the broker may be away meanwhile."""
        until_s = time.monotonic() + timeout_s
        while not (found := patiently(condition)):
            for worker in self.workers:
                worker.look()
            if self.workers and not any(worker.lives for worker in self.workers):
                raise Fault(f"All workers have ended; see {self.workers[0].log}.")
            if time.monotonic() > until_s:
                raise Fault(f"After {timeout_s:.0f} s still not: {what}.")
            time.sleep(0.05)
        return found

    def wait_for(self, *jobs: Job, status: str = "completed", timeout_s: float = LONGEST_S) -> None:
        """Until the jobs are as they should be."""

        def settled() -> bool:
            for job in jobs:
                job.refresh_from_db()
                if job.is_finished and job.status != status:
                    raise Fault(f"A job is {job.status} instead of {status}: {job.error_message}")
            return all(job.status == status for job in jobs)

        try:
            self.wait(settled, f"all jobs are {status}", timeout_s=timeout_s)
        except Fault as fault:
            raise Fault(f"{fault} {'; '.join(_state(job) for job in jobs if job.status != status)}") from None

    def running(self, stage: str = "") -> list[Shard]:
        """Shards that somebody holds."""
        held = Shard.objects.filter(state=ShardState.RUNNING).select_related("stage_run")
        return list(held.filter(stage_run__stage_name=stage) if stage else held)

    def held_by(self, pids: set[int]) -> list[Shard]:
        """Shards in hand of these processes."""
        return [shard for shard in patiently(self.running) if owner_pid(shard.lease_owner) in pids]

    # --- Services ---

    def broker_pid(self) -> int:
        return self.wait(lambda: _server("valkey-server", self.places.valkey_data), "Valkey runs")

    def database_pid(self) -> int:
        return self.wait(lambda: _server("postgres", self.places.postgres_data), "PostgreSQL runs")

    def drop_connections(self) -> int:
        """Have PostgreSQL end all sessions but the one that asks; returns how many."""

        def drop() -> int:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                return int(cursor.fetchone()[0])

        return patiently(drop)


def owner_pid(owner: str) -> int:
    """The process that a lease names."""
    return int(owner.rpartition(":")[2] or 0)


def patiently(act: Callable[[], T]) -> T:
    """What the test itself asks of services that are being hurt."""
    until_s = time.monotonic() + LONGEST_S
    while True:
        try:
            return act()
        except (DatabaseError, Unavailable):
            connection.close()
            if time.monotonic() > until_s:
                raise
            time.sleep(0.1)


def prepare() -> None:
    """The rows that all jobs share."""
    workspace = Workspace.objects.default()
    Profile.objects.create(name="fault", workspace=workspace, pipeline=PIPELINE, configs={})


def _make_job(duration_s: float, overrides: Mapping[str, Any]) -> Job:
    asset = MediaAsset.objects.create(
        workspace=Workspace.objects.default(), filename="match.mp4", file_path=f"assets/{uuid.uuid4().hex}.mp4",
        sha256=uuid.uuid4().hex * 2, status=AssetStatus.READY, duration_s=duration_s, fps=25.0, width=64, height=36,
    )  # fmt: skip
    # The same facts for each, so that equal jobs give equal bytes.
    facts = TimelineFacts(
        chunks=[Chunk(key="assets/match.mp4", sha256="a" * 64, start_s=0.0, duration_s=duration_s)],
        duration_s=duration_s, fps=25.0, width_px=64, height_px=36, keyframes_s=[],
    )  # fmt: skip
    timeline = Timeline.objects.create(
        source_asset=asset, chunk_paths=[asset.file_path], profile_name="fault", fps=25.0,
        facts=msgspec.to_builtins(facts),
    )  # fmt: skip
    try:
        return create_job(timeline, profile_name="fault", overrides=overrides)
    except Unavailable:
        # The broker is away; the job is kept all the same.
        return Job.objects.get(timeline=timeline)


def _server(name: str, folder: Path) -> int:
    """The process of an embedded service, 0 while it is away. Those of its children that work in the same folder are
    not meant."""
    found = {}
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess):
            if process.name() == name and process.cwd() == os.path.realpath(folder):
                found[process.pid] = process.ppid()
    heads = [pid for pid, parent in found.items() if parent not in found]
    return heads[0] if len(heads) == 1 else 0


def _state(job: Job) -> str:
    shards = Shard.objects.filter(stage_run__job=job).exclude(state=ShardState.DONE).select_related("stage_run")
    listed = ", ".join(f"{shard.stage_run.stage_name}/{shard.number} {shard.state}" for shard in shards)
    return f"Job {job.pk} is {job.status}, {listed or 'all its shards are done'}"


@contextmanager
def cluster(home: Path, *, seed: int) -> Iterator[Cluster]:
    """A cluster without workers, which is gone after the block."""
    made = Cluster(home, seed=seed)
    try:
        yield made
    finally:
        made.kill()
