from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from celery.exceptions import Reject
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from mpr.assets.models import Timeline
from mpr.errors import BadInput, Interrupted, Unavailable
from mpr.jobs import advance, control, dispatch, finish, leases, patience, sweep, tasks, work
from mpr.jobs.create import create_job
from mpr.jobs.leases import Heartbeat, Lease, claim, give_back
from mpr.jobs.models import Job, JobStatus, Shard, ShardState, StageRun
from mpr.jobs.transitions import move_job
from profiles.models import Profile

from .conftest import Broker

Run = Callable[..., Job]


@pytest.fixture
def shard(db: None, timeline: Timeline, profile: Profile, broker: Broker) -> Shard:
    job = create_job(timeline, profile_name="sums")
    advance.advance(job.pk)
    return Shard.objects.filter(stage_run__job=job).earliest("number")


def lease_of(shard: Shard) -> Lease:
    lease = claim(shard.pk, owner="a")
    assert isinstance(lease, Lease)
    return lease


@pytest.mark.parametrize("lapsed_s", [-30, 30], ids=["held", "lapsed"])
def test_a_held_shard_is_not_taken_by_others(shard: Shard, lapsed_s: int) -> None:
    """A sweep takes back what has lapsed, and sees to it that a shard that kills its workers ends."""
    lease_of(shard)
    Shard.objects.filter(pk=shard.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=lapsed_s))
    assert claim(shard.pk, owner="b") is None


def test_a_lease_that_ran_out_passes_on_and_the_first_holder_can_write_nothing(shard: Shard) -> None:
    first = lease_of(shard)
    Shard.objects.filter(pk=shard.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    assert sweep.sweep().lapsed == 1
    second = lease_of(shard)
    assert second.token == first.token + 1
    assert finish.complete(first, result_key="late", counts={}) is False
    assert finish.complete(second, result_key="good", counts={"values": 1}) is True
    assert finish.complete(second, result_key="good", counts={"values": 1}) is True, "who did not hear it may ask again"
    shard.refresh_from_db()
    assert shard.result_key == "good"
    assert shard.stage_run.shards_done == 1


def test_a_finished_shard_is_not_run_again(shard: Shard) -> None:
    finish.complete(lease_of(shard), result_key="x", counts={})
    assert claim(shard.pk, owner="b") is None
    assert work.run_shard(shard.pk) is None


def test_a_shard_that_is_gone_is_no_error(shard: Shard) -> None:
    assert work.run_shard(10**9) is None


def test_a_shard_given_back_waits_without_a_counted_try(shard: Shard) -> None:
    give_back(lease_of(shard))
    shard.refresh_from_db()
    assert (shard.state, shard.attempts) == (ShardState.PENDING, 0)


def test_a_shard_is_given_back_although_the_broker_is_away(shard: Shard, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: object, **given: object) -> None:
        raise Unavailable("away")

    lease = lease_of(shard)
    monkeypatch.setattr(dispatch, "send", away)
    assert give_back(lease) is True
    shard.refresh_from_db()
    assert shard.state == ShardState.PENDING


def test_a_worker_that_is_to_stop_gives_back_a_shard_whose_stage_is_deaf(
    transactional_db: None, shard: Shard, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = threading.Event()
    monkeypatch.setattr(leases, "STOPPING", stopping)
    lease = lease_of(shard)
    broker.messages.clear()
    with Heartbeat(lease) as heartbeat:
        stopping.set()
        heartbeat._stop.wait(1.5)
        shard.refresh_from_db()
        assert shard.state == ShardState.PENDING
    assert [message[:2] for message in broker.messages] == [("mpr.jobs.tasks.run_shard", shard.pk)]
    assert finish.complete(lease, result_key="late", counts={}) is False


def test_a_worker_that_is_to_stop_takes_no_shard(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    stopping.set()
    monkeypatch.setattr(tasks, "STOPPING", stopping)
    with pytest.raises(Reject):
        tasks.run_shard.run(1)


def test_the_heartbeat_goes_on_after_its_connection_was_dropped(
    transactional_db: None, shard: Shard, settings: object
) -> None:
    settings.MPR_LEASE_S = 6
    lease = lease_of(shard)
    with Heartbeat(lease) as heartbeat:
        heartbeat._stop.wait(1.5)
        before = Shard.objects.get(pk=shard.pk).lease_expires_at
        _drop_other_connections()
        heartbeat._stop.wait(2.5)
        assert Shard.objects.get(pk=shard.pk).lease_expires_at > before + timedelta(seconds=1)


def test_a_result_is_handed_in_although_the_connection_was_dropped(
    transactional_db: None, shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = work._compute

    def compute_and_lose_the_connection(lease: Lease, heartbeat: Heartbeat) -> tuple[str, dict[str, int]]:
        given = computed(lease, heartbeat)
        with suppress(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return given

    monkeypatch.setattr(work, "_compute", compute_and_lose_the_connection)
    work.run_shard(shard.pk)
    shard.refresh_from_db()
    assert (shard.state, shard.lease_token) == (ShardState.DONE, 1)
    assert Job.objects.get().events.filter(type="shard.done").count() == 1


def test_a_claim_stands_although_the_connection_was_dropped_after_it(
    transactional_db: None, shard: Shard, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark_running, calls = leases._mark_running, []

    def drop_first(run: StageRun) -> None:
        calls.append(1)
        if len(calls) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        mark_running(run)

    monkeypatch.setattr(leases, "_mark_running", drop_first)
    work.run_shard(shard.pk)
    shard.refresh_from_db()
    assert (shard.state, shard.lease_token, len(calls)) == (ShardState.DONE, 1, 2)


def test_patience_ends(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_S", 0.3)
    calls = []

    def act() -> None:
        calls.append(1)
        raise OperationalError("gone")

    with pytest.raises(OperationalError):
        patience.patiently(act)
    assert len(calls) > 1


def test_patience_leaves_an_open_transaction_to_its_owner(transactional_db: None) -> None:
    calls = []

    def act() -> None:
        calls.append(1)
        raise OperationalError("gone")

    with pytest.raises(OperationalError), transaction.atomic():
        patience.patiently(act)
    assert len(calls) == 1


def test_a_shard_that_fails_after_the_pause_fails_the_job(shard: Shard) -> None:
    """It would otherwise never end: a failed stage is neither settled nor started again."""
    lease = lease_of(shard)
    control.pause(lease.job_id)
    finish.fail(lease, BadInput("The numbers are wrong; give others."))
    job = Job.objects.get(pk=lease.job_id)
    assert (job.status, job.error_message) == (JobStatus.FAILED, "numbers: The numbers are wrong; give others.")


def test_a_shard_that_outlived_a_failed_attempt_does_not_fail_the_retry(shard: Shard) -> None:
    lease = lease_of(shard)
    late = claim(Shard.objects.exclude(pk=shard.pk).earliest("number").pk, owner="b")
    assert isinstance(late, Lease)
    finish.fail(lease, BadInput("The numbers are wrong; give others."))
    control.retry(lease.job_id)
    finish.fail(late, BadInput("These are wrong too."))
    assert Job.objects.get(pk=lease.job_id).status == JobStatus.RUNNING


def test_the_heartbeat_renews_and_notices_that_the_job_stopped(transactional_db: None, shard: Shard) -> None:
    lease = lease_of(shard)
    with Heartbeat(lease) as heartbeat:
        heartbeat.progress(1, 2)
        job = Job.objects.get(pk=lease.job_id)
        with transaction.atomic():
            move_job(job, JobStatus.CANCELLED)
        heartbeat._stop.wait(1.5)
        with pytest.raises(Interrupted):
            heartbeat.progress(2, 2)
    shard.refresh_from_db()
    assert shard.progress == 0.5


def _drop_other_connections() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_permanent_error_fails_the_job_with_its_sentence(run_job: Run) -> None:
    job = run_job(overrides={"numbers": {"fails": "bad"}})
    assert job.status == JobStatus.FAILED
    assert job.error_message == "numbers: The numbers are wrong; give others."
    assert job.stage_runs.get(stage_name="numbers").state == "failed"


def test_an_unexpected_error_fails_the_job_and_names_itself(run_job: Run) -> None:
    job = run_job(overrides={"numbers": {"fails": "crash"}})
    assert job.status == JobStatus.FAILED
    assert "ZeroDivisionError" in job.error_message


def test_a_transient_error_is_tried_again_and_then_fails(run_job: Run, settings: object) -> None:
    settings.MPR_SHARD_ATTEMPTS = 3
    job = run_job(overrides={"numbers": {"fails": "transient"}})
    assert job.status == JobStatus.FAILED
    retries = job.events.filter(type="shard.retry")
    assert {event.payload["attempt"] for event in retries} == {1, 2}
    assert "away for a moment" in job.error_message


def test_waits_grow_and_have_jitter() -> None:
    waits = {attempts: [finish._backoff_s(attempts) for _ in range(200)] for attempts in (1, 4, 20)}
    assert max(waits[1]) <= 4
    assert max(waits[4]) <= 32
    assert max(waits[20]) <= 120
    assert len(set(waits[4])) > 100
