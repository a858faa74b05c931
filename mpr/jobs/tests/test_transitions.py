from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from mpr.errors import Refused
from mpr.jobs.models import Job, JobStatus
from mpr.jobs.transitions import _LEGAL_JOB, move_job

ILLEGAL = [(old, new) for old in JobStatus for new in JobStatus if new not in _LEGAL_JOB[old]]


@pytest.mark.parametrize(("old", "new"), ILLEGAL, ids=[f"{old} to {new}" for old, new in ILLEGAL])
def test_an_illegal_change_is_refused_with_what_is_possible(
    run_job: Callable[..., Job], old: JobStatus, new: JobStatus
) -> None:
    job = run_job()
    job.status = old
    with pytest.raises(Refused) as raised, transaction.atomic():
        move_job(job, new)
    assert f"This job is {old} and cannot become {new}" in str(raised.value)


def test_ending_stamps_the_time_and_logs(run_job: Callable[..., Job]) -> None:
    job = run_job()
    assert job.finished_at >= job.started_at
    assert job.events.order_by("-seq").first().type == "job.completed"
