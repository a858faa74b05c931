"""The report's page in a real browser on a real server: seen, turned by hand and by keys, shared, read aloud."""

from __future__ import annotations

import io
import re
import zipfile

import av
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from detection.presets import find_preset
from detection.reporting.models import ReportFile, ReportLink
from mpr.assets.preparing import prepare
from mpr.storage.buckets import media_in
from tests.broadcasts import broadcast_job
from tests.recorded import record_job
from tests.rows import make_job, make_report, make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")


@pytest.fixture
def job(workspace):
    """One brand in seconds 2 to 5 and 9 to 10, a second, small one in second 2; no file to play."""
    return record_job(make_timeline(workspace, duration_s=20.0))


def open_report(page, job, more=""):
    page.goto(f"{page.server}/jobs/{job.pk}/report{more}")
    page.locator('html[data-ready="report"]').wait_for()


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found if rule["impact"] in SERIOUS]


def row(page, brand):
    return page.locator(f'#table tr[data-brand="{brand}"]')


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (360, "light")])
def test_nothing_scrolls_sideways_and_nothing_serious_stands_in_the_way(width, scheme, job_page, workspace, job):
    empty = make_job(make_timeline(workspace, filename="empty.mp4"))
    make_report(empty, brands=())
    old = make_job(make_timeline(workspace, filename="old.mp4"))
    make_report(old, events=9)
    job_page.set_viewport_size({"width": width, "height": 800})
    job_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for shown in (job, old, empty):
        open_report(job_page, shown)
        assert job_page.evaluate("document.documentElement.scrollWidth") <= width, shown
        assert serious(job_page) == [], shown
    open_report(job_page, job)
    job_page.locator("#settings-card > summary").click()
    job_page.locator("details.columns > summary").click()
    assert job_page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(job_page) == []
    job_page.get_by_role("button", name="Share…").click()
    job_page.get_by_role("dialog", name="Share this report").wait_for()
    assert serious(job_page) == []


def test_keys_lead_from_airing_to_airing_and_say_what_is_visible(job_page, job):
    open_report(job_page, job)
    visible = job_page.get_by_role("list", name="Brands that are visible now")
    expect(visible).to_have_text("no brand")
    job_page.keyboard.press("j")
    expect(job_page.locator("#spoken")).to_contain_text("airing 1 of")
    expect(visible).to_contain_text("Nördlich Öl")
    view = job_page.get_by_role("slider", name="Brand timeline")
    expect(view).to_have_attribute("aria-valuetext", "0:00:02.000")
    for _ in range(3):
        job_page.keyboard.press("j")
    job_page.locator("#said").get_by_text("There is no later airing.").wait_for()
    expect(view).to_have_attribute("aria-valuetext", "0:00:09.000")
    job_page.keyboard.press("k")
    expect(view).to_have_attribute("aria-valuetext", "0:00:02.000")
    job_page.keyboard.press("ArrowRight")
    expect(view).to_have_attribute("aria-valuetext", "0:00:03.000")
    job_page.keyboard.press("Shift+ArrowRight")
    expect(view).to_have_attribute("aria-valuetext", "0:00:13.000")
    expect(visible).to_have_text("no brand")


def test_one_brand_s_airings_are_walked_when_its_lane_is_chosen(job_page, job):
    open_report(job_page, job)
    job_page.locator(".lane-names").get_by_role("button", name="Nördlich Öl").click()
    job_page.locator(".lane-names").get_by_role("button", name="Nördlich Öl", pressed=True).wait_for()
    said = job_page.locator("#spoken")
    job_page.keyboard.press("j")
    expect(said).to_contain_text("airing 1 of 2")
    job_page.keyboard.press("j")
    expect(said).to_contain_text("airing 2 of 2")


def test_without_a_video_stored_frames_are_shown_with_outlines(job_page, job):
    open_report(job_page, job, "#t=2.5")
    job_page.get_by_text("these are its stored frames").wait_for()
    picture = job_page.locator(".stills img")
    expect(picture).to_have_attribute("alt", "Stored frame at 0:00:02.500")
    job_page.wait_for_function("image => image.complete && image.naturalWidth > 100", arg=picture.element_handle())
    drawn = """() => {
        const canvas = document.querySelector(".stills canvas.boxes");
        const { width, height } = canvas;
        return width && canvas.getContext("2d").getImageData(0, 0, width, height).data.some(Boolean);
    }"""
    job_page.wait_for_function(drawn)
    job_page.keyboard.press("b")
    job_page.wait_for_function(f"() => !({drawn})()")
    job_page.reload()
    expect(job_page.get_by_label("Outlines")).not_to_be_checked()


def film(seconds):
    """H.264, five frames a second, each of its own brightness."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(seconds * 5):
            image = np.full((180, 320, 3), number * 2 % 256, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return out.getvalue()


def test_a_video_plays_with_outlines_and_the_timeline_goes_along(job_page, job):
    media_in.write(job.timeline.source_asset.file_path, film(20))
    open_report(job_page, job)
    expect(job_page.locator("video")).to_be_visible()
    expect(job_page.locator(".stills")).to_be_hidden()
    job_page.keyboard.press("j")
    view = job_page.get_by_role("slider", name="Brand timeline")
    expect(view).to_have_attribute("aria-valuetext", re.compile(r"0:00:02\.[0-2]"))
    job_page.wait_for_function("() => Math.abs(document.querySelector('video').currentTime - 2) < 0.3")
    expect(job_page.locator("#visible")).to_contain_text("Nördlich Öl")
    drawn = """() => {
        const { width, height } = document.querySelector("[data-player] canvas.boxes");
        const pen = document.querySelector("[data-player] canvas.boxes").getContext("2d");
        return width && pen.getImageData(0, 0, width, height).data.some(Boolean);
    }"""
    job_page.wait_for_function(drawn)
    job_page.keyboard.press("Space")
    expect(view).to_have_attribute("aria-valuetext", re.compile(r"0:00:(0[4-9]|1\d)"), timeout=20_000)
    job_page.keyboard.press("Space")
    job_page.wait_for_function("() => document.querySelector('video').paused")


def test_a_piece_of_evidence_opens_large_and_leads_to_its_moment(job_page, job):
    open_report(job_page, job)
    job_page.get_by_role("link", name="Nördlich Öl at 0:00:09.500").click()
    dialog = job_page.get_by_role("dialog")
    expect(dialog).to_contain_text("Nördlich Öl at 0:00:09.500")
    large = dialog.locator("img")
    job_page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=large.element_handle())
    job_page.keyboard.press("Escape")
    job_page.get_by_role("link", name="0:00:09.000 – 0:00:10.000").click()
    expect(job_page.get_by_role("slider", name="Brand timeline")).to_have_attribute("aria-valuetext", "0:00:09.500")
    expect(job_page.locator("#visible")).to_contain_text("Nördlich Öl")


def test_a_large_download_is_prepared_while_the_menu_tells_how_far_it_is(job_page, job):
    open_report(job_page, job)
    job_page.locator("details.menu > summary", has_text="Download").click()
    link = job_page.locator("#downloads a", has_text="evidence.zip")
    link.click()
    expect(link).to_contain_text("Preparing, 0 %")
    with job_page.expect_download(timeout=60_000) as download:
        prepare("report_file", str(ReportFile.objects.get().pk))
    with zipfile.ZipFile(download.value.path()) as pack:
        assert "report.pdf" in pack.namelist()
    assert download.value.suggested_filename == "cup_final-evidence.zip"
    expect(link).not_to_contain_text("Preparing")


def test_a_click_on_the_timeline_goes_there(job_page, job):
    open_report(job_page, job)
    view = job_page.get_by_role("slider", name="Brand timeline")
    view.scroll_into_view_if_needed()
    job_page.locator(".lane-names button").first.wait_for()
    box = view.bounding_box()
    job_page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + 12)
    expect(view).to_have_attribute("aria-valuetext", re.compile(r"0:00:0(4\.9|5\.0)"))
    expect(job_page.locator(".stills img")).to_have_attribute("alt", re.compile("Stored frame at 0:00:0[45]"))


def test_the_timeline_is_zoomed_by_wheel_keys_and_buttons_and_panned_by_hand(job_page, workspace):
    job = broadcast_job(make_timeline(workspace, duration_s=7200.0))
    open_report(job_page, job)
    view = job_page.get_by_role("slider", name="Brand timeline")
    view.scroll_into_view_if_needed()
    job_page.locator(".lane-names button").first.wait_for()
    asked = lambda: [address for address in job_page.asked if "/report/lanes" in address]  # noqa: E731
    span = lambda: [  # noqa: E731
        round(float(value)) for value in re.findall(r"(?:from|to)_s=([\d.]+)", asked()[-1])
    ]
    assert span() == [0, 7200]
    box = view.bounding_box()
    job_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    for _ in range(6):
        job_page.mouse.wheel(0, -200)
    for _ in range(100):
        if span()[0] > 3000:
            break
        job_page.wait_for_timeout(100)
    # Until nothing more is asked for: the last turn of the wheel may come later.
    known = 0
    while known != len(asked()):
        known = len(asked())
        job_page.wait_for_timeout(1000)
    start, end = span()
    # It zooms around the pointer.
    assert 3000 < start < 3600 < end < 4200
    fetched = len(asked())
    # What is fetched reaches beyond what is in view, so one drag may need nothing more.
    for _ in range(3):
        job_page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
        job_page.mouse.down()
        job_page.mouse.move(box["x"] + 10, box["y"] + 40, steps=5)
        job_page.mouse.up()
    for _ in range(100):
        if len(asked()) > fetched and span()[1] > end:
            break
        job_page.wait_for_timeout(100)
    assert span()[1] > end
    # A drag is no click.
    expect(view).to_have_attribute("aria-valuenow", "0")
    job_page.get_by_role("button", name="All 0").click()
    job_page.keyboard.press("+")
    job_page.keyboard.press("0")


def test_every_setting_recomputes_at_once_and_the_last_one_wins(job_page, job):
    open_report(job_page, job)
    expect(row(job_page, "Tiny")).to_have_count(1)
    job_page.locator("#settings-card > summary").click()
    number = job_page.get_by_label("Least size", exact=True)
    number.fill("0.5")
    number.fill("0.02")
    expect(row(job_page, "Tiny")).to_have_count(0)
    expect(row(job_page, "Nördlich Öl")).to_have_count(1)
    expect(job_page.locator("#settings")).to_contain_text("Computed in")
    expect(job_page).to_have_url(re.compile(r"/report\?min_area_share=0.02$"))
    expect(job_page.locator(".lane-names")).not_to_contain_text("Tiny")
    expect(job_page.locator("#evidence-list")).to_contain_text("2 airings")
    assert "min_area_share=0.02" in job_page.locator("#downloads a").first.get_attribute("href")
    # The slider goes with the number, and what a hand is on stays.
    assert job_page.locator('[data-slides="dial-min_area_share"]').input_value() == "0.005"
    assert job_page.evaluate("document.activeElement.id") == "dial-min_area_share"
    job_page.reload()
    expect(row(job_page, "Tiny")).to_have_count(0)
    job_page.get_by_role("link", name="Back to the job’s own").click()
    expect(row(job_page, "Tiny")).to_have_count(1)


def test_a_preset_is_chosen_tried_and_kept(job_page, job, workspace):
    open_report(job_page, job)
    job_page.locator("#preset").select_option(label="strict, version 1")
    expect(job_page.locator("#settings")).to_contain_text("Preset strict, version 1.")
    job_page.locator("#settings-card > summary").click()
    expect(job_page.get_by_label("Shortest airing", exact=True)).to_have_value("2.0")
    job_page.get_by_label("Shortest airing", exact=True).fill("3")
    expect(job_page.locator("#settings")).to_contain_text("but min_event_s = 3.0")
    job_page.get_by_role("button", name="Keep as a preset…").click()
    dialog = job_page.get_by_role("dialog", name="Keep as a preset")
    dialog.get_by_label("Name").fill("final")
    dialog.get_by_role("button", name="Keep", exact=True).click()
    job_page.get_by_text("Kept as final, version 1.").wait_for()
    kept = find_preset("final", workspace)
    assert kept.settings["min_event_s"] == 3.0
    assert kept.settings["min_area_share"] == find_preset("strict", workspace).settings["min_area_share"]


def test_a_wrong_setting_is_told_and_the_numbers_stay(job_page, job):
    open_report(job_page, job)
    job_page.locator("#settings-card > summary").click()
    job_page.get_by_label("Currency", exact=True).fill("12")
    job_page.locator("#said").get_by_text("currency").wait_for()
    expect(row(job_page, "Tiny")).to_have_count(1)


def test_the_table_is_sorted_filtered_and_given_columns(job_page, workspace):
    job = make_job(make_timeline(workspace))
    make_report(job)
    open_report(job_page, job)
    names = lambda: job_page.locator("#table tbody tr").evaluate_all("rows => rows.map(row => row.dataset.brand)")  # noqa: E731
    assert names()[0] == "Northwind"
    job_page.get_by_role("button", name="Brand", exact=True).click()
    expect(job_page.locator("#table th[aria-sort=ascending]")).to_have_count(1)
    assert names() == ["Halcyon Air", "Northwind", "Zephyr Cola"]
    job_page.locator("#look").get_by_role("searchbox", name="Brand").fill("zeph")
    expect(job_page.locator("#table tbody tr")).to_have_count(1)
    job_page.locator("details.columns > summary").click()
    job_page.locator("details.columns").get_by_label("Clarity").check()
    expect(job_page.locator("#table thead")).to_contain_text("Clarity")
    expect(job_page).to_have_url(re.compile("columns=clarity.*brand=zeph|brand=zeph.*columns=clarity"))


def test_a_link_is_made_copied_opened_elsewhere_and_revoked(job_page, job, browser):
    open_report(job_page, job)
    job_page.get_by_role("button", name="Share…").click()
    dialog = job_page.get_by_role("dialog", name="Share this report")
    dialog.get_by_label("Whom it is for").fill("Aldermoor")
    dialog.get_by_role("button", name="Make a link").click()
    told = dialog.get_by_label("The link; it is told this once")
    expect(told).to_have_value(re.compile(r"/shared/[\w-]{43}$"))
    expect(dialog.locator("#links")).to_contain_text("Aldermoor")
    address = told.input_value()
    browser.clear_cookies()
    job_page.goto(address)
    job_page.locator('html[data-ready="report"]').wait_for()
    expect(row(job_page, "Nördlich Öl")).to_have_count(1)
    job_page.keyboard.press("j")
    expect(job_page.locator("#visible")).to_contain_text("Nördlich Öl")
    job_page.locator(".lane-names button").first.wait_for()
    assert serious(job_page) == []
    assert not [
        one for one in job_page.asked[job_page.asked.index(address.removeprefix(job_page.server)) :] if "/jobs/" in one
    ]
    link = ReportLink.objects.get()
    from detection.reporting.links import revoke_link

    revoke_link(link)
    job_page.reload()
    job_page.get_by_text("This link was revoked or has run out").wait_for()


def test_the_table_the_gallery_and_the_downloads_work_without_a_script(asgi_server, client, job, browser):
    context = browser.browser.new_context(java_script_enabled=False)
    try:
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": asgi_server}])
        page = context.new_page()
        page.goto(f"{asgi_server}/jobs/{job.pk}/report")
        page.locator("#settings-card > summary").click()
        page.get_by_label("Least size", exact=True).fill("0.02")
        page.locator("#settings-card").get_by_role("button", name="Compute").click()
        expect(row(page, "Nördlich Öl")).to_have_count(1)
        expect(row(page, "Tiny")).to_have_count(0)
        expect(page.locator("#evidence-list li")).to_have_count(2)
        page.locator("details.menu > summary", has_text="Download").click()
        with page.expect_download() as download:
            page.locator("#downloads a", has_text="report.csv").click()
        assert "Tiny" not in download.value.path().read_text()
    finally:
        context.close()
