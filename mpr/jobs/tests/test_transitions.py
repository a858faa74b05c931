from __future__ import annotations

import uuid

import pytest
from django.db import transaction

from mpr.errors import Refused
from mpr.events.models import JobEvent
from mpr.jobs.models import Job, JobStatus, StageRun, StageState
from mpr.jobs.transitions import _LEGAL_JOB, _LEGAL_STAGE, move_job, move_stage

ILLEGAL_JOB = [(old, new) for old in JobStatus for new in JobStatus if new not in _LEGAL_JOB[old]]
ILLEGAL_STAGE = [(old, new) for old in StageState for new in StageState if new not in _LEGAL_STAGE[old]]


@pytest.mark.parametrize(("old", "new"), ILLEGAL_JOB, ids=[f"{old} to {new}" for old, new in ILLEGAL_JOB])
def test_an_illegal_change_of_a_job_is_refused_with_what_is_possible(old: JobStatus, new: JobStatus) -> None:
    with pytest.raises(Refused) as raised:
        move_job(Job(pk=uuid.uuid4(), status=old), new)
    assert f"This job is {old} and cannot become {new}; possible from here:" in str(raised.value)


@pytest.mark.parametrize(("old", "new"), ILLEGAL_STAGE, ids=[f"{old} to {new}" for old, new in ILLEGAL_STAGE])
def test_an_illegal_change_of_a_stage_run_is_refused(old: StageState, new: StageState) -> None:
    with pytest.raises(Refused, match=f"This stage run is {old} and cannot become {new}"):
        move_stage(StageRun(state=old), new)


def test_a_legal_change_stamps_the_time_and_logs(db: None, job: Job) -> None:
    with transaction.atomic():
        move_job(job, JobStatus.RUNNING)
        move_job(job, JobStatus.FAILED, reason="It broke; mend it.")
    job.refresh_from_db()
    assert job.started_at is not None
    assert job.finished_at is not None
    assert job.error_message == "It broke; mend it."
    events = JobEvent.objects.filter(job=job).order_by("seq").values_list("type", "payload")
    assert list(events) == [("job.running", {}), ("job.failed", {"reason": "It broke; mend it."})]


@pytest.fixture
def job(timeline: object) -> Job:
    return Job.objects.create(timeline=timeline, profile_name="sums", plan={})
