"""The job page's parts: who sees them, what may be done, and what is answered."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from mpr.events import log
from mpr.jobs import steering
from mpr.jobs.models import Job, JobStatus, Shard
from mpr.jobs.since import what_happened
from tests.rows import STAGES, make_job, make_timeline

pytestmark = pytest.mark.django_db

PARTS = ("", "progress", "controls", "frames", "brands", "log", "since")


@pytest.fixture
def running(workspace):
    return make_job(make_timeline(workspace), JobStatus.RUNNING, done=4)


@pytest.fixture
def as_role(workspace, django_user_model):
    def client(role):
        user = django_user_model.objects.create_user(role, password="correct horse")
        workspace.memberships.create(user=user, role=role)
        made = Client(headers={"HX-Request": "true"})
        made.force_login(user)
        return made

    return client


def steer(client, job, action, **given):
    return client.post(f"/jobs/{job.pk}/control", {"action": action, **given}, headers={"HX-Request": "true"})


def tell(job, kind, **payload):
    with transaction.atomic():
        log.append(job.pk, kind, payload)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_for_members_only(part, running, client, stranger_client, anonymous_client, as_role):
    address = f"/jobs/{running.pk}/{part}"
    assert client.get(address).status_code == 200
    assert as_role("viewer").get(address).status_code == 200
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (JobStatus.PENDING, {"pause", "pause_after", "stop"}),
        (JobStatus.RUNNING, {"pause", "pause_after", "stop"}),
        (JobStatus.PAUSED, {"resume", "step", "pause_after", "stop"}),
        (JobStatus.FAILED, {"retry"}),
        (JobStatus.COMPLETED, set()),
        (JobStatus.CANCELLED, set()),
    ],
)
def test_only_what_the_state_allows_is_offered(status, expected, workspace, client):
    job = make_job(make_timeline(workspace), status, done=4)
    assert set(steering.allowed(job)) == expected
    page = client.get(f"/jobs/{job.pk}/controls").content.decode()
    for action in steering.ACTIONS:
        offered = 'data-opens="stop-dialog"' if action.name == "stop" else f'value="{action.name}"'
        assert (offered in page) == (action.name in expected), action.name


def test_a_cleared_job_cannot_be_retried(workspace):
    job = make_job(make_timeline(workspace), JobStatus.FAILED, done=4, cleared_at=timezone.now())
    assert steering.allowed(job) == {}


def test_a_viewer_sees_why_there_are_no_buttons_and_cannot_steer(running, as_role):
    viewer = as_role("viewer")
    page = viewer.get(f"/jobs/{running.pk}/").content.decode()
    assert "takes the role analyst" in page
    assert 'name="action" value="pause"' not in page
    answer = steer(viewer, running, "pause")
    assert answer.status_code == 403
    assert "This takes the role analyst" in answer.content.decode()
    running.refresh_from_db()
    assert running.status == JobStatus.RUNNING


def test_an_analyst_pauses_resumes_and_stops(running, as_role):
    analyst = as_role("analyst")
    for action, status in (("pause", JobStatus.PAUSED), ("resume", JobStatus.RUNNING), ("stop", JobStatus.CANCELLED)):
        answer = steer(analyst, running, action)
        running.refresh_from_db()
        assert (answer.status_code, running.status) == (200, status)
        assert answer["HX-Trigger"] == "job-changed"
        assert "message-success" in answer.content.decode()


def test_what_no_longer_fits_is_refused_with_a_sentence(running, client):
    Job.objects.filter(pk=running.pk).update(status=JobStatus.COMPLETED)
    answer = steer(client, running, "pause")
    assert answer.status_code == 409
    assert answer["X-Part"] == "controls"
    assert "This job is completed and cannot be paused." in answer.content.decode()
    assert steer(client, running, "explode").status_code == 400


def test_pausing_after_a_stage_says_which(running, client):
    answer = steer(client, running, "pause_after", stage="run_ocr")
    assert "The job will pause after Run OCR." in answer.content.decode()
    assert "pauses after Run OCR" in client.get(f"/jobs/{running.pk}/progress").content.decode()
    assert steer(client, running, "pause_after", stage="filter_scenes").status_code == 409


def test_a_broker_that_is_away_is_told_and_what_was_asked_is_kept(running, client, settings):
    steer(client, running, "pause")
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = steer(client, running, "resume")
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "The message broker does not answer" in page
    assert "message-warning" in page
    running.refresh_from_db()
    assert running.status == JobStatus.RUNNING


def test_without_a_script_a_button_leads_back_to_the_page(running, client):
    answer = client.post(f"/jobs/{running.pk}/control", {"action": "pause"}, follow=True)
    assert answer.redirect_chain == [(f"/jobs/{running.pk}/", 302)]
    assert "Paused. What is being worked on" in answer.content.decode()


def test_steering_needs_a_csrf_token_a_post_and_a_member(running, owner, stranger_client, client):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner)
    assert steer(strict, running, "pause").status_code == 403
    assert client.get(f"/jobs/{running.pk}/control").status_code == 405
    assert steer(stranger_client, running, "pause").status_code == 404
    running.refresh_from_db()
    assert running.status == JobStatus.RUNNING


def test_the_workers_are_named_and_one_without_a_sign_of_life_is_told(running, client, settings):
    shard = Shard.objects.filter(stage_run__job=running)
    shard.update(lease_owner="gpu-2:71", lease_expires_at=timezone.now() + timedelta(seconds=settings.MPR_LEASE_S))
    page = client.get(f"/jobs/{running.pk}/progress").content.decode()
    assert "gpu-2:71" in page
    assert "no sign of life" not in page
    shard.update(lease_expires_at=timezone.now() + timedelta(seconds=settings.MPR_LEASE_S / 4))
    page = client.get(f"/jobs/{running.pk}/progress").content.decode()
    assert re.search(r"gpu-2:71 has given no sign of life for 4[56] s", page)
    assert "another worker takes shard 9 of Detect objects" in page


def test_work_that_nobody_does_is_told(running, client):
    Shard.objects.filter(stage_run__job=running).update(state="pending")
    assert "No worker is at it now." in client.get(f"/jobs/{running.pk}/progress").content.decode()


def test_retries_and_resumptions_are_counted(running, client):
    Shard.objects.filter(stage_run__job=running).update(attempts=3)
    for kind in ("job.running", "job.paused", "job.running"):
        tell(running, kind)
    page = client.get(f"/jobs/{running.pk}/progress").content.decode()
    assert "retried 2" in page
    assert "resumed 1" in page


def test_the_log_is_filtered_grows_and_says_when_nothing_fits(running, client):
    tell(running, "stage.running", stage="run_ocr")
    tell(running, "shard.done", stage="run_ocr", shard=0, done=1, of=2)
    address = f"/jobs/{running.pk}/log"
    assert client.get(address).content.decode().count('class="log-line') == 1
    assert client.get(address, {"level": "detail"}).content.decode().count('class="log-line') == 2
    grown = client.get(address, {"level": "detail", "after": 1})
    assert 'data-seq="2"' in grown.content.decode()
    assert "log-older" not in grown.content.decode()
    assert "Nothing in the log fits" in client.get(address, {"text": "moon"}).content.decode()
    assert client.get(address, {"after": "-1"}).status_code == 409
    assert client.get(address, {"level": "loud", "text": "\x00"}).status_code == 200


def test_more_news_than_a_page_replaces_the_log(running, client):
    for _ in range(70):
        tell(running, "log", stage="run_ocr", level="info", message="so")
    answer = client.get(f"/jobs/{running.pk}/log", {"after": 0})
    assert answer["HX-Reswap"] == "innerHTML"
    assert answer.content.decode().count('class="log-line') == 60


def test_what_happened_meanwhile_is_told_once(workspace, client):
    job = make_job(make_timeline(workspace))
    tell(job, "job.running")
    tell(job, "stage.done", stage="run_ocr")
    tell(job, "shard.lost", stage="match_brands", shard=0, worker="w")
    tell(job, "stage.skipped", stage="escalate_vlm")
    tell(job, "job.completed")
    page = client.get(f"/jobs/{job.pk}/since", {"after": 1}).content.decode()
    assert "Completed while you were away" in page
    assert "Done: Run OCR." in page
    assert "1 shard lost with a worker and taken by another." in page
    assert what_happened(job, job.events.latest("seq").seq) is None
    assert "while you were away" not in client.get(f"/jobs/{job.pk}/since", {"after": 5}).content.decode()


def test_a_job_that_still_runs_says_how_far_it_came(running):
    tell(running, "stage.done", stage="run_ocr")
    news = what_happened(running, 0)
    assert (news.title, news.lines) == ("Since you looked last", ("Done: Run OCR.",))
    tell(running, "log", stage="run_ocr", level="info", message="so")
    assert what_happened(running, 1) is None


def test_the_diagram_shows_every_stage_with_its_state(running, client):
    page = client.get(f"/jobs/{running.pk}/progress").content.decode()
    assert page.count('class="node ') == len(STAGES)
    assert page.count('class="node node-done"') == 4
    assert page.count('class="ring"') == 1


def test_the_page_asks_the_database_a_bounded_number_of_times(running, client, django_assert_max_num_queries):
    for _ in range(40):
        tell(running, "log", stage="run_ocr", level="info", message="so")
    with django_assert_max_num_queries(40):
        client.get(f"/jobs/{running.pk}/")
