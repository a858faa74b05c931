"""The pages in a real browser: they hold together at desk and at phone width, and they live."""

from __future__ import annotations

import pytest

from mpr.jobs.models import JobStatus, StageRun, StageState
from profiles.families import registry
from tests.rows import make_failed_asset, make_job, make_report, make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG_NAME = "league_match_day_12_first_half_international_feed_clean_without_graphics.mov"


@pytest.fixture(autouse=True)
def _arithmetic(settings):
    settings.MPR_FAMILIES = ("mpr.assets.family.FAMILY", "tests.families.arithmetic.FAMILY")
    registry.cache_clear()
    yield
    registry.cache_clear()


@pytest.fixture
def page(browser, live_server, owner):
    """A page signed in as `owner`; every request that leaves the server and every script error fails the test."""
    page = browser.new_page()
    trouble = []
    page.on("request", lambda request: request.url.startswith(live_server.url) or trouble.append(request.url))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(live_server.url + "/sign-in")
    page.get_by_label("Username").fill("owner")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(live_server.url + "/")
    yield page
    assert trouble == []


@pytest.mark.parametrize("width", [1440, 390, 360])
def test_no_page_scrolls_sideways_and_each_has_its_landmarks(width, page, live_server, workspace):
    done = make_job(make_timeline(workspace))
    make_report(done)
    long = make_timeline(workspace, filename=LONG_NAME, duration_s=5423)
    failed = make_job(long, JobStatus.FAILED, done=6, error_message="run_ocr: The disk is full; free some space.")
    make_failed_asset(workspace)
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/jobs/", f"/jobs/{failed.pk}/", f"/jobs/{done.pk}/", f"/jobs/{done.pk}/report",
                 f"/jobs/{done.pk}/report/airings?brand=Northwind"):  # fmt: skip
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.get_by_role("main").count() == 1
        assert page.get_by_role("navigation", name="Main").is_visible()
        assert page.get_by_role("heading", level=1).count() == 1
        assert page.title().endswith("· MPR")


def test_the_job_page_follows_the_job_and_then_rests(page, live_server, workspace):
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=10)
    page.goto(f"{live_server.url}/jobs/{job.pk}/")
    assert page.get_by_role("link", name="Open the report").count() == 0
    make_report(job)
    StageRun.objects.filter(job=job, stage_name="compile_report").update(state=StageState.DONE, shards_done=24)
    type(job).objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED)
    page.get_by_role("link", name="Open the report").wait_for(timeout=10_000)
    assert page.locator("#progress[data-stream]").count() == 0
    page.get_by_role("link", name="Open the report").click()
    assert page.get_by_role("heading", level=1).inner_text() == "cup_final.mp4"


def test_everything_is_reached_with_the_keyboard(page, live_server, workspace):
    make_job(make_timeline(workspace))
    page.goto(live_server.url + "/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").strip().startswith("Scan media_in")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_dark_is_dark(page, live_server):
    page.emulate_media(color_scheme="dark")
    page.goto(live_server.url + "/")
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
    assert max(red, green, blue) < 40


def test_the_profile_editor_works_without_a_network(page, live_server, workspace, owner):
    from profiles.models import Profile

    owner.is_staff = True
    owner.save()
    profile = Profile.objects.create(workspace=workspace, name="sums", pipeline={"stages": ["numbers"]})
    page.goto(f"{live_server.url}/admin/profiles/profile/{profile.pk}/change/")
    page.locator(".field-pipeline .jse-main").wait_for()
    page.locator(".field-configs .cm-content").fill('{"numbers": {"step_z": 2}}')
    page.get_by_role("button", name="Save", exact=True).click()
    assert (
        "numbers has no setting “step_z”. Did you mean “step_s”?"
        in page.locator(".field-configs .errorlist").inner_text()
    )
    page.locator(".field-configs .cm-content").fill('{"numbers": {"step_s": 2}}')
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was changed successfully").wait_for()
    profile.refresh_from_db()
    assert (profile.configs, profile.version) == ({"numbers": {"step_s": 2}}, 2)
