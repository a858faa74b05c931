"""The shell and its pages in a real browser: search by keyboard, changes with undo, imports, live parts; what assistive
technology and narrow screens make of them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from brands.change import give_exemplar, remove_alias
from brands.models import Brand
from mpr.jobs.models import JobStatus, WorkerSign
from profiles.edit import save_profile
from profiles.models import Profile
from profiles.shipped import sync_profiles
from tests.rows import make_job, make_report, make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")


def png(colour="red"):
    image = Image.new("RGB", (64, 40), "white")
    ImageDraw.Draw(image).rectangle((12, 8, 52, 32), fill=colour)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def sign(**given):
    now = timezone.now()
    told = {"host": "box", "version": "0.1.0", "queues": ["control", "cpu", "gpu"], "slots": 2, "owners": ["box:71"],
            "started_at": now, "seen_at": now + timedelta(minutes=10)}  # fmt: skip
    return WorkerSign.objects.create(name="gpu@box", **told | given)


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found if rule["impact"] in SERIOUS]


@pytest.fixture
def brand(workspace):
    return Brand.objects.create(workspace=workspace, canonical_name="Northwind", aliases=["North Wind", "NW"])


@pytest.fixture
def job(workspace, brand):
    job = make_job(make_timeline(workspace), label="Northern try")
    make_report(job)
    return job


@pytest.fixture
def profile(workspace, owner):
    sync_profiles()
    shipped = Profile.objects.get(name="soccer_broadcast")
    configs = {"run_ocr": {"min_confidence": 0.7}}
    own = Profile(workspace=workspace, name="night_match", pipeline=shipped.pipeline, configs=configs)
    save_profile(own, by=owner)
    own.configs = {}
    return save_profile(own, by=owner)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (390, "light"), (360, "dark")])
def test_no_page_scrolls_sideways_or_has_a_serious_issue(width, scheme, job_page, job, brand, profile, owner):
    give_exemplar(brand, png(), called="“a.png”", note="a.png", by=owner)
    remove_alias(brand, "NW", owner)
    make_job(job.timeline, JobStatus.RUNNING, done=5)
    sign()
    owner.is_staff = owner.is_superuser = True
    owner.save()
    job_page.set_viewport_size({"width": width, "height": 800})
    job_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    for path in ("/brands", f"/brands/{brand.pk}", "/brands/import", "/profiles", f"/profiles/{profile.pk}",
                 f"/profiles/{profile.pk}/compare?a=v1&b=v2", "/system", "/search?q=nor"):  # fmt: skip
        job_page.goto(job_page.server + path)
        if path == "/system":
            expect(job_page.locator("#checks")).to_contain_text("Queue control")
            expect(job_page.locator("#storage")).to_contain_text("Results were counted in")
        assert job_page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert serious(job_page) == [], path
        assert job_page.get_by_role("heading", level=1).count() == 1
    job_page.keyboard.press("Control+k")
    job_page.get_by_role("combobox").fill("nor")
    expect(job_page.get_by_role("option")).to_have_count(3)
    assert serious(job_page) == []


def test_everything_is_searched_with_the_keyboard(job_page, job):
    job_page.goto(job_page.server + "/jobs/")
    job_page.keyboard.press("/")
    field = job_page.get_by_role("combobox", name="Search everything")
    expect(field).to_be_focused()
    job_page.keyboard.type("nor")
    options = job_page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(job_page.locator("#search-said")).to_have_text("3 found")
    first = field.get_attribute("aria-activedescendant")
    assert job_page.locator(f"#{first}").get_attribute("aria-selected") == "true"
    job_page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    job_page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    job_page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(options).to_have_count(0)
    job_page.keyboard.press("Escape")
    expect(field).to_be_hidden()
    job_page.keyboard.press("Control+k")
    job_page.keyboard.type("Northern")
    expect(options).to_have_count(1)
    job_page.keyboard.press("Enter")
    job_page.wait_for_url(f"**/jobs/{job.pk}/")


def test_nothing_found_is_told_and_keys_are_silent_in_the_field(job_page, job):
    job_page.goto(job_page.server + "/brands")
    job_page.keyboard.press("Control+k")
    job_page.keyboard.type("xyzzy?")
    expect(job_page.locator("#search-said")).to_contain_text("Nothing found.")
    assert not job_page.locator("#keys-dialog").evaluate("dialog => dialog.open")


def test_the_person_finds_keys_token_and_the_way_out(job_page):
    job_page.goto(job_page.server + "/jobs/")
    job_page.locator("details.person summary").click()
    expect(job_page.get_by_role("link", name="API token")).to_be_visible()
    job_page.keyboard.press("Escape")
    expect(job_page.get_by_role("link", name="API token")).to_be_hidden()
    job_page.locator("details.person summary").click()
    job_page.get_by_role("button", name="Keys").click()
    expect(job_page.locator("#keys-dialog")).to_be_visible()
    job_page.get_by_role("button", name="Close").last.click()
    job_page.locator("details.person summary").click()
    job_page.get_by_role("button", name="Sign out").click()
    job_page.wait_for_url("**/sign-in")


def test_the_workers_in_the_bar_are_counted_anew(job_page):
    job_page.goto(job_page.server + "/jobs/")
    crew = job_page.locator("#crew")
    expect(crew).to_have_text("No worker online")
    assert "so jobs wait" in crew.get_attribute("title")
    sign()
    job_page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(crew).to_have_text("1 worker online")


def test_an_alias_is_removed_and_put_back_by_a_key_and_after_a_reload(job_page, brand):
    job_page.goto(f"{job_page.server}/brands/{brand.pk}")
    job_page.get_by_role("button", name="Remove NW").click()
    expect(job_page.locator("#said")).to_contain_text("“NW” is no alias any more.")
    job_page.keyboard.press("u")
    # A key that is faster than the script sends the form as it is; the message then stands on the new page.
    expect(job_page.get_by_text("“NW” is an alias again.")).to_be_visible()
    job_page.get_by_role("button", name="Remove NW").click()
    expect(job_page.locator(".chip")).to_have_count(1)
    job_page.reload()
    job_page.get_by_role("button", name="Undo Alias removed: NW").first.click()
    expect(job_page.locator(".chip")).to_have_count(2)
    job_page.get_by_label("Another spelling").fill("northwind")
    job_page.keyboard.press("Enter")
    expect(job_page.get_by_role("alert")).to_have_text("Northwind goes by “northwind” already.")
    brand.refresh_from_db()
    assert brand.aliases == ["North Wind", "NW"]


DROP = """([selector, name, bytes]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
  const zone = document.querySelector(selector);
  for (const kind of ["dragenter", "dragover", "drop"])
    zone.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: files }));
}"""


def test_a_logo_is_dropped_deleted_and_brought_back(job_page, brand):
    job_page.goto(f"{job_page.server}/brands/{brand.pk}")
    job_page.evaluate(DROP, ["form.drop", "red.png", list(png())])
    expect(job_page.locator("#said")).to_contain_text("red.png is an exemplar now.")
    picture = job_page.get_by_alt_text("Exemplar 1 of Northwind")
    expect(picture).to_have_js_property("naturalWidth", 64)
    job_page.get_by_role("button", name="Delete exemplar 1").click()
    expect(picture).to_have_count(0)
    job_page.locator("#said").get_by_role("button", name="Undo").click()
    expect(picture).to_have_js_property("naturalWidth", 64)
    job_page.evaluate(DROP, ["form.drop", "broken.png", [1, 2, 3]])
    expect(job_page.get_by_role("alert")).to_contain_text("“broken.png” is no SVG, PNG or JPEG")


def test_a_list_is_seen_before_it_is_put_in(job_page, brand):
    job_page.goto(job_page.server + "/brands")
    job_page.keyboard.press("i")
    job_page.wait_for_url("**/brands/import")
    data = b"canonical_name,aliases\nZephyr Cola,ZC\nNorthwind,North\n"
    job_page.locator("#list-file").set_input_files({"name": "list.csv", "mimeType": "text/csv", "buffer": data})
    expect(job_page.locator("#planned")).to_contain_text("1 new brand, 2 aliases, 0 exemplars would come into Ours")
    assert Brand.objects.count() == 1
    job_page.keyboard.press("p")
    expect(job_page.locator("#planned")).to_contain_text("Done: 1 new brand")
    assert Brand.objects.count() == 2
    job_page.locator("#list-file").set_input_files({"name": "bad.csv", "mimeType": "text/csv", "buffer": b"x"})
    expect(job_page.locator("#planned")).to_contain_text("its first line must be")


def test_a_profile_is_duplicated_and_compared(job_page, profile):
    job_page.goto(f"{job_page.server}/profiles/{profile.pk}")
    job_page.get_by_role("button", name="Compare").click()
    expect(job_page.get_by_role("heading", level=1)).to_have_text("night_match v2 and night_match v1")
    expect(job_page.get_by_role("row", name="min_confidence 0.5 0.7")).to_be_visible()
    job_page.go_back()
    job_page.keyboard.press("d")
    expect(job_page.get_by_role("heading", level=1)).to_contain_text("night_match_copy")


def test_the_system_page_goes_on_by_itself(job_page, workspace):
    job_page.goto(job_page.server + "/system")
    expect(job_page.locator("#work")).to_contain_text("No worker is online, so jobs wait")
    expect(job_page.locator("#storage")).to_contain_text("Results were counted in")
    sign()
    job_page.evaluate(
        "htmx.trigger('#work', 'htmx:abort'); htmx.ajax('GET', '/system/work', {target: '#work', swap: 'outerHTML'})"
    )
    expect(job_page.locator("#work")).to_contain_text("gpu@box")
