"""The library in a real browser on a real server: files are sent, gone on with, found, tagged, deleted and analysed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from mpr.assets import preparing
from mpr.assets.intake import sending
from mpr.assets.intake.models import Intake, IntakeState, IntakeWay
from mpr.assets.models import MediaAsset
from mpr.assets.probe import Properties
from mpr.jobs.models import Job, JobStatus
from mpr.pipeline.footage import numbered, write_clip
from mpr.storage.buckets import media_in
from profiles.models import Profile
from tests.padded import padded_clip
from tests.rows import make_failed_asset, make_job, make_report, make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")
PART_BYTES = sending.PART_BYTES
PROBED = Properties(
    container="mp4", pixel_format="yuv420p", rotation_deg=0, interlaced=False, variable_frame_rate=False,
    frame_count=6000, start_time_s=0.0, origin_ticks=0, keyframes_s=[], notes=[],
)  # fmt: skip


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """A clip of two parts and a bit, a small one, and a text that is called a video."""
    folder = tmp_path_factory.mktemp("clips")
    padded_clip(folder / "large.mp4", at_least=2 * PART_BYTES + 1)
    write_clip(folder / "small.mp4", numbered(12), keyframe_every=6)
    (folder / "broken.mp4").write_text("no video\n" * 50)
    (folder / "notes.pdf").write_bytes(b"%PDF-1.4")
    return folder


@pytest.fixture
def library(job_page):
    """The page, and what leaves it unasked is nothing: the browser's question whether to leave is answered yes."""
    job_page.on("dialog", lambda dialog: dialog.accept())
    job_page.goto(f"{job_page.server}/")
    return job_page


def work():
    """What a worker does; the page's server is another process."""
    for intake in Intake.objects.filter(state=IntakeState.PENDING):
        preparing.prepare("intake", str(intake.pk))


def choose(page, *paths):
    page.locator("#files").set_input_files([str(path) for path in paths])


def said(page):
    return page.locator("#said")


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found if rule["impact"] in SERIOUS]


def waits_for_a_worker(page, name):
    expect(page.locator("#incoming").get_by_text(name)).to_be_visible()
    expect(page.locator("#incoming").get_by_text("Waits for a worker.").first).to_be_visible()


def test_several_files_are_sent_and_come_into_the_list(library, clips):
    choose(library, clips / "large.mp4", clips / "small.mp4", clips / "broken.mp4", clips / "notes.pdf")
    expect(library.locator("#uploads")).to_contain_text("notes.pdf is not taken: “.pdf” is no kind of video")
    for name in ("large.mp4", "small.mp4", "broken.mp4"):
        waits_for_a_worker(library, name)
    library.get_by_role("button", name="Dismiss notes.pdf").click()
    expect(library.locator("#uploads")).to_be_hidden()
    work()
    expect(library.get_by_role("heading", name="small.mp4")).to_be_visible()
    expect(library.get_by_role("heading", name="large.mp4")).to_be_visible()
    expect(library.locator(".asset")).to_have_count(3)
    expect(library.locator(".asset .message-error")).to_have_text(
        "broken.mp4 is a text file, not a video; choose the video file itself."
    )
    expect(library.locator("#incoming")).to_be_hidden()
    asset = MediaAsset.objects.get(filename="large.mp4")
    assert asset.sha256 == hashlib.sha256((clips / "large.mp4").read_bytes()).hexdigest()
    poster = library.locator(f"#asset-{asset.pk} .poster img")
    library.wait_for_function("image => image.complete && image.naturalWidth === 480", arg=poster.element_handle())
    # Trying again what cannot be read says the same again.
    library.get_by_role("button", name="Try broken.mp4 again").click()
    waits_for_a_worker(library, "broken.mp4")
    work()
    expect(said(library)).to_contain_text("broken.mp4 is a text file")


def test_files_are_dropped_onto_the_page(library, clips):
    data = (clips / "small.mp4").read_bytes()
    transfer = library.evaluate_handle(
        """bytes => {
          const held = new DataTransfer();
          held.items.add(new File([new Uint8Array(bytes)], "dropped.mp4", { type: "video/mp4" }));
          return held;
        }""",
        list(data),
    )
    library.dispatch_event("body", "dragenter", {"dataTransfer": transfer})
    expect(library.locator("#drop")).to_be_visible()
    library.dispatch_event("body", "drop", {"dataTransfer": transfer})
    expect(library.locator("#drop")).to_be_hidden()
    waits_for_a_worker(library, "dropped.mp4")
    work()
    expect(said(library)).to_have_text("dropped.mp4 is in the library.")


def hold_after(page, parts):
    """Lets so many parts through and then none, until the page is loaded anew or `let_through` says how many: a slow
    line."""
    page.evaluate(
        """parts => {
          window.through = parts;
          const { open, send } = XMLHttpRequest.prototype;
          XMLHttpRequest.prototype.open = function (method, ...given) {
            this.method = method;
            return open.call(this, method, ...given);
          };
          XMLHttpRequest.prototype.send = function (body) {
            if (this.method !== "PATCH" || window.through > 0) send.call(this, body);
            if (this.method === "PATCH") window.through -= 1;
          };
        }""",
        parts,
    )


def let_through(page, parts):
    page.evaluate("parts => (window.through = parts)", parts)


def wait_for_bytes(page, count):
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s:
        intake = Intake.objects.first()
        if intake is not None and intake.received >= count:
            return intake
        page.wait_for_timeout(100)
    pytest.fail("The parts did not come.")


def test_after_a_reload_the_same_file_goes_on_whatever_it_is_called(library, clips, tmp_path):
    hold_after(library, 1)
    choose(library, clips / "large.mp4")
    intake = wait_for_bytes(library, PART_BYTES)
    library.reload()
    expect(library.locator("#incoming")).to_contain_text("Choose the file again to go on.")
    shutil.copy(clips / "large.mp4", tmp_path / "renamed.mp4")
    library.asked.clear()
    choose(library, tmp_path / "renamed.mp4")
    waits_for_a_worker(library, "large.mp4")
    assert Intake.objects.get().pk == intake.pk
    # What had come was not sent again.
    size = (clips / "large.mp4").stat().st_size
    sent = [address for address in library.asked if address == f"/api/detect/uploads/{intake.pk}"]
    assert len(sent) == -(-size // PART_BYTES) - 1
    work()
    expect(library.get_by_role("heading", name="large.mp4")).to_be_visible()


def test_a_lost_connection_goes_on_by_itself(library, browser, clips):
    hold_after(library, 1)
    choose(library, clips / "large.mp4")
    wait_for_bytes(library, PART_BYTES)
    browser.set_offline(True)
    library.locator("#uploads [data-does=pause]").click()
    library.locator("#uploads [data-does=resume]").click()
    expect(library.locator("#uploads")).to_contain_text("does not answer")
    let_through(library, 99)
    browser.set_offline(False)
    waits_for_a_worker(library, "large.mp4")


def test_it_pauses_goes_on_and_is_given_up(library, clips):
    hold_after(library, 1)
    choose(library, clips / "large.mp4")
    intake = wait_for_bytes(library, PART_BYTES)
    library.get_by_role("button", name="Pause large.mp4").click()
    expect(library.locator("#uploads")).to_contain_text("paused")
    let_through(library, 1)
    library.get_by_role("button", name="Go on large.mp4").click()
    wait_for_bytes(library, 2 * PART_BYTES)
    library.get_by_role("button", name="Cancel large.mp4").click()
    expect(said(library)).to_have_text("large.mp4 is given up; nothing of it is kept.")
    expect(library.locator("#uploads")).to_be_hidden()
    assert not Intake.objects.exists()
    assert sending.growing().size(str(intake.pk)) == 0


def test_a_full_storage_says_so_and_nothing_is_lost(library, clips):
    hold_after(library, 1)
    choose(library, clips / "large.mp4")
    wait_for_bytes(library, PART_BYTES)
    library.get_by_role("button", name="Pause large.mp4").click()
    let_through(library, 99)
    sentence = "Could not keep the upload: the disk is full. Free some space, then start the job again."
    body = json.dumps({"error": {"code": "storage_full", "message": sentence}})
    library.route(
        "**/api/detect/uploads/*",
        lambda route: (
            route.fulfill(status=507, body=body, content_type="application/json")
            if route.request.method == "PATCH"
            else route.continue_()
        ),
    )
    library.get_by_role("button", name="Go on large.mp4").click()
    expect(library.locator("#uploads")).to_contain_text(sentence)
    assert Intake.objects.get().received == PART_BYTES
    library.unroute_all(behavior="ignoreErrors")
    library.get_by_role("button", name="Try again large.mp4").click()
    waits_for_a_worker(library, "large.mp4")


def test_files_in_media_in_are_taken_in(library, clips):
    folder = Path(media_in.storage.location)
    shutil.copy(clips / "small.mp4", folder / "dropped.mp4")
    (folder / "notes.txt").write_text("x")
    os.utime(folder / "dropped.mp4", (1_700_000_000,) * 2)
    library.keyboard.press("s")
    found = library.get_by_role("dialog", name="Files in media_in")
    expect(found.get_by_role("checkbox", name="dropped.mp4")).to_be_checked()
    expect(found).to_contain_text("Its name is not that of a video.")
    found.get_by_role("button", name="Take in what is chosen").click()
    expect(found).to_contain_text("1 file is being taken in")
    library.keyboard.press("Escape")
    waits_for_a_worker(library, "dropped.mp4")
    work()
    expect(library.get_by_role("heading", name="dropped.mp4")).to_be_visible()


def test_tags_are_edited_in_place_and_the_list_follows_what_is_asked_for(library, workspace):
    final = make_timeline(workspace, filename="final.mp4").source_asset
    make_timeline(workspace, filename="training.mp4")
    library.reload()
    card = library.locator(f"#asset-{final.pk}")
    card.get_by_text("Add tags").click()
    card.get_by_role("textbox", name="Tags of final.mp4").fill("cup, clean feed")
    card.get_by_role("textbox", name="Tags of final.mp4").press("Enter")
    expect(card.get_by_role("link", name="clean feed")).to_be_visible()
    card.get_by_text("Edit tags").click()
    card.get_by_role("textbox", name="Tags of final.mp4").fill("x" * 61)
    card.get_by_role("button", name="Save").click()
    expect(card.get_by_role("alert")).to_contain_text("a tag has at most 60 letters")
    library.keyboard.press("Escape")
    library.goto(f"{library.server}/")
    library.keyboard.press("f")
    library.keyboard.type("train")
    expect(library.get_by_role("heading", name="final.mp4")).to_have_count(0)
    expect(library.get_by_role("heading", name="training.mp4")).to_be_visible()
    library.wait_for_url(f"{library.server}/?q=train")
    library.reload()
    expect(library.locator(".asset")).to_have_count(1)
    library.get_by_label("Search the library").fill("nothing like it")
    expect(library.get_by_role("heading", name="Nothing found")).to_be_visible()
    library.get_by_role("link", name="Show everything").click()
    library.get_by_label("Tag", exact=True).select_option("cup")
    expect(library.locator(".asset")).to_have_count(1)
    library.wait_for_url(f"{library.server}/?tag=cup")


def test_what_is_deleted_is_had_back_also_after_a_reload(library, workspace):
    make_timeline(workspace, filename="final.mp4")
    running = make_job(make_timeline(workspace, filename="training.mp4"), JobStatus.RUNNING, done=3)
    library.reload()
    library.get_by_role("button", name="Delete final.mp4").click()
    expect(said(library)).to_contain_text("final.mp4 is deleted.")
    said(library).get_by_role("button", name="Undo").click()
    expect(said(library)).to_have_text("final.mp4 is back.")
    expect(library.get_by_role("heading", name="final.mp4")).to_be_visible()
    library.get_by_role("button", name="Delete training.mp4").click()
    question = library.get_by_role("dialog", name="Delete it with its jobs?")
    expect(question).to_contain_text("A job runs on training.mp4; stop it first, or delete it with them.")
    assert serious(library) == []
    question.get_by_role("button", name="Keep it").click()
    assert Job.objects.get(pk=running.pk).status == JobStatus.RUNNING
    library.get_by_role("button", name="Delete training.mp4").click()
    question.get_by_role("button", name="Stop and delete").click()
    expect(said(library)).to_contain_text("training.mp4 is deleted.")
    assert Job.objects.get(pk=running.pk).status == JobStatus.CANCELLED
    library.reload()
    expect(library.get_by_role("heading", name="training.mp4")).to_have_count(0)
    library.get_by_label("State").select_option("deleted")
    library.get_by_role("button", name="Restore it").click()
    expect(said(library)).to_have_text("training.mp4 is back.")
    assert not MediaAsset.objects.filter(deleted_at__isnull=False).exists()


def test_an_analysis_is_started_from_a_card(library, workspace):
    asset = make_timeline(workspace, filename="final.mp4").source_asset
    asset.properties = msgspec.to_builtins(PROBED)
    asset.save()
    Profile.objects.create(workspace=workspace, name="quick", pipeline={"stages": ["extract_frames"]})
    library.reload()
    library.get_by_role("button", name="Analyse final.mp4").click()
    dialog = library.get_by_role("dialog", name="Analyse")
    dialog.get_by_label("Profile").select_option("quick")
    assert serious(library) == []
    dialog.get_by_text("Brands:").click()
    dialog.get_by_label("Look for these alone").fill("Nobody")
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.locator(".message-error")).to_contain_text("match_brands")
    dialog.get_by_label("Look for these alone").fill("")
    dialog.get_by_role("button", name="Start").click()
    library.wait_for_url("**/jobs/*/")
    job = Job.objects.get()
    assert (job.profile_name, job.timeline.source_asset, job.created_by.username) == ("quick", asset, "owner")


def test_a_job_that_runs_moves_on_its_card(library, workspace):
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=3)
    library.reload()
    line = library.locator(f"#jobs-{job.timeline.source_asset_id}")
    expect(line.get_by_text("Running")).to_be_visible()
    make_report(job)
    Job.objects.update(status=JobStatus.COMPLETED)
    expect(line.get_by_role("link", name="Report of cup_final.mp4 by soccer_broadcast")).to_be_visible()
    expect(line).not_to_have_attribute("data-refresh", "3000")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (360, "dark")])
def test_no_state_of_the_page_scrolls_sideways_or_has_a_serious_issue(width, scheme, job_page, workspace, owner):
    job_page.set_viewport_size({"width": width, "height": 800})
    job_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    job_page.goto(f"{job_page.server}/")
    assert serious(job_page) == [], "empty"
    long_name = "league_match_day_12_first_half_international_feed_clean_without_graphics.mov"
    make_report(make_job(make_timeline(workspace, filename=long_name, duration_s=5423)))
    MediaAsset.objects.update(tags=["cup", "clean feed"], properties={"interlaced": True, "notes": ["It is cut off."]})
    make_job(make_timeline(workspace, filename="b.mp4"), JobStatus.RUNNING, done=3)
    make_failed_asset(workspace)
    given = {"workspace": workspace, "created_by": owner, "file_size": 10**9, "way": IntakeWay.SERVER}
    Intake.objects.create(filename=long_name, received=4 * 10**8, **given)
    Intake.objects.create(filename="c.mp4", state=IntakeState.RUNNING, step="hashing", progress=0.4, **given)
    Intake.objects.create(filename="d.mp4", state=IntakeState.FAILED, error_message="The disk is full.", **given)
    job_page.reload()
    job_page.locator(".tag-edit summary").first.click()
    assert serious(job_page) == [], "full"
    assert job_page.evaluate("document.documentElement.scrollWidth") <= width
    job_page.goto(f"{job_page.server}/?q=none")
    assert serious(job_page) == [], "nothing found"
