"""The page of an asset in a real browser: marking chunks with keys and mouse, having them made, picking a timeline."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import expect

from mpr.assets.ingest import ingest
from mpr.assets.models import Timeline
from mpr.assets.prepared import MediaChunk, RenditionKind, WorkState
from mpr.assets.preparing import ask_for, prepare
from mpr.pipeline.footage import numbered, write_clip
from mpr.workspaces.models import Role
from tests.rows import make_failed_asset

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asset(tmp_path: Path, workspace):
    """Eight seconds with a keyframe every 0.48 s, and its filmstrip."""
    path = write_clip(tmp_path / "a.mp4", numbered(200, width_px=320, height_px=180), sound=True)
    asset = ingest(path, workspace=workspace, filename="Cup final.mp4")
    for row in ask_for(asset, RenditionKind.FILMSTRIP):
        prepare("rendition", str(row.pk))
    return asset


@pytest.fixture
def page(job_page, asgi_server, asset):
    job_page.goto(f"{asgi_server}/assets/{asset.pk}/")
    job_page.wait_for_function("() => document.querySelector('[data-player] video').readyState >= 2")
    expect(job_page.locator("#filmstrip-state")).to_have_text("")
    return job_page


def seek(page, seconds: float) -> None:
    page.get_by_role("slider", name="Time", exact=True).fill(str(seconds))
    expect(page.locator('[data-show="time"]')).to_have_text(f"0:00:0{seconds:.3f}")
    page.evaluate("document.activeElement.blur()")


def rows(page) -> list[str]:
    return page.locator("#proposed tbody tr").all_inner_texts()


def proposed(page, *wanted: tuple[str, str]) -> None:
    """The table says these beginnings and ends."""
    lines = page.locator("#proposed tbody tr")
    expect(lines).to_have_count(len(wanted))
    for place, (begins, ends) in enumerate(wanted):
        expect(lines.nth(place).locator("td").nth(1)).to_have_text(f"0:00:0{begins}")
        expect(lines.nth(place).locator("td").nth(2)).to_have_text(f"0:00:0{ends}")


def work() -> None:
    for chunk in MediaChunk.objects.filter(state=WorkState.PENDING):
        prepare("chunk", str(chunk.pk))


def test_chunks_are_marked_with_keys_and_every_mark_is_undone(page):
    seek(page, 1)
    page.keyboard.press("i")
    seek(page, 3)
    page.keyboard.press("o")
    proposed(page, ("0.960", "2.880"))
    assert "begins 0.04 s earlier, ends 0.12 s earlier: the nearest keyframe" in rows(page)[0]
    seek(page, 2)
    page.keyboard.press("c")
    proposed(page, ("0.960", "1.920"), ("1.920", "2.880"))
    seek(page, 5)
    page.keyboard.press("]")
    proposed(page, ("0.960", "1.920"), ("1.920", "2.880"), ("2.880", "4.800"))
    seek(page, 1.6)
    page.keyboard.press("x")
    proposed(page, ("1.920", "2.880"), ("2.880", "4.800"))
    page.keyboard.press("ArrowDown")
    expect(page.locator('[data-show="time"]')).to_have_text("0:00:02.000")
    for left in (3, 2, 1):
        page.keyboard.press("u")
        expect(page.locator("#proposed tbody tr")).to_have_count(left)
    page.reload()
    proposed(page, ("0.960", "2.880"))
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.locator("#proposed")).to_be_hidden()


def test_an_edge_is_dragged_on_the_filmstrip_and_a_click_goes_there(page):
    page.get_by_label("A chunk every").fill("0.05")
    page.get_by_role("button", name="By time").click()
    expect(page.locator("#how-known")).to_have_text("3 chunks.")
    proposed(page, ("0.000", "2.880"), ("2.880", "5.760"), ("5.760", "8.000"))
    box = page.locator("#filmstrip").bounding_box()

    def at(seconds: float) -> float:
        return box["x"] + box["width"] * seconds / 8

    middle = box["y"] + box["height"] / 2
    page.mouse.move(at(6) + 2, middle)
    page.mouse.down()
    page.mouse.move(at(6.5), middle, steps=4)
    page.mouse.move(at(7.2), middle, steps=4)
    page.mouse.up()
    proposed(page, ("0.000", "2.880"), ("2.880", "5.760"), ("7.200", "8.000"))
    page.keyboard.press("u")
    proposed(page, ("0.000", "2.880"), ("2.880", "5.760"), ("5.760", "8.000"))
    page.mouse.click(at(4), middle)
    expect(page.locator('[data-show="time"]')).to_have_text(re_time("0:00:0[34]"))


def re_time(pattern: str):
    import re

    return re.compile(pattern)


def test_it_plays_with_j_k_l_and_keys_can_be_switched_off(page):
    page.keyboard.press("l")
    expect(page.locator("[data-player]")).to_have_attribute("data-playing", "")
    page.wait_for_function("() => parseFloat(document.querySelector('.player-scrub').value) > 0.5")
    page.keyboard.press("k")
    expect(page.locator("[data-player]:not([data-playing])")).to_have_count(1)
    seek(page, 4)
    page.keyboard.press("j")
    page.wait_for_function("() => parseFloat(document.querySelector('.player-scrub').value) < 3.5")
    page.keyboard.press("k")
    seek(page, 2)
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-show="time"]')).to_have_text("0:00:02.040")
    page.evaluate("localStorage.setItem('mpr.keys', 'off')")
    page.keyboard.press("c")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.locator("#proposed tbody tr").count() == 0
    page.locator("#filmstrip").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator('[data-show="time"]')).to_have_text("0:00:02.080")


def test_chunks_are_made_picked_into_a_timeline_deleted_and_had_back(page, asset):
    call_command("seed")
    page.get_by_label("A chunk every").fill("0.05")
    page.get_by_role("button", name="By time").click()
    page.get_by_role("button", name="Split into 3 chunks").click()
    expect(page.locator("#said")).to_contain_text("3 chunks are being made.")
    expect(page.locator("#proposed")).to_be_hidden()
    table = page.locator("#chunks tbody tr")
    expect(table).to_have_count(3)
    expect(table.nth(0)).to_contain_text("Waiting")
    MediaChunk.objects.filter(start_s=0).update(state=WorkState.RUNNING, progress=0.41)
    expect(table.nth(0)).to_contain_text("41")
    MediaChunk.objects.filter(start_s=0).update(state=WorkState.PENDING)
    page.get_by_role("button", name="Cancel the chunk from 0:00:05.760").click()
    expect(table.nth(2)).to_contain_text("Cancelled")
    work()
    expect(table.nth(1)).to_contain_text("Done")
    expect(page.locator('#chunks[data-open="0"]')).to_have_count(1)
    page.get_by_role("button", name="Try the chunk from 0:00:05.760 again").click()
    expect(table.nth(2)).to_contain_text("Waiting")
    work()
    expect(table.nth(2)).to_contain_text("Done")

    page.get_by_label("Pick the chunk from 0:00:05.760").check()
    page.get_by_label("Pick the chunk from 0:00:00.000").check()
    expect(page.locator("#picked li")).to_have_count(2)
    page.get_by_role("button", name="Earlier: the chunk from 0:00:00.000").click()
    page.get_by_role("button", name="Make the timeline of 2, 0:00:05").click()
    expect(page.locator("#timelines")).to_contain_text("2 chunks")
    timeline = Timeline.objects.get()
    assert [MediaChunk.objects.get(key=key).start_s for key in timeline.chunk_paths] == [0.0, 5.76]
    expect(table.nth(0)).to_contain_text("in 1 timeline")

    page.get_by_role("button", name="Delete the chunk from 0:00:02.880").click()
    expect(table).to_have_count(2)
    page.locator("#said").get_by_role("button", name="Undo").click()
    expect(table).to_have_count(3)
    page.get_by_role("button", name="Delete the chunk from 0:00:02.880").click()
    expect(table).to_have_count(2)
    page.reload()
    page.get_by_text("1 deleted chunk").click()
    page.get_by_role("button", name="Restore the chunk from 0:00:02.880").click()
    expect(table).to_have_count(3)


def test_a_chunk_that_failed_says_why(page, asset):
    MediaChunk.objects.create(
        asset=asset, key="chunks/x", start_s=0, end_s=2.88, wished_start_s=0, wished_end_s=3, state=WorkState.FAILED,
        error_message="Could not write a chunk: the disk is full. Free some space, then start the job again.",
    )  # fmt: skip
    page.reload()
    expect(page.locator("#chunks")).to_contain_text("the disk is full")


def test_a_viewer_watches_and_marks_but_cannot_split(page, workspace):
    workspace.memberships.update(role=Role.VIEWER)
    page.reload()
    page.get_by_role("button", name="By time").click()
    expect(page.locator("#proposed")).to_contain_text("splitting takes the role analyst")
    expect(page.get_by_role("button", name="Split into")).to_have_count(0)


def test_footage_that_is_broken_says_so(job_page, asgi_server, workspace):
    failed = make_failed_asset(workspace)
    job_page.goto(f"{asgi_server}/assets/{failed.pk}/")
    expect(job_page.get_by_role("heading", name="This file cannot be analysed")).to_be_visible()
    expect(job_page.get_by_role("main")).to_contain_text("export it again as MP4")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (360, "light")])
def test_the_page_is_accessible_and_never_scrolls_sideways(page, asset, width, scheme):
    for start_s, state in ((0.0, WorkState.RUNNING), (2.88, WorkState.FAILED), (5.76, WorkState.PENDING)):
        MediaChunk.objects.create(
            asset=asset, key=f"chunks/{start_s}", start_s=start_s, end_s=start_s + 1, wished_start_s=start_s,
            wished_end_s=start_s + 1, state=state, error_message="The disk is full; free some space.",
        )  # fmt: skip
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    page.reload()
    page.get_by_label("A chunk every").fill("0.05")
    page.get_by_role("button", name="By time").click()
    expect(page.locator("#proposed tbody tr")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page).response["violations"]
    assert [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ] == []
