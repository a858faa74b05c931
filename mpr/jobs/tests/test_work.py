from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from mpr.assets.models import Timeline
from mpr.errors import Interrupted
from mpr.jobs import advance, finish, work
from mpr.jobs.create import create_job
from mpr.jobs.leases import Busy, Heartbeat, Lease, claim, give_back
from mpr.jobs.models import Job, JobStatus, Shard, ShardState
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


def test_a_held_shard_is_busy_for_others(shard: Shard, settings: object) -> None:
    lease_of(shard)
    second = claim(shard.pk, owner="b")
    assert isinstance(second, Busy)
    assert 0 < second.seconds <= 60


def test_a_lease_that_ran_out_passes_on_and_the_first_holder_can_write_nothing(shard: Shard) -> None:
    first = lease_of(shard)
    Shard.objects.filter(pk=shard.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    second = lease_of(shard)
    assert second.token == first.token + 1
    assert finish.complete(first, result_key="late", counts={}) is False
    assert finish.complete(second, result_key="good", counts={"values": 1}) is True
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
