"""What is done to the workers and services, and what must be true afterwards.

Each scenario takes a cluster with workers at work and says in one line what it did; it raises Fault when a promise was
broken. All chance comes from the cluster's seed.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import cast

import psutil
from django.conf import settings
from django.db import connection

from mpr.errors import Refused
from mpr.jobs import control
from mpr.jobs.models import Job, Shard, ShardState
from tests.fault import checks
from tests.fault.checks import Bytes
from tests.fault.cluster import Cluster, Fault, Worker, owner_pid, patiently
from tests.fault.family import STAGES

WORKERS = 2
_GRACE_S = 30.0
_KILLS = ("process", "worker", "process", "worker", "main")
Scenario = Callable[[Cluster, Bytes, int], str]


def kill_workers(cluster: Cluster, expected: Bytes, hits: int) -> str:
    """kill -9 of a pool process, of a main process alone and of a whole worker, `hits` times or more, until every stage
    was hit when there are hits enough for it."""
    jobs = [cluster.make_job(), cluster.make_job()]
    stages, ways = Counter(dict.fromkeys(STAGES, 0)), Counter[str]()
    first = cluster.random.randrange(len(_KILLS))
    killed: set[int] = set()
    until_s = time.monotonic() + 60 * (hits + len(STAGES))
    while ways.total() < hits or (hits > len(STAGES) and not all(stages.values())):
        if time.monotonic() > until_s:
            raise Fault(f"After {ways.total()} kills there is nobody left to kill in every stage: {dict(stages)}.")
        replenish(cluster)
        if sum(not _refreshed(job).is_finished for job in jobs) < 2:
            jobs.append(cluster.make_job())
        stage = min(STAGES, key=lambda name: (stages[name], cluster.random.random()))
        found = _wait_for_victim(cluster, stage)
        if found is None:
            continue
        victim, worker = found
        time.sleep(cluster.random.uniform(0.0, 0.3))
        way = _KILLS[(ways.total() + first) % len(_KILLS)]
        dead = _kill(worker, victim, way)
        killed |= dead
        stages.update(shard.stage_run.stage_name for shard in cluster.held_by(dead))
        ways[way] += 1
    replenish(cluster)
    cluster.wait_for(*jobs)
    for job in jobs:
        checks.check_completed(job, expected)
    again = checks.check_effort(cluster, jobs)
    in_hand = len(checks.lost(jobs, by=killed))
    hit = ", ".join(f"{name} {count}" for name, count in stages.items())
    how = ", ".join(f"{count} {way}" for way, count in ways.items())
    return f"{ways.total()} kills ({how}) with {in_hand} shards in hand ({hit}); {again} runs again, {len(jobs)} jobs"


def hurt_broker(cluster: Cluster, expected: Bytes, hits: int) -> str:
    """Flush it, restart it, kill -9 it, freeze it, while jobs run."""
    return _hurt_service(
        cluster, expected, hits,
        {
            "flush": lambda: _flush(cluster),
            "restart": lambda: os.kill(cluster.broker_pid(), signal.SIGTERM),
            "kill -9": lambda: os.kill(cluster.broker_pid(), signal.SIGKILL),
            "freeze": lambda: _freeze(cluster.broker_pid(), cluster.random.uniform(1.0, 4.0)),
        },
    )  # fmt: skip


def hurt_database(cluster: Cluster, expected: Bytes, hits: int) -> str:
    """Drop all its connections, restart it, have it crash, while jobs run."""
    return _hurt_service(
        cluster, expected, hits,
        {
            "drop connections": cluster.drop_connections,
            "restart": lambda: _end_database(cluster, signal.SIGINT),
            "crash": lambda: _end_database(cluster, signal.SIGQUIT),
        },
    )  # fmt: skip


def end_with_grace(cluster: Cluster, expected: Bytes, hits: int) -> str:
    """SIGTERM while shards run, one of them deaf: all are given back at once, and the worker ends well before 30 s,
    without waiting for the deaf one."""
    job = cluster.make_job(shade={"nap_s": 30.0}, shards=1) if hits > 1 else None
    other = cluster.make_job()
    if job:
        cluster.wait(lambda: checks.under_way(cluster, job, "shade"), f"{job.pk} shade runs")
    running = cluster.wait(lambda: found if len(found := cluster.running()) >= WORKERS else [], "shards are running")
    shards = [s for s in running if not job or s.stage_run.job_id == job.pk] or running
    worker = cluster.worker_of(owner_pid(shards[0].lease_owner))
    if worker is None:
        raise Fault("A running shard belongs to no worker.")
    pool = worker.look()
    jobs = [each for each in (job, other) if each]
    lost_before = checks.lost(jobs)
    begun_s = time.monotonic()
    worker.process.terminate()
    cluster.wait(lambda: not cluster.held_by(pool), "the shards are given back", timeout_s=_GRACE_S)
    back_s = time.monotonic() - begun_s
    cluster.wait(lambda: not worker.lives, "the worker has ended", timeout_s=_GRACE_S - back_s)
    ended_s = time.monotonic() - begun_s
    if job and not [run for run in checks.under_way(cluster, job, "shade") if run.pid in pool]:
        raise Fault("The deaf stage came to its end although its worker was to leave.")
    replenish(cluster)
    cluster.wait_for(*jobs)
    if lost := set(checks.lost(jobs, by=pool)).difference(lost_before):
        raise Fault(f"Shards were lost instead of given back: {lost}.")
    checks.check_completed(other, expected)
    for each in jobs:
        checks.check_events(each)
    return f"shards back after {back_s:.1f} s, worker ended after {ended_s:.1f} s"


def wake_zombies(cluster: Cluster, expected: Bytes, hits: int) -> str:
    """Stop a worker until its leases have passed on, then let it wake: what it writes is refused."""
    refused = 0
    jobs = []
    for _ in range(hits):
        worker, stopped, napping = _stop_a_napper(cluster, jobs)
        try:
            cluster.wait(
                lambda stopped=stopped: (
                    Shard.objects.filter(pk__in=stopped, state=ShardState.DONE).count() == len(stopped)
                ),
                "another worker has done the stopped worker's shards",
            )
        finally:
            worker.signal(signal.SIGCONT)
        for pk in napping:
            cluster.wait(
                lambda pk=pk, worker=worker: worker.said(f"refused the result of shard {pk}:"),
                f"the late result of shard {pk} is refused",
            )
            refused += 1
        for each in Shard.objects.filter(pk__in=stopped):
            if not each.result_key.endswith(f"-{each.lease_token}.bin") or each.lease_token < 2:
                raise Fault(f"Shard {each.pk} was taken from its late holder: {each.result_key}.")
    cluster.wait_for(*jobs)
    for job in jobs:
        checks.check_completed(job, expected)
    return f"{hits} workers woke late, {refused} results refused"


def _stop_a_napper(cluster: Cluster, jobs: list[Job]) -> tuple[Worker, list[int], list[int]]:
    """Freeze a worker that is in the midst of a nap, and gives it, the shards in its hand and those of them that nap;
    adds the jobs that it needs.

    One that was frozen before or after its nap, perhaps in the midst of a transaction, has nothing to hand in when it
    wakes: it is let go, and another is tried.
    """
    until_s = time.monotonic() + 120
    while time.monotonic() < until_s:
        job = cluster.make_job(shade={"nap_s": 1.0})
        jobs.append(job)
        while not _refreshed(job).is_finished and time.monotonic() < until_s:
            runs = checks.under_way(cluster, job, "shade")
            worker = cluster.worker_of(runs[0].pid) if runs else None
            if worker is None:
                time.sleep(0.05)
                continue
            worker.signal(signal.SIGSTOP)
            pool = worker.look()
            numbers = [run.shard for run in checks.under_way(cluster, job, "shade") if run.pid in pool]
            held = cluster.held_by(pool)
            napping = [
                each.pk
                for each in held
                if each.stage_run.job_id == job.pk and each.stage_run.stage_name == "shade" and each.number in numbers
            ]
            if napping:
                return worker, [each.pk for each in held], napping
            worker.signal(signal.SIGCONT)
    raise Fault("No worker could be frozen in the midst of a nap.")


def mix_control(cluster: Cluster, expected: Bytes, hits: int) -> str:
    """Pause, step, resume, stop, fail and retry jobs while pool processes are killed."""
    obstacle, shaker = settings.HOME_DIR / "obstacle", settings.HOME_DIR / "shaker"
    obstacle.touch()
    shaker.touch()
    # However slow the machine is, it is not done before it is stopped.
    stopped = cluster.make_job(gather={"naps": 1000, "nap_s": 1.0})
    failing = cluster.make_job(spread={"bad_while": str(obstacle)})
    shaking = cluster.make_job(shade={"shaky_while": str(shaker)})
    steered = [cluster.make_job()]
    done: Counter[str] = Counter()
    for hit in range(hits):
        time.sleep(cluster.random.uniform(0.1, 0.6))
        if _refreshed(steered[-1]).is_finished:
            steered.append(cluster.make_job())
        done[_steer(cluster, steered[-1])] += 1
        if shaker.exists() and shaking.events.filter(type="shard.retry").exists():
            shaker.unlink()
        if hit == min(5, hits - 1):
            control.stop(stopped.pk)
            control.stop(stopped.pk)
            done["stop"] += 1
    cluster.wait_for(failing, status="failed")
    cluster.wait(lambda: shaking.events.filter(type="shard.retry").exists(), "a shaky stage is tried again")
    obstacle.unlink()
    shaker.unlink(missing_ok=True)
    control.retry(failing.pk)
    try:
        control.retry(failing.pk)
    except Refused:
        # It has come to its end in between.
        if _refreshed(failing).status != "completed":
            raise
    done["retry"] += 1
    for job in steered:
        cluster.wait(lambda job=job: _go_on(job), "a steered job is completed")
    cluster.wait_for(failing, shaking)
    for job in (*steered, failing, shaking):
        checks.check_outputs(job, expected)
        checks.check_events(job)
    cluster.wait_for(stopped, status="cancelled")
    checks.check_events(stopped)
    if Shard.objects.filter(stage_run__job=stopped, state__in=[ShardState.PENDING, ShardState.RUNNING]).exists():
        raise Fault("A stopped job still has open shards.")
    return ", ".join(f"{count} × {act}" for act, count in done.items()) + f"; {len(steered) + 3} jobs"


def _steer(cluster: Cluster, job: Job) -> str:
    """Do something to a job that makes sense in its present state, or kill a process; returns what was done."""
    act = cluster.random.choice(["resume", "step"] if job.status == "paused" else ["pause", "kill"])
    if act != "kill":
        # It may have come to its end, or to the end of its step, since.
        try:
            getattr(control, act)(job.pk)
        except Refused:
            return f"refused {act}"
        return act
    living = [shard for shard in cluster.running() if cluster.worker_of(owner_pid(shard.lease_owner))]
    if not living:
        return "look"
    with suppress(ProcessLookupError):
        os.kill(owner_pid(cluster.random.choice(living).lease_owner), signal.SIGKILL)
    return act


# Name → (scenario, hits in the short form, hits in the long form).
SCENARIOS: dict[str, tuple[Scenario, int, int]] = {
    "kill_workers": (kill_workers, 3, 60),
    "hurt_broker": (hurt_broker, 2, 16),
    "hurt_database": (hurt_database, 2, 12),
    "end_with_grace": (end_with_grace, 1, 2),
    "wake_zombies": (wake_zombies, 1, 4),
    "mix_control": (mix_control, 6, 60),
}


def run_undisturbed(cluster: Cluster) -> Bytes:
    """What a job gives when nobody does it harm."""
    job = cluster.make_job()
    cluster.wait_for(job)
    expected = checks.contents(job)
    checks.check_completed(job, expected)
    checks.check_effort(cluster, [job])
    return expected


def _hurt_service(cluster: Cluster, expected: Bytes, hits: int, ways: dict[str, Callable[[], object]]) -> str:
    before = [worker.process.pid for worker in cluster.workers]
    jobs, done = [], Counter[str]()
    first = cluster.random.randrange(len(ways))
    for number in range(hits):
        jobs.append(cluster.make_job())
        cluster.wait(cluster.running, "a shard runs")
        time.sleep(cluster.random.uniform(0.0, 2.0))
        way = list(ways)[(number + first) % len(ways)]
        ways[way]()
        done[way] += 1
        if cluster.random.random() < 0.5:
            cluster.wait_for(*jobs)
    cluster.wait_for(*jobs)
    for job in jobs:
        checks.check_completed(job, expected)
    if [worker.process.pid for worker in cluster.workers if worker.lives] != before:
        raise Fault("A worker did not outlive its services.")
    checks.check_effort(cluster, jobs)
    # A claim may be committed while its answer is lost, and a lease run out while the service is away; but no more than
    # was in hand.
    lost, in_hand = checks.lost(jobs), hits * WORKERS * cluster.concurrency
    if len(lost) > in_hand:
        raise Fault(f"{len(lost)} leases were lost by workers that lived, where {in_hand} were in hand: {lost}.")
    how = ", ".join(f"{count} × {way}" for way, count in done.items())
    return f"{how}; {len(lost)} leases lost, {len(jobs)} jobs"


def _end_database(cluster: Cluster, how: int) -> None:
    """Have PostgreSQL end, and wait until the one that takes its place answers."""
    pid = cluster.database_pid()
    before = patiently(_database_since)
    os.kill(pid, how)
    cluster.wait(lambda: _database_since() > before, "PostgreSQL is back")


def _database_since() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_postmaster_start_time()")
        (since,) = cursor.fetchone()
    return cast("datetime", since)


def _flush(cluster: Cluster) -> None:
    import redis

    with redis.Redis(unix_socket_path=str(cluster.places.valkey_socket)) as client:
        client.flushall()


def _freeze(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(pid, signal.SIGCONT)


def _go_on(job: Job) -> bool:
    """Whether a job is completed; one that is paused goes on."""
    if _refreshed(job).status == "paused":
        control.resume(job.pk)
    return job.status == "completed"


def _refreshed(job: Job) -> Job:
    job.refresh_from_db()
    return job


def replenish(cluster: Cluster) -> None:
    """Start a worker for each that has ended."""
    cluster.workers = [worker for worker in cluster.workers if worker.lives]
    cluster.start(WORKERS - len(cluster.workers))


def _wait_for_victim(cluster: Cluster, stage: str) -> tuple[int, Worker] | None:
    """A living process that runs a shard of the stage, if one does before long."""
    until_s = time.monotonic() + 5
    while time.monotonic() < until_s:
        for shard in patiently(lambda: cluster.running(stage)):
            pid = owner_pid(shard.lease_owner)
            worker = cluster.worker_of(pid)
            if worker is not None:
                return pid, worker
        time.sleep(0.02)
    return None


def _kill(worker: Worker, victim: int, way: str) -> set[int]:
    """kill -9; returns the processes that this ends, at once or, where their main process is gone, before long."""
    pool = {child.pid for child in psutil.Process(worker.process.pid).children()} if worker.lives else set()
    if way == "process":
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return {victim}
    if way == "worker":
        worker.signal(signal.SIGKILL)
    else:
        worker.process.kill()
    worker.process.wait()
    return pool
