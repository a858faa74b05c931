"""The lab and the comparison of two jobs in a real browser: by keyboard, live, at every width, for everybody."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import expect

from mpr.events import log
from mpr.jobs.models import Checkpoint, Job, JobStatus, StageRun, StageState
from profiles.models import Profile
from tests.recorded import every_stage, record_job
from tests.rows import make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")
STAGE = "match_brands"


def leave_checkpoints(job, *, taken_over=None):
    """As the engine leaves them: one below the other; up to `taken_over` they are the parent's."""
    parent = None
    for name in job.plan["pipeline"]["stages"]:
        output = job.outputs.filter(stage_name=name).first()
        if output is None:
            continue
        if taken_over is not None:
            parent = job.parent.outputs.get(stage_name=name).checkpoint
            output.checkpoint = parent
            job.stage_runs.filter(stage_name=name).update(state=StageState.REUSED, reused_from=job.parent)
            taken_over = None if name == taken_over else taken_over
        else:
            output.checkpoint = parent = Checkpoint.objects.create(
                timeline=job.timeline, job=job, parent=parent, stage_name=name, stats={"frames": 20},
                config_overrides=job.config_overrides.get(name, {}),
            )  # fmt: skip
        output.save()


@pytest.fixture
def job(workspace):
    Profile.objects.create(name="soccer_broadcast", pipeline=every_stage(), version=4)
    job = record_job(make_timeline(workspace, duration_s=20.0))
    leave_checkpoints(job)
    return job


@pytest.fixture
def child(job):
    """A replay of the job from match_brands on, in which the brand is seen in other frames."""
    child = record_job(
        job.timeline, seen=(2, 3, 4, 15), config_overrides={STAGE: {"min_confidence": 0.7}}, parent=job,
        run_type="replay", label="stricter",
    )  # fmt: skip
    leave_checkpoints(child, taken_over="run_ocr")
    return child


def open_lab(page, job, stage=STAGE):
    page.goto(f"{page.server}/jobs/{job.pk}/lab?stage={stage}")
    expect(page.get_by_text("Looking at what both gave")).to_have_count(0)


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found if rule["impact"] in SERIOUS]


def item(page, name):
    return page.locator("#tree [role=treeitem]:visible", has=page.locator(".tree-name", has_text=name))


def tell(job, kind, **payload):
    with transaction.atomic():
        log.append(job.pk, kind, payload)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (360, "light")])
def test_no_width_scrolls_sideways_or_has_a_serious_issue(width, scheme, job_page, job, child):
    job_page.set_viewport_size({"width": width, "height": 900})
    job_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    addresses = [f"/jobs/{child.pk}/lab?stage={STAGE}", f"/jobs/{job.pk}/compare/{child.pk}?stage={STAGE}"]
    if width == 1440:
        addresses += [f"/jobs/{job.pk}/lab?stage={stage}" for stage in ("detect_objects", "field_segmentation")]
    for address in addresses:
        job_page.goto(job_page.server + address)
        expect(job_page.locator("#pair")).to_be_visible()
        assert job_page.evaluate("document.documentElement.scrollWidth") <= width, address
        assert serious(job_page) == [], address


def test_the_tree_is_walked_by_keyboard_as_trees_are(job_page, job, child):
    open_lab(job_page, child)
    job_page.keyboard.press("t")
    expect(item(job_page, "Match brands").first).to_be_focused()
    expect(item(job_page, "Match brands").first).to_have_attribute("aria-selected", "true")
    job_page.keyboard.press("ArrowLeft")
    expect(item(job_page, "Replay “stricter”")).to_be_focused()
    job_page.keyboard.press("ArrowLeft")
    expect(item(job_page, "Replay “stricter”")).to_have_attribute("aria-expanded", "false")
    expect(item(job_page, "Compile report")).to_have_count(1)
    job_page.keyboard.press("ArrowRight")
    expect(item(job_page, "Compile report")).to_have_count(2)
    job_page.keyboard.press("Home")
    expect(item(job_page, "Initial")).to_be_focused()
    job_page.keyboard.press("End")
    expect(item(job_page, "Compile report").last).to_be_focused()
    job_page.keyboard.type("ru")
    expect(item(job_page, "Run OCR")).to_be_focused()
    job_page.keyboard.press("Enter")
    job_page.wait_for_url(f"**/jobs/{job.pk}/lab?stage=run_ocr")
    expect(job_page.get_by_role("heading", name="Run OCR")).to_be_visible()


def test_a_node_of_the_same_job_brings_only_its_form(job_page, job):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab?stage={STAGE}")
    job_page.evaluate("window.isSame = true")
    item(job_page, "Run OCR").click()
    expect(job_page.get_by_role("heading", name="Run OCR")).to_be_visible()
    assert job_page.url.endswith(f"/jobs/{job.pk}/lab?stage=run_ocr")
    assert job_page.evaluate("window.isSame")
    expect(item(job_page, "Run OCR")).to_have_attribute("aria-selected", "true")


def test_sliders_numbers_marks_and_resets_hold_together(job_page, child):
    open_lab(job_page, child)
    field = job_page.locator('[data-field="min_confidence"]')
    expect(field).to_have_class("field differs")
    expect(job_page.locator("#differing")).to_have_text("1 differs from soccer_broadcast v4")
    field.locator(".slider").fill("0.85")
    expect(field.locator(".exact")).to_have_value("0.85")
    other = job_page.locator('[data-field="sure_letters"]')
    other.locator(".exact").fill("5")
    expect(other.locator(".slider")).to_have_value("5")
    expect(job_page.locator("#differing")).to_have_text("2 differ from soccer_broadcast v4")
    field.get_by_role("button", name="Put Min confidence back to 0.6").click()
    expect(field.locator(".exact")).to_have_value("0.6")
    expect(field.locator("[data-reset]")).to_be_hidden()
    job_page.locator("h1").click()
    job_page.keyboard.press("z")
    expect(job_page.locator("#differing")).to_have_text("As in soccer_broadcast v4")
    expect(other.locator(".exact")).to_have_value("3")


def test_enter_replays_and_the_page_follows_the_new_job(job_page, job):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab?stage={STAGE}")
    job_page.locator('[data-field="min_confidence"] .exact').fill("1.5")
    job_page.keyboard.press("Enter")
    expect(job_page.locator('[data-field="min_confidence"] .field-error')).to_contain_text("is not right")
    expect(job_page.locator('[data-field="min_confidence"] .exact')).to_be_focused()
    job_page.locator('[data-field="min_confidence"] .exact').fill("0.7")
    job_page.get_by_label("Name for what you try").fill("stricter")
    job_page.locator("h1").click()
    job_page.keyboard.press("Enter")
    job_page.wait_for_url(lambda address: str(job.pk) not in address)
    child = Job.objects.get(parent=job)
    assert (child.label, child.config_overrides) == ("stricter", {STAGE: {"min_confidence": 0.7}})
    expect(job_page.locator("#line")).to_have_text("Live")
    expect(job_page.locator(".lab-run-words")).to_contain_text("reused")
    for name in ("match_brands", "match_logos", "escalate_vlm", "escalate_cloud", "compile_report"):
        StageRun.objects.update_or_create(
            job=child, stage_name=name, attempt=1, defaults={"state": StageState.DONE, "place": 12}
        )
        tell(child, "stage.done", stage=name)
    Job.objects.filter(pk=child.pk).update(status=JobStatus.COMPLETED)
    tell(child, "job.completed")
    expect(job_page.locator(".lab-run-words")).to_contain_text("ran: Match brands")
    expect(job_page.locator("#line")).to_have_text("At rest")


def test_a_checkpoint_is_named_where_it_stands(job_page, job):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab?stage={STAGE}")
    job_page.get_by_label("Name of this checkpoint").fill("the good one")
    job_page.keyboard.press("Enter")
    expect(item(job_page, "Match brands").locator(".tree-label")).to_have_text("“the good one”")
    assert Checkpoint.objects.get(stage_name=STAGE).label == "the good one"


def test_two_pictures_of_one_frame_are_compared_by_keyboard_and_mouse(job_page, job, child):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/compare/{child.pk}?stage={STAGE}")
    expect(job_page.locator("#viewer-sum")).to_contain_text("2 of 20 frames differ")
    expect(job_page.locator("#pair-words")).to_contain_text("0:00:09.500: 1 only in A, 0 only in B")
    for picture in ("#pair-a", "#pair-b"):
        expect(job_page.locator(picture)).to_have_js_property("complete", True)
        assert job_page.locator(picture).evaluate("image => image.naturalWidth") == 640
    job_page.keyboard.press("s")
    expect(job_page.locator("#pair-slider")).to_be_focused()
    job_page.keyboard.press("ArrowRight")
    expect(job_page.locator("#pair-slider")).to_have_value("51")
    assert job_page.locator(".pair-over").evaluate("over => over.style.clipPath") == "inset(0px 49% 0px 0px)"
    box = job_page.locator("#pair").bounding_box()
    job_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    job_page.mouse.down()
    job_page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20, steps=4)
    job_page.mouse.up()
    expect(job_page.locator("#pair-slider")).to_have_value("25")
    job_page.locator("h1").click()
    job_page.keyboard.press(".")
    expect(job_page.locator("#pair-words")).to_contain_text("0:00:15.500: 0 only in A, 1 only in B")
    expect(job_page.locator("#pair-b")).to_have_attribute(
        "src", f"/api/detect/overlays/{job.timeline_id}/{child.pk}/{STAGE}/15"
    )
    job_page.get_by_role("link", name="+ 0:00:15").click()
    expect(job_page.locator("#viewer-stage")).to_have_value("compile_report")
    expect(job_page.locator('.thumb[data-seq="15"]')).to_have_attribute("aria-pressed", "true")


def test_a_pair_is_chosen_and_swapped(job_page, job, child):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/compare/{child.pk}")
    expect(job_page.locator("#pair")).to_be_visible()
    job_page.keyboard.press("w")
    job_page.wait_for_url(f"**/jobs/{child.pk}/compare/{job.pk}")
    expect(job_page.locator(".brand-change .lost").first).to_be_visible()


def test_a_job_is_promoted_and_that_is_undone(job_page, job, child):
    open_lab(job_page, child)
    job_page.get_by_role("button", name="Promote to a profile").click()
    expect(job_page.get_by_label("Name", exact=True)).to_have_value("soccer_broadcast_2")
    job_page.get_by_label("Name", exact=True).fill("a b")
    job_page.get_by_role("button", name="Make the profile").click()
    expect(job_page.locator("#promote-error")).to_contain_text("no spaces")
    job_page.get_by_label("Name", exact=True).fill("stricter")
    job_page.get_by_role("button", name="Make the profile").click()
    expect(job_page.get_by_role("link", name="stricter", exact=True)).to_be_visible()
    expect(job_page.locator("#promote-dialog")).to_be_hidden()
    job_page.reload()
    job_page.get_by_role("button", name="Undo").click()
    expect(job_page.get_by_text("stricter is gone again.")).to_be_visible()
    assert not Profile.objects.filter(name="stricter").exists()


def test_the_one_job_of_a_timeline_says_what_to_do_next(job_page, job):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/lab")
    expect(job_page.get_by_text("There is one job on this timeline so far.")).to_be_visible()
