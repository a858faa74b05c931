from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from mpr.events import log, prune
from mpr.events.models import JobEvent
from mpr.events.read import gapless_from, read_after
from mpr.jobs.models import Job
from tests.rows import make_job, make_timeline

pytestmark = pytest.mark.django_db
TYPES = ("job.created", "stage.running", "shard.done", "log", "stage.done", "job.completed")


def logged(workspace, *, days: int, status: str = "completed") -> Job:
    """A job that ended that many days ago, with its log."""
    then = timezone.now() - timedelta(days=days)
    job = make_job(make_timeline(workspace), status)
    for kind in TYPES:
        with transaction.atomic():
            log.append(job.pk, kind)
    job.events.update(at=then)
    Job.objects.filter(pk=job.pk).update(finished_at=then if job.is_finished else None)
    return job


def types(job: Job) -> list[tuple[int, str]]:
    return list(job.events.values_list("seq", "type"))


def test_old_details_go_and_what_became_of_the_job_stays(workspace, settings):
    settings.MPR_EVENTS_KEEP_DAYS = 30
    old, new = logged(workspace, days=31), logged(workspace, days=29)
    running = logged(workspace, days=31, status="running")
    assert prune.prune() == 2
    assert types(old) == [
        (1, "job.created"), (2, "stage.running"), (5, "stage.done"), (6, "job.completed"),
    ]  # fmt: skip
    assert len(types(new)) == len(types(running)) == 6
    assert prune.prune() == 0


def test_pruning_goes_a_batch_at_a_time(workspace, monkeypatch):
    monkeypatch.setattr(prune, "_AT_MOST", 1)
    logged(workspace, days=1000)
    assert [prune.prune() for _ in range(3)] == [1, 1, 0]


@pytest.mark.parametrize(("missing", "first"), [((), 1), ((3, 4), 5), ((1,), 2), ((6,), 7), ((2, 6), 7)], ids=str)
def test_where_a_log_is_whole_from(missing, first, workspace):
    job = logged(workspace, days=0)
    job.events.filter(seq__in=missing).delete()
    assert gapless_from(job.pk, 6) == first


def test_a_log_that_is_empty_is_whole(workspace):
    assert gapless_from(make_job(make_timeline(workspace)).pk, 0) == 1


def test_reading_gives_what_is_behind_a_number(workspace):
    job = logged(workspace, days=0)
    assert [entry.seq for entry in read_after(job.pk, 2, 3)] == [3, 4, 5]
    assert JobEvent.objects.get(job=job, seq=3).type == read_after(job.pk, 2, 1)[0].type
