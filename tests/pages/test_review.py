"""The review page in a real browser on a real server: decided by keyboard, undone, through a broken line."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from brands.models import Brand
from detection.models import Airing, Decision
from detection.review.deciding import Choice, decide
from tests.rows import make_job, make_report, make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")


@pytest.fixture
def job(workspace):
    """Twelve airings of three brands, of which the middle one is doubtful, and one open question."""
    job = make_job(make_timeline(workspace))
    make_report(job, events=4)
    job.airings.filter(brand_name="Halcyon Air").update(confidence=0.6)
    return job


@pytest.fixture
def page(job_page, job):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/review")
    expect(job_page.locator("#shot rect").first).to_be_attached()
    return job_page


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found if rule["impact"] in SERIOUS]


def waits(page):
    return expect(page.locator("#tally-waiting"))


def entries(page):
    return page.locator("#queue li")


def wait_sent(page):
    """Until the server has everything."""
    expect(page.locator("#review")).to_have_attribute("data-unsent", "0")


def test_ten_are_decided_by_keyboard_and_undone(page, job):
    waits(page).to_have_text("5")
    expect(entries(page)).to_have_count(13)
    for number, key in enumerate("ARXAARRXAA", 1):
        page.keyboard.press(key)
        expect(entries(page)).to_have_count(13 - number)
    wait_sent(page)
    expect(page.locator("#tally-done")).to_have_text("10")
    waits(page).to_have_text("0")
    assert Decision.objects.count() == 10
    assert job.airings.exclude(review_state="unreviewed").count() + 1 == 10
    for left in (4, 5, 6):
        page.keyboard.press("U")
        expect(entries(page)).to_have_count(left)
    expect(page.locator("#tally-done")).to_have_text("7")
    page.reload()
    expect(entries(page)).to_have_count(6)
    page.keyboard.press("U")
    expect(page.locator("#said")).to_contain_text("Undone:")
    expect(entries(page)).to_have_count(7)
    assert Decision.objects.live().count() == 6


def test_nothing_is_lost_when_the_line_breaks(page, job, browser):
    browser.set_offline(True)
    page.keyboard.press("A")
    page.keyboard.press("R")
    expect(page.locator("#unsent")).to_contain_text("2 decisions wait to be sent")
    page.keyboard.press("A")
    expect(page.locator("#unsent")).to_contain_text("3 decisions wait")
    assert not Decision.objects.exists()
    browser.set_offline(False)
    expect(page.locator("#unsent")).to_be_hidden()
    wait_sent(page)
    assert list(Decision.objects.order_by("pk").values_list("verdict", flat=True)) == ["accept", "reject", "accept"]


def test_what_was_not_sent_is_sent_by_the_page_that_is_opened_next(page, job, browser):
    browser.set_offline(True)
    page.keyboard.press("A")
    expect(page.locator("#unsent")).to_contain_text("One decision waits")
    kept = page.evaluate("JSON.stringify({...localStorage})")
    browser.set_offline(False)
    wait_sent(page)
    # The same once more, as if the answer had not come through.
    page.evaluate(
        "kept => { for (const [key, value] of Object.entries(JSON.parse(kept))) localStorage.setItem(key, value) }",
        kept,
    )
    page.reload()
    expect(entries(page)).to_have_count(12)
    wait_sent(page)
    assert Decision.objects.count() == 1


def test_another_brand_is_typed_and_chosen(page, job, workspace):
    Brand.objects.create(workspace=workspace, canonical_name="Quillon")
    page.reload()
    expect(page.locator("#shot rect").first).to_be_attached()
    page.keyboard.press("B")
    expect(page.get_by_role("option", name="Quillon")).to_be_visible()
    page.keyboard.type("quil")
    expect(page.locator("#names li")).to_have_count(1)
    assert serious(page) == []
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(12)
    page.keyboard.press("N")
    page.keyboard.press("Control+a")
    page.keyboard.type("Brand New")
    page.keyboard.press("Enter")
    expect(entries(page)).to_have_count(11)
    wait_sent(page)
    assert list(Decision.objects.order_by("pk").values_list("given_brand", flat=True)) == ["Quillon", "Brand New"]


def test_all_that_look_alike_are_decided_at_once(page, job):
    Airing.objects.update(look="t:x|y")
    page.reload()
    expect(page.locator("#alike-words")).to_have_text("Same crop in 12 places")
    page.keyboard.press("C")
    expect(page.locator("#alike-all")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("A")
    expect(entries(page)).to_have_count(1)
    wait_sent(page)
    assert job.airings.filter(review_state="accepted").count() == 12
    page.keyboard.press("U")
    expect(entries(page)).to_have_count(13)
    assert job.airings.filter(review_state="unreviewed").count() == 12


def test_what_is_selected_is_decided_at_once(page, job):
    boxes = page.locator("#queue input")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator("#selected")).to_contain_text("4 selected")
    page.keyboard.press("R")
    expect(entries(page)).to_have_count(9)
    wait_sent(page)
    assert Decision.objects.count() == 4
    assert Decision.objects.values("batch").distinct().count() == 1


def test_ends_are_moved_by_frames_and_drawn(page, job):
    key = page.locator("#queue li.here").get_attribute("data-key-of")
    airing = Airing.objects.get(pk=key[1:])
    before = page.locator("#start-time").inner_text()
    page.keyboard.press("]")
    page.keyboard.press("]")
    page.keyboard.press("[")
    page.keyboard.press("}")
    expect(page.locator("#start-time")).not_to_have_text(before)
    wait_for_decision(page)
    decision = Decision.objects.get()
    assert decision.given_start_s == pytest.approx(airing.start_s + 1 / 25)
    assert decision.given_end_s == pytest.approx(airing.end_s + 1 / 25)
    page.keyboard.press("U")
    expect(page.locator("#start-time")).to_have_text(before)
    page.locator("#shot").scroll_into_view_if_needed()
    handle = page.locator(".shot-handle[data-end=end]").bounding_box()
    page.mouse.move(handle["x"] + 2, handle["y"] + 8)
    page.mouse.down()
    page.mouse.move(handle["x"] - 20, handle["y"] + 8, steps=4)
    page.mouse.up()
    wait_for_decision(page)
    assert Decision.objects.live().get().given_end_s < airing.end_s


def wait_for_decision(page):
    page.wait_for_timeout(900)
    wait_sent(page)


def test_merging_and_splitting_leave_it_in_the_queue(page, job):
    last = page.locator("#queue li", has_text="Halcyon Air").last
    last.get_by_role("button").click()
    expect(page.locator("#item-title")).to_contain_text("Halcyon Air")
    page.keyboard.press("M")
    expect(page.locator("#said")).to_contain_text("Merged")
    page.keyboard.press("S")
    wait_sent(page)
    expect(entries(page)).to_have_count(13)
    assert set(Decision.objects.values_list("verdict", flat=True)) >= {"merge"}


def test_another_reviewers_decisions_are_told(page, job, workspace):
    maria = get_user_model().objects.create_user("maria", password="correct horse")
    workspace.memberships.create(user=maria, role="analyst")
    shown = page.locator("#queue li.here").get_attribute("data-key-of")
    other = page.locator("#queue li").nth(5).get_attribute("data-key-of")
    decide(maria, [shown], Choice(verdict="reject"))
    decide(maria, [other], Choice(verdict="reject"))
    page.keyboard.press("A")
    expect(page.locator("#said")).to_contain_text("maria decided 2 meanwhile.")
    expect(page.locator(f'[data-key-of="{other}"]')).to_have_count(0)


def test_a_viewer_looks_and_decides_nothing(page, job, workspace):
    workspace.memberships.update(role="viewer")
    page.reload()
    expect(page.locator("#shot rect").first).to_be_attached()
    expect(page.get_by_role("button", name="Accept")).to_be_disabled()
    page.keyboard.press("A")
    page.keyboard.press("J")
    expect(page.locator("#queue li").nth(1)).to_have_class("here")
    assert not Decision.objects.exists()


def test_what_was_decided_is_taught(page, job):
    page.locator("#queue li", has_text="open").get_by_role("button").click()
    expect(page.locator("#accept-words")).to_have_text("It is Northwind")
    page.keyboard.press("A")
    wait_sent(page)
    page.keyboard.press("T")
    expect(page.get_by_label("“SPR1NG” is an alias of it")).to_be_checked()
    assert serious(page) == []
    page.get_by_role("button", name="Teach", exact=True).click()
    expect(page.locator("#said")).to_have_text("“SPR1NG” is an alias of Northwind from now on.")
    assert Brand.objects.get(canonical_name="Northwind").aliases == ["SPR1NG"]


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (360, "light")])
def test_no_state_of_the_page_scrolls_sideways_or_has_a_serious_issue(width, scheme, job_page, job):
    job_page.set_viewport_size({"width": width, "height": 900})
    job_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/review" if scheme == "light" else f"{job_page.server}/review")
    expect(job_page.locator("#shot rect").first).to_be_attached()
    assert job_page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(job_page) == []
    job_page.locator("#show").select_option("done")
    expect(job_page.locator("#nothing-title")).to_have_text("Nothing was reviewed yet")
    assert serious(job_page) == []
