from __future__ import annotations

import os
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from mpr import messages
from mpr.api.models import KeptAnswer
from mpr.assets.models import MediaAsset, Timeline
from mpr.errors import BadInput, Unavailable
from mpr.jobs import control, dispatch, finish, sweep
from mpr.jobs.advance import advance
from mpr.jobs.create import create_job
from mpr.jobs.leases import claim
from mpr.jobs.models import Job, JobStatus, Priority, Shard
from mpr.pipeline.stage import Resource
from profiles.models import Profile

from .conftest import Broker


@pytest.fixture
def job(
    db: None,
    timeline: Timeline,
    profile: Profile,
    broker: Broker,
    monkeypatch: pytest.MonkeyPatch,
) -> Job:
    """A job whose first stage is planned, with all its messages in the broker."""
    monkeypatch.setattr(messages, "waiting", lambda queue: sum(message[2] == queue for message in broker.messages))
    # Its footage has its picture: nothing besides the job is to be sent for.
    MediaAsset.objects.update(poster_path="posters/there.jpg")
    job = create_job(timeline, profile_name="sums")
    broker.messages.clear()
    advance(job.pk)
    job.refresh_from_db()
    return job


def age(job: Job, *, seconds: float) -> None:
    then = timezone.now() - timedelta(seconds=seconds)
    Shard.objects.filter(stage_run__job=job).update(due_at=then)
    Job.objects.filter(pk=job.pk).update(created_at=then)


def test_nothing_is_sent_again_while_messages_wait(job: Job, broker: Broker) -> None:
    age(job, seconds=60)
    assert sweep.sweep() == sweep.Swept(lapsed=0, shards_sent=0, jobs_sent=0)


def test_messages_that_the_broker_lost_are_sent_again_once(job: Job, broker: Broker) -> None:
    age(job, seconds=60)
    broker.messages.clear()
    assert sweep.sweep() == sweep.Swept(lapsed=0, shards_sent=5, jobs_sent=0)
    broker.messages.clear()
    assert sweep.sweep() == sweep.Swept(lapsed=0, shards_sent=0, jobs_sent=0)


def test_fresh_shards_are_given_time(job: Job, broker: Broker) -> None:
    broker.messages.clear()
    assert sweep.sweep() == sweep.Swept(lapsed=0, shards_sent=0, jobs_sent=0)


def test_a_lost_advance_is_sent_again(timeline: Timeline, profile: Profile, broker: Broker, job: Job) -> None:
    other = create_job(timeline, profile_name="sums")
    broker.messages.clear()
    age(other, seconds=60)
    swept = sweep.sweep()
    assert swept is not None
    assert swept.jobs_sent == 1
    assert ("mpr.jobs.tasks.advance_job", str(other.pk), "control", 0.0) in broker.messages


def test_a_dead_workers_shard_is_taken_over_and_the_job_ends(job: Job, broker: Broker) -> None:
    shard = Shard.objects.filter(stage_run__job=job).earliest("number")
    claim(shard.pk, owner="dead:1")
    waiting = len(broker.messages)
    Shard.objects.filter(pk=shard.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    swept = sweep.sweep()
    assert swept == sweep.Swept(lapsed=1, shards_sent=0, jobs_sent=0)
    assert len(broker.messages) == waiting + 1, "it does not wait until the queue is empty"
    assert job.events.get(type="shard.lost").payload["worker"] == "dead:1"
    broker.drain()
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    shard.refresh_from_db()
    assert shard.lease_token == 2


def test_a_shard_that_kills_every_worker_fails_its_job(job: Job, settings: object) -> None:
    settings.MPR_SHARD_ATTEMPTS = 1
    shard = Shard.objects.filter(stage_run__job=job).earliest("number")
    claim(shard.pk, owner="dead:1")
    Shard.objects.filter(pk=shard.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    sweep.sweep()
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert "Its worker died 1 times while it ran" in job.error_message


def test_nothing_is_sent_for_a_failed_attempt(job: Job, broker: Broker) -> None:
    """Its open shards stay as they are; the retry has shards of its own."""
    lease = claim(Shard.objects.filter(stage_run__job=job).earliest("number").pk, owner="a")
    finish.fail(lease, BadInput("The numbers are wrong; give others."))
    control.retry(job.pk)
    broker.messages.clear()
    age(job, seconds=60)
    assert sweep.sweep() == sweep.Swept(lapsed=0, shards_sent=5, jobs_sent=0)
    sent = {message[1] for message in broker.messages}
    assert sent == set(Shard.objects.filter(stage_run__attempt=2).values_list("pk", flat=True))


def test_messages_end_with_the_first_that_the_broker_does_not_take(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def away(task: str, argument: object, **given: object) -> None:
        asked.append(argument)
        raise Unavailable("away")

    monkeypatch.setattr(dispatch, "send", away)
    with pytest.raises(Unavailable):
        dispatch.shards([1, 2, 3], Resource.CPU, priority=6)
    assert asked == [1]


def test_what_killed_writers_left_is_removed_after_an_hour(job: Job) -> None:
    workplace = settings.HOME_DIR / "media_out" / ".partial"
    workplace.mkdir(exist_ok=True)
    (old, young) = (workplace / ".partial-old", workplace / ".partial-young")
    for path, age_s in ((old, 3700), (young, 3500)):
        path.write_bytes(b"half a pi")
        os.utime(path, (time.time() - age_s,) * 2)
    assert sweep.sweep() == sweep.Swept(lapsed=0, shards_sent=0, jobs_sent=0, leftovers=1)
    assert (old.exists(), young.exists()) == (False, True)


def test_one_sweeps_at_a_time_and_who_freezes_is_not_waited_for(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1_000_000.0
    monkeypatch.setattr(sweep, "time", SimpleNamespace(time=lambda: now_s))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [sweep._LOCK, int(now_s // settings.MPR_SWEEP_S)])
        assert sweep.sweep() is None
        now_s += settings.MPR_SWEEP_S
        assert sweep.sweep() is not None
    finally:
        other.close()


def test_a_job_past_its_deadline_fails_and_can_be_retried(job: Job, broker: Broker) -> None:
    broker.drain(at_most=2)
    then = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=job.pk).update(deadline=then)
    swept = sweep.sweep()
    assert swept is not None
    assert swept.overdue == 1
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert job.error_message == (
        f"It was not done by its deadline, {then:%Y-%m-%d %H:%M} UTC; retry it to go on without one, or add workers."
    )
    assert job.stage_runs.get().state == "failed"
    control.retry(job.pk)
    broker.drain()
    job.refresh_from_db()
    assert (job.status, job.deadline) == (JobStatus.COMPLETED, None)
    assert job.events.filter(type="shard.done", payload__stage="numbers").count() == 5


@pytest.mark.parametrize("status", ["paused", "completed", "failed", "cancelled"])
def test_a_deadline_is_for_jobs_that_run(job: Job, status: str) -> None:
    Job.objects.filter(pk=job.pk).update(deadline=timezone.now() - timedelta(days=1), status=status)
    swept = sweep.sweep()
    assert swept is not None
    assert swept.overdue == 0


def test_messages_sent_again_keep_their_priority(job: Job, broker: Broker) -> None:
    Job.objects.filter(pk=job.pk).update(priority=Priority.INTERACTIVE)
    broker.messages.clear()
    age(job, seconds=60)
    sweep.sweep()
    assert {message.priority for message in broker.messages} == {Priority.INTERACTIVE}


def test_what_is_old_is_forgotten(job: Job, broker: Broker, django_user_model: type[User]) -> None:
    long_ago = timezone.now() - timedelta(days=365)
    KeptAnswer.objects.create(user=django_user_model.objects.create_user("a"), key="k", request_digest="d")
    KeptAnswer.objects.update(created_at=long_ago)
    job.events.filter(type="job.created").update(type="log")
    job.events.update(at=long_ago)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED, finished_at=long_ago)
    swept = sweep.sweep()
    assert swept is not None
    assert swept.forgotten == 2
    assert not KeptAnswer.objects.exists()
    assert not job.events.filter(type="log").exists()
    assert job.events.exists()
