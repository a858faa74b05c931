from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from django.utils import timezone

from mpr import messages
from mpr.assets.models import Timeline
from mpr.errors import BadConfig, BadInput, NotFound, Unavailable
from mpr.jobs.create import create_job
from mpr.jobs.models import Job, JobStatus
from profiles.models import Profile

from .conftest import Broker


def test_a_job_keeps_the_plan_it_was_made_with(
    timeline: Timeline, profile: Profile, broker: Broker, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = create_job(timeline, profile_name="sums", overrides={"total": {"add": 5}})
    assert job.plan["configs"]["total"] == {"add": 5.0}
    assert job.plan["configs"]["doubled"]["factor"] == 2.0
    assert [(task, queue) for task, _, queue, _ in broker.messages] == [("mpr.jobs.tasks.advance_job", "control")]


@pytest.mark.parametrize(
    ("profile_name", "overrides", "error", "sentence"),
    [
        ("sum", {}, NotFound, "There is no profile “sum”. Did you mean “sums”?"),
        ("sums", {"total": {"ad": 1}}, BadConfig, "total has no setting “ad”. Did you mean “add”?"),
        ("sums", {"totl": {"add": 1}}, BadConfig, "The override configures “totl”, which is no stage"),
        ("sums", {"doubled": {"factor": -1}}, BadConfig, "doubled: “factor” is not right"),
        ("sums", {"doubled": 3}, BadConfig, "must give the settings of doubled as an object"),
    ],
    ids=["unknown profile", "unknown key", "unknown stage", "out of range", "no object"],
)
def test_a_bad_request_is_refused_before_anything_is_written(
    timeline: Timeline, profile: Profile, profile_name: str, overrides: Any, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as raised:
        create_job(timeline, profile_name=profile_name, overrides=overrides)
    assert sentence in str(raised.value)
    assert not Job.objects.exists()


def test_a_deadline_that_has_passed_is_refused(timeline: Timeline, profile: Profile) -> None:
    with pytest.raises(BadInput, match="The deadline has passed; give a later one, or none"):
        create_job(timeline, profile_name="sums", deadline=timezone.now())


def test_a_dead_broker_is_named_and_the_job_is_kept(
    transactional_db: None, timeline: Timeline, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = Celery(broker="redis://127.0.0.1:1/0", set_as_current=False)
    nowhere.conf.update(task_publish_retry=False, broker_transport_options={"socket_connect_timeout": 1})
    monkeypatch.setattr(messages, "current_app", nowhere)
    with pytest.raises(Unavailable, match="The message broker does not answer; check REDIS_URL"):
        create_job(timeline, profile_name="sums")
    assert Job.objects.get().status == JobStatus.PENDING
