"""The job page in a real browser, on a real server: it follows its job by the event stream alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from mpr.events import log
from mpr.jobs.models import Job, JobStatus, Shard, StageRun, StageState
from tests.rows import STAGES, make_job, make_report, make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(job_page):
    return job_page


@pytest.fixture
def job(workspace):
    """At its last stage, and for so long that a second more or less does not change its percent."""
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=STAGES.index("compile_report"))
    job.stage_runs.filter(stage_name="compile_report").update(started_at=timezone.now() - timedelta(hours=1))
    return job


def tell(job, kind, **payload):
    with transaction.atomic():
        log.append(job.pk, kind, payload)


def finish(job):
    make_report(job)
    StageRun.objects.filter(job=job, stage_name="compile_report").update(state=StageState.DONE, shards_done=24)
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED, finished_at=timezone.now())
        log.append(job.pk, "job.completed", {})


def refreshes(page, job) -> int:
    return page.asked.count(f"/jobs/{job.pk}/progress")


def test_the_page_follows_its_job_and_then_rests(page, asgi_server, job):
    page.goto(f"{asgi_server}/jobs/{job.pk}/")
    page.get_by_text("9 of 24 shards").wait_for()
    page.wait_for_timeout(1500)
    quiet = refreshes(page, job)
    page.wait_for_timeout(2500)
    assert refreshes(page, job) == quiet
    run = job.stage_runs.get(stage_name="compile_report")
    StageRun.objects.filter(pk=run.pk).update(shards_done=10)
    tell(job, "shard.done", stage="compile_report")
    page.get_by_text("10 of 24 shards").wait_for(timeout=30_000)
    finish(job)
    page.get_by_role("link", name="Open the report").wait_for(timeout=30_000)
    expect(page.locator("[data-stream]")).to_have_count(0)
    streams = sum(address.startswith("/api/detect/stream/") for address in page.asked)
    page.wait_for_timeout(2500)
    assert sum(address.startswith("/api/detect/stream/") for address in page.asked) == streams == 1


def test_progress_within_a_shard_moves_the_bar(page, asgi_server, job):
    page.goto(f"{asgi_server}/jobs/{job.pk}/")
    before = page.locator("#progress .job-summary strong").inner_text()
    Shard.objects.filter(stage_run__job=job).update(progress=1.0)
    StageRun.objects.filter(job=job, stage_name="compile_report").update(shards_total=10)
    page.wait_for_function(
        "before => document.querySelector('#progress .job-summary strong').innerText !== before",
        arg=before,
        timeout=30_000,
    )
    after = page.locator("#progress .job-summary strong").inner_text()
    assert float(after.rstrip(" %")) > float(before.rstrip(" %"))


def test_a_page_that_lost_the_server_says_so_and_comes_back(page, asgi_server, job, browser):
    page.goto(f"{asgi_server}/jobs/{job.pk}/")
    page.wait_for_timeout(1000)
    browser.set_offline(True)
    # Being offline does not end a connection that stands; asking does.
    page.evaluate("htmx.trigger(document.querySelector('[data-stream]'), 'news')")
    page.locator("#offline").wait_for(state="visible")
    browser.set_offline(False)
    page.locator("#offline").wait_for(state="hidden", timeout=30_000)
    streams = sum(address.startswith("/api/detect/stream/") for address in page.asked)
    finish(job)
    page.get_by_role("link", name="Open the report").wait_for(timeout=30_000)
    # Who came back heard of the end by a stream, and has none any more.
    assert streams >= 1
    expect(page.locator("[data-stream]")).to_have_count(0)
    assert page.locator("#offline").is_hidden()


def test_a_job_that_goes_on_after_its_end_is_followed_anew(page, asgi_server, job):
    Job.objects.filter(pk=job.pk).update(status=JobStatus.FAILED, error_message="The disk is full.")
    tell(job, "job.failed")
    page.goto(f"{asgi_server}/jobs/{job.pk}/")
    expect(page.locator("[data-stream]")).to_have_count(0)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING)
    tell(job, "job.running")
    page.reload()
    finish(job)
    page.get_by_role("link", name="Open the report").wait_for(timeout=30_000)
