from __future__ import annotations

from collections.abc import Callable

import pytest

from mpr.assets.models import Timeline
from mpr.errors import NotFound, Refused
from mpr.jobs import control, work
from mpr.jobs.create import create_job
from mpr.jobs.models import Job, JobStatus, Shard
from mpr.jobs.outputs import read_output
from profiles.models import Profile
from tests.families import arithmetic

from .conftest import PIPELINE, Broker

Run = Callable[..., Job]


@pytest.fixture
def job(db: None, timeline: Timeline, profile: Profile, broker: Broker) -> Job:
    return create_job(timeline, profile_name="sums")


def again(job: Job) -> Job:
    job.refresh_from_db()
    return job


def states(job: Job) -> dict[str, str]:
    return {run.stage_name: run.state for run in job.stage_runs.order_by("place", "attempt")}


def test_a_paused_job_starts_no_shard_and_resumes_where_it_was(job: Job, broker: Broker) -> None:
    broker.drain(at_most=3)  # planned, two shards done
    control.pause(job.pk)
    broker.drain()
    assert again(job).status == JobStatus.PAUSED
    assert job.stage_runs.get().shards_done == 2
    control.resume(job.pk)
    broker.drain()
    assert again(job).status == JobStatus.COMPLETED
    assert job.events.filter(type="shard.done").count() == 11


def test_a_step_runs_one_stage(job: Job, broker: Broker) -> None:
    control.pause(job.pk)
    seen = []
    for _ in range(3):
        control.step(job.pk)
        broker.drain()
        seen.append((again(job).status, list(states(job))))
    assert seen == [
        ("paused", ["numbers"]),
        ("paused", ["numbers", "doubled"]),
        ("completed", ["numbers", "doubled", "total"]),
    ]


def test_pause_after_a_stage_starts_nothing_new(job: Job, broker: Broker) -> None:
    control.pause_after(job.pk, "doubled")
    broker.drain()
    assert again(job).status == JobStatus.PAUSED
    assert states(job) == {"numbers": "done", "doubled": "done"}
    control.resume(job.pk)
    broker.drain()
    assert again(job).status == JobStatus.COMPLETED


def test_stopping_keeps_what_was_computed_and_runs_no_more(job: Job, broker: Broker) -> None:
    broker.drain(at_most=3)
    control.stop(job.pk)
    broker.drain()
    assert again(job).status == JobStatus.CANCELLED
    assert states(job) == {"numbers": "cancelled"}
    assert Shard.objects.filter(stage_run__job=job, state="done").count() == 2
    assert control.stop(job.pk).status == JobStatus.CANCELLED


def test_a_retry_goes_on_from_the_shard_that_failed(job: Job, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    broker.drain(at_most=3)
    whole = arithmetic.NUMBERS

    def broken(*given: object) -> arithmetic.Numbers:
        raise RuntimeError("out of luck")

    with monkeypatch.context() as patched:
        patched.setattr(work, "registry", lambda: _with(whole, broken))
        broker.drain()
    assert again(job).status == JobStatus.FAILED
    control.retry(job.pk)
    broker.drain()
    assert again(job).status == JobStatus.COMPLETED
    runs = job.stage_runs.filter(stage_name="numbers").order_by("attempt")
    assert [(run.attempt, run.state) for run in runs] == [(1, "failed"), (2, "done")]
    assert read_output(job, "total")[0].values == [2 * sum(range(20))]
    assert job.events.filter(type="shard.done", payload__stage="numbers").count() == 5


def _with(stage: arithmetic.Stage, run: Callable[..., arithmetic.Numbers]) -> object:
    import dataclasses

    from mpr.pipeline.registry import Registry, load
    from profiles.families import registry

    families = load(["mpr.assets.family.FAMILY"]).families
    assert registry().stages
    broken = dataclasses.replace(stage, run=run)
    return Registry([*families, arithmetic.Family(name="broken", stages=(broken,))])


@pytest.mark.parametrize(
    ("act", "status", "sentence"),
    [
        (control.pause, "completed", "This job is completed and cannot be paused."),
        (control.resume, "cancelled", "This job is cancelled and cannot be resumed."),
        (control.step, "running", "This job is running; pause it before taking a step."),
        (control.stop, "completed", "This job is completed; there is nothing left to stop."),
        (control.retry, "completed", "This job is completed; only a failed job can be retried."),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_makes_no_sense_is_refused(job: Job, act: Callable[..., Job], status: str, sentence: str) -> None:
    Job.objects.filter(pk=job.pk).update(status=status)
    with pytest.raises(Refused) as raised:
        act(job.pk)
    assert str(raised.value) == sentence


def test_pausing_after_what_is_not_there_is_refused(job: Job, broker: Broker, profile: Profile) -> None:
    with pytest.raises(NotFound, match="There is no stage “totl”"):
        control.pause_after(job.pk, "totl")
    broker.drain(at_most=6)
    with pytest.raises(Refused, match="numbers is done already"):
        control.pause_after(job.pk, "numbers")
    Job.objects.filter(pk=job.pk).update(plan={**job.plan, "pipeline": {**PIPELINE, "stages": ["numbers"]}})
    with pytest.raises(Refused, match="does not run doubled"):
        control.pause_after(job.pk, "doubled")
