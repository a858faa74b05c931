"""The player in a real browser: the picture that is shown is the one of the time it tells, also across clips."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from mpr.assets.ingest import ingest
from mpr.assets.prepared import MediaChunk, RenditionKind
from mpr.assets.preparing import ask_for, prepare
from mpr.pipeline.footage import numbered, write_clip

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What number_of does, in the page: the number painted into the picture that the video shows.
NUMBER = """() => {
  const video = document.querySelector("[data-player] video");
  const canvas = document.createElement("canvas");
  canvas.width = 8; canvas.height = 1;
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 8, 1);
  const data = pen.getImageData(0, 0, 8, 1).data;
  return [...Array(8).keys()].reduce((sum, bit) => sum + (data[4 * bit] > 127 ? 1 << bit : 0), 0);
}"""
READY = "() => document.querySelector('[data-player] video').readyState >= 2"


@pytest.fixture
def page(job_page):
    return job_page


def shows(page, number: int) -> None:
    page.wait_for_function(f"(number) => ({NUMBER})() === number", arg=number, timeout=30_000)


@pytest.fixture
def asset(tmp_path: Path, workspace):
    return ingest(
        write_clip(tmp_path / "a.mp4", numbered(200, width_px=320, height_px=180), sound=True), workspace=workspace
    )


def test_steps_are_frames_and_seeks_are_exact(page, asgi_server, asset):
    page.goto(f"{asgi_server}/assets/{asset.pk}/")
    page.wait_for_function(READY)
    shows(page, 0)
    bar = page.locator(".player-bar")
    forward = bar.get_by_role("button", name="One frame forward")
    for number in (1, 2, 3):
        forward.click()
        shows(page, number)
    bar.get_by_role("button", name="One frame back").click()
    shows(page, 2)
    expect(page.locator('[data-show="time"]')).to_have_text("0:00:00.080")
    for _ in range(5):
        forward.click()
    shows(page, 7)
    page.get_by_role("slider", name="Time", exact=True).fill("4")
    shows(page, 100)
    expect(page.locator('[data-show="time"]')).to_have_text("0:00:04.000")


def test_it_plays_across_clips_loops_and_stops_at_the_end(page, asgi_server, asset):
    MediaChunk.objects.all().delete()
    page.goto(f"{asgi_server}/assets/{asset.pk}/")
    page.wait_for_function(READY)
    page.evaluate(
        """async (address) => {
          const { mount } = await import("/static/js/player_bar.js");
          window.played = mount(document.querySelector("[data-player]"));
          window.shown = [];
          played.onframe((time_s) => shown.push(time_s));
          // The last second first, then the first one.
          played.clips = [
            { address, start_s: 0, duration_s: 1, media_start_s: 7, fps: 25 },
            { address: `${address}?again`, start_s: 1, duration_s: 1, media_start_s: 0, fps: 25 },
          ];
          played.seek(0.48);
        }""",
        f"/assets/{asset.pk}/video",
    )
    shows(page, 187)
    page.evaluate("played.seek(1.4)")
    shows(page, 10)
    page.evaluate("played.seek(0.8)")
    shows(page, 195)
    page.evaluate("shown.length = 0; played.play()")
    page.wait_for_function("() => played.paused && played.time_s > 1.9", timeout=30_000)
    assert page.evaluate("shown.every((time_s, place) => !place || time_s >= shown[place - 1])")
    assert page.evaluate("Math.max(...shown)") < 2
    page.evaluate("played.loop(0.2, 0.6); shown.length = 0; played.play()")
    page.wait_for_function(
        "() => shown.filter((time_s, place) => place && time_s < shown[place - 1]).length >= 2", timeout=30_000
    )
    page.evaluate("played.pause()")
    assert page.evaluate("Math.max(...shown)") < 0.64


def test_of_what_the_browser_cannot_play_a_copy_is_made_and_played(page, asgi_server, tmp_path, workspace):
    path = write_clip(tmp_path / "a.ts", numbered(100, width_px=320, height_px=180), codec="mpeg2video", sound=True)
    asset = ingest(path, workspace=workspace)
    page.goto(f"{asgi_server}/assets/{asset.pk}/")
    page.get_by_text("so a copy is being made that they can").wait_for()
    expect(page.locator(".player-bar")).to_be_hidden()
    for row in ask_for(asset, RenditionKind.PROXY):
        prepare("rendition", str(row.pk))
    page.wait_for_function(READY, timeout=30_000)
    shows(page, 0)
    page.get_by_role("slider", name="Time", exact=True).fill("2")
    shows(page, 50)
    expect(page.locator(".player-note .message:visible")).to_have_count(0)


def test_a_video_that_is_gone_is_told(page, asgi_server, asset):
    page.goto(f"{asgi_server}/assets/{asset.pk}/")
    page.wait_for_function(READY)
    page.route("**/video*", lambda route: route.fulfill(status=404))
    page.evaluate(
        """async (address) => {
          const { mount } = await import("/static/js/player_bar.js");
          const clip = { address, start_s: 0, duration_s: 1, media_start_s: 0, fps: 25 };
          mount(document.querySelector("[data-player]")).clips = [clip];
        }""",
        f"/assets/{asset.pk}/video?gone",
    )
    expect(page.get_by_text("The video cannot be played here")).to_be_visible()
