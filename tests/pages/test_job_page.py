"""The live job page in a real browser on a real server: seen, steered by keyboard, read by assistive technology."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from mpr.events import log
from mpr.jobs.models import Job, JobStatus, Shard, StageRun, StageState
from tests.recorded import record_job
from tests.rows import STAGES, make_job, make_report, make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")


@pytest.fixture
def job(workspace):
    """Reads text since an hour; its workers are well."""
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=STAGES.index("run_ocr"))
    job.stage_runs.filter(stage_name="run_ocr").update(started_at=timezone.now() - timedelta(hours=1))
    Shard.objects.filter(stage_run__job=job).update(
        lease_owner="gpu-2:71", lease_expires_at=timezone.now() + timedelta(minutes=5)
    )
    tell(job, "job.running")
    return job


def tell(job, kind, **payload):
    with transaction.atomic():
        log.append(job.pk, kind, payload)


def open_job(page, job):
    page.goto(f"{page.server}/jobs/{job.pk}/")
    page.locator("#so-far").get_by_text("Looking for brands").wait_for(state="detached")
    page.locator("#strip").wait_for()


def live(page):
    page.locator('#line[data-line="live"]').wait_for(timeout=30_000)


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found if rule["impact"] in SERIOUS]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (360, "light")])
def test_no_state_of_the_page_scrolls_sideways_or_has_a_serious_issue(width, scheme, job_page, workspace, job):
    timeline = make_timeline(workspace, filename="other.mp4")
    states = [job]
    states.append(make_job(timeline, JobStatus.PAUSED, done=3))
    states.append(make_job(timeline, JobStatus.FAILED, done=6, error_message="run_ocr: The disk is full; free some."))
    states.append(make_job(timeline, JobStatus.PENDING, done=0))
    done = record_job(make_timeline(workspace, filename="done.mp4", duration_s=20.0))
    tell(done, "stage.reused", stage="run_ocr")
    states.append(done)
    job_page.set_viewport_size({"width": width, "height": 800})
    job_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for shown in states:
        open_job(job_page, shown)
        assert job_page.evaluate("document.documentElement.scrollWidth") <= width, shown.status
        assert serious(job_page) == [], shown.status
    job_page.keyboard.press("?")
    assert serious(job_page) == []
    job_page.goto(f"{job_page.server}/jobs/")
    assert serious(job_page) == []


def test_it_is_paused_stepped_resumed_and_stopped_by_keys(job_page, job):
    open_job(job_page, job)
    job_page.keyboard.press("p")
    job_page.locator("#said").get_by_text("Paused.").wait_for()
    job_page.locator(".job-summary .state-paused").wait_for()
    assert Job.objects.get(pk=job.pk).status == JobStatus.PAUSED
    job_page.keyboard.press("s")
    job_page.locator("#said").get_by_text("The next stage runs").wait_for()
    assert Job.objects.get(pk=job.pk).only_stage == "run_ocr"
    job_page.get_by_role("button", name="Pause P").wait_for()
    job_page.keyboard.press("p")
    job_page.get_by_role("button", name="Resume").wait_for()
    job_page.get_by_role("button", name="Resume").focus()
    job_page.keyboard.press("Enter")
    job_page.get_by_role("button", name="Pause P").wait_for()
    # The button that was pressed is another one now; the focus is where it was.
    assert job_page.evaluate("document.activeElement.id") == "act-P"
    job_page.keyboard.press("x")
    job_page.get_by_role("dialog", name="Stop this job for good?").wait_for()
    # Within a question the page's keys are silent.
    job_page.keyboard.press("p")
    job_page.keyboard.press("Escape")
    assert Job.objects.get(pk=job.pk).status == JobStatus.RUNNING
    job_page.keyboard.press("x")
    job_page.get_by_role("button", name="Stop the job").click()
    job_page.locator(".job-summary .state-cancelled").wait_for()
    assert Job.objects.get(pk=job.pk).status == JobStatus.CANCELLED
    expect(job_page.get_by_role("form", name="Steer the job")).to_have_count(0)


def test_keys_are_letters_in_a_field_and_can_be_switched_off(job_page, job):
    open_job(job_page, job)
    job_page.keyboard.press("l")
    assert job_page.evaluate("document.activeElement.id") == "log-text"
    job_page.keyboard.type("pxs")
    assert job_page.locator("#log-text").input_value() == "pxs"
    job_page.evaluate("document.activeElement.blur()")
    job_page.keyboard.press("?")
    job_page.get_by_label("Keys are on").uncheck()
    job_page.keyboard.press("Escape")
    job_page.keyboard.press("p")
    job_page.reload()
    job_page.keyboard.press("p")
    job_page.wait_for_timeout(500)
    assert Job.objects.get(pk=job.pk).status == JobStatus.RUNNING


def test_what_another_person_does_changes_the_buttons(job_page, job):
    open_job(job_page, job)
    live(job_page)
    from mpr.jobs import control

    control.pause(job.pk)
    job_page.get_by_role("button", name="Resume").wait_for(timeout=30_000)
    expect(job_page.locator("#spoken")).to_contain_text("Paused")


def test_the_log_grows_keeps_to_its_filter_and_pages_back(job_page, job):
    for number in range(80):
        tell(job, "log", stage="run_ocr", level="info", message=f"line {number}")
    open_job(job_page, job)
    live(job_page)
    lines = job_page.locator(".log-line")
    expect(lines).to_have_count(60)
    job_page.get_by_role("button", name="Older").click()
    job_page.get_by_text("The job runs.").wait_for()
    tell(job, "log", stage="run_ocr", level="info", message="what is new")
    job_page.get_by_text("what is new").wait_for(timeout=30_000)
    expect(lines.first).to_contain_text("what is new")
    job_page.get_by_label("At least").select_option("warning")
    job_page.get_by_text("Nothing in the log fits").wait_for()
    tell(job, "log", stage="run_ocr", level="info", message="passes by")
    tell(job, "log", stage="run_ocr", level="error", message="matters")
    job_page.get_by_text("matters").wait_for(timeout=30_000)
    expect(lines).to_have_count(1)
    expect(job_page.get_by_text("Nothing in the log fits")).to_have_count(0)


def test_frames_come_in_and_open_large(job_page, workspace):
    job = record_job(make_timeline(workspace, duration_s=20.0))
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, finished_at=None)
    open_job(job_page, job)
    live(job_page)
    job_page.get_by_text("Frames come as soon as").wait_for()
    tell(job, "shard.done", stage="run_ocr", shard=0)
    first = job_page.locator("#strip a").first
    first.wait_for(timeout=30_000)
    expect(job_page.get_by_text("Frames come as soon as")).to_have_count(0)
    tell(job, "shard.done", stage="run_ocr", shard=2)
    job_page.wait_for_function("() => document.querySelectorAll('#strip a').length > 3", timeout=30_000)
    picture = first.locator("img")
    job_page.wait_for_function("image => image.complete && image.naturalWidth === 416", arg=picture.element_handle())
    first.click()
    job_page.get_by_role("dialog").wait_for()
    caption = job_page.locator("#frame-caption").inner_text()
    assert caption == picture.get_attribute("alt")
    job_page.keyboard.press("ArrowLeft")
    expect(job_page.locator("#frame-caption")).not_to_have_text(caption)
    job_page.keyboard.press("Escape")
    expect(job_page.get_by_role("dialog")).to_have_count(0)


def test_a_worker_that_dies_is_told_while_the_page_is_open(job_page, job, settings):
    open_job(job_page, job)
    job_page.get_by_text("gpu-2:71").wait_for()
    expect(job_page.get_by_text("no sign of life")).to_have_count(0)
    # Its lease runs out and nobody says a word.
    Shard.objects.filter(stage_run__job=job).update(lease_expires_at=timezone.now() + timedelta(seconds=5))
    job_page.get_by_text("gpu-2:71 has given no sign of life").wait_for(timeout=30_000)
    Shard.objects.filter(stage_run__job=job).update(state="pending", lease_expires_at=None)
    tell(job, "shard.lost", stage="run_ocr", shard=9, worker="gpu-2:71")
    job_page.get_by_text("No worker is at it now.").wait_for(timeout=30_000)
    job_page.get_by_text("gpu-2:71 was lost with shard 9").wait_for(timeout=30_000)


def test_who_comes_back_hears_what_happened(job_page, job):
    open_job(job_page, job)
    expect(job_page.get_by_text("while you were away")).to_have_count(0)
    job_page.goto("about:blank")
    make_report(job)
    StageRun.objects.filter(job=job).update(state=StageState.DONE)
    tell(job, "stage.done", stage="run_ocr")
    Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED, finished_at=timezone.now())
    tell(job, "job.completed")
    # As if a day had gone by since.
    job_page.goto(f"{job_page.server}/healthz")
    place = f"mpr.seen.{job.pk}"
    seen = json.loads(job_page.evaluate("place => localStorage.getItem(place)", place))
    assert seen["seq"] == 1
    job_page.evaluate(
        "([place, seen]) => localStorage.setItem(place, JSON.stringify(seen))",
        [place, {**seen, "at": seen["at"] - 86_400_000}],
    )
    open_job(job_page, job)
    job_page.get_by_text("Completed while you were away").wait_for()
    expect(job_page.locator("#since")).to_contain_text("Done: Run OCR.")
    job_page.get_by_role("button", name="Dismiss").click()
    job_page.reload()
    job_page.locator("#strip").wait_for()
    expect(job_page.get_by_text("while you were away")).to_have_count(0)


def test_a_broken_line_is_told_and_mended(job_page, job, browser):
    open_job(job_page, job)
    live(job_page)
    browser.set_offline(True)
    job_page.evaluate("htmx.trigger(document.querySelector('[data-stream]'), 'news')")
    job_page.locator('#line[data-line="lost"]').wait_for()
    expect(job_page.locator("#line")).to_contain_text("trying again")
    browser.set_offline(False)
    live(job_page)


def test_the_focus_stays_while_the_page_changes(job_page, workspace):
    earlier = make_job(make_timeline(workspace))
    job = make_job(earlier.timeline, JobStatus.RUNNING, done=6)
    job.stage_runs.filter(stage_name="filter_scenes").update(state=StageState.REUSED, reused_from=earlier)
    open_job(job_page, job)
    job_page.locator("#from-filter_scenes").focus()
    asked = job_page.asked.count(f"/jobs/{job.pk}/progress")
    job_page.evaluate("htmx.trigger(document.querySelector('[data-stream]'), 'news')")
    # News that come close one after the other are looked at together, a moment later.
    for _ in range(100):
        if job_page.asked.count(f"/jobs/{job.pk}/progress") > asked:
            break
        job_page.wait_for_timeout(100)
    assert job_page.asked.count(f"/jobs/{job.pk}/progress") > asked
    job_page.wait_for_timeout(500)
    assert job_page.evaluate("document.activeElement.id") == "from-filter_scenes"


def test_nothing_moves_for_who_asks_for_that(job_page, job):
    job_page.emulate_media(reduced_motion="reduce")
    open_job(job_page, job)
    moving = """[...document.querySelectorAll("*")].filter(element => {
        const style = getComputedStyle(element);
        return style.animationName !== "none" || style.transitionProperty.split(",").some(
            (name, place) => name !== "none" && style.transitionDuration.split(",")[place]?.trim() !== "0s");
    }).length"""
    assert job_page.evaluate(moving) == 0
