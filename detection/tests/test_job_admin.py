"""Looking for brands anew from the admin's page of jobs."""

from __future__ import annotations

import pytest

from mpr.jobs.models import Job, JobStatus
from tests.recorded import record_job
from tests.rows import make_job, make_timeline

pytestmark = pytest.mark.django_db


def act(client, *jobs):
    data = {"action": "look_again", "_selected_action": [str(job.pk) for job in jobs]}
    return client.post("/admin/jobs/job/", data, follow=True).content.decode()


@pytest.fixture
def staff(owner):
    owner.is_staff = True
    owner.save()
    return owner


@pytest.fixture
def job(workspace):
    return record_job(make_timeline(workspace, duration_s=20.0))


def test_an_analyst_looks_anew_and_is_led_to_the_new_job(client, staff, job):
    page = act(client, job)
    child = Job.objects.get(parent=job)
    assert child.created_by == staff
    assert f'href="/jobs/{child.pk}/"' in page


def test_what_cannot_be_done_is_one_sentence_and_the_others_are_done(client, staff, job, workspace):
    running = make_job(make_timeline(workspace, filename="other.mp4"), JobStatus.RUNNING, done=4)
    page = act(client, job, running)
    assert "of this job is not done, and match_brands rests on it" in page
    assert Job.objects.filter(parent=job).count() == 1
    assert not Job.objects.filter(parent=running).exists()


def test_a_viewer_has_no_such_action(client, staff, job):
    staff.memberships.update(role="viewer")
    assert "look_again" not in client.get("/admin/jobs/job/").content.decode()
    act(client, job)
    assert not Job.objects.filter(parent=job).exists()


def test_a_stranger_touches_nothing(stranger, stranger_client, job):
    stranger.is_staff = True
    stranger.save()
    act(stranger_client, job)
    assert not Job.objects.filter(parent=job).exists()
