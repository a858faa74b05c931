from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from mpr.assets.models import MediaAsset, Timeline
from mpr.events import log
from mpr.events.models import JobEvent
from mpr.jobs.models import Job
from mpr.workspaces.models import Workspace


@pytest.fixture
def job(transactional_db: None) -> Job:
    asset = MediaAsset.objects.create(workspace=Workspace.objects.default(), filename="a.mp4")
    timeline = Timeline.objects.create(source_asset=asset, chunk_paths=["a"], profile_name="p", fps=25)
    return Job.objects.create(timeline=timeline, profile_name="p", plan={})


def test_an_event_outside_a_transaction_is_refused(job: Job) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        log.append(job.pk, "x")


def test_an_event_is_gone_with_the_change_that_failed(job: Job) -> None:
    def change() -> None:
        with transaction.atomic():
            log.append(job.pk, "x")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    with transaction.atomic():
        assert log.append(job.pk, "y").seq == 1


def test_many_writers_leave_no_gap_and_no_double(job: Job) -> None:
    def write() -> None:
        try:
            for _ in range(20):
                with transaction.atomic():
                    log.append(job.pk, "x")
        finally:
            connection.close()

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert list(JobEvent.objects.filter(job=job).order_by("seq").values_list("seq", flat=True)) == list(range(1, 121))
