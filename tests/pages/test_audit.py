"""The audit page in a real browser: a sample is drawn and answered by keys."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from detection.audits import start_audit
from detection.models import AuditItem
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SERIOUS = ("serious", "critical")


@pytest.fixture
def job(workspace):
    """Twenty seconds; the brand is seen in seconds 2 to 4 and 9."""
    return record_job(make_timeline(workspace, duration_s=20.0))


def serious(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found if rule["impact"] in SERIOUS]


def wait_sent(page):
    expect(page.locator("#review")).to_have_attribute("data-unsent", "0")


def test_a_sample_is_drawn_and_answered_by_keys(job_page, job, browser):
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/audit")
    expect(job_page.get_by_role("heading", name="How far can the report be trusted?")).to_be_visible()
    assert serious(job_page) == []
    job_page.get_by_role("button", name="Draw a sample").click()
    expect(job_page.locator("#item-title")).to_be_visible()
    items = list(AuditItem.objects.order_by("number"))
    expect(job_page.locator("#queue li")).to_have_count(len(items))
    browser.set_offline(True)
    job_page.keyboard.press("N")
    expect(job_page.locator("#tally-answered")).to_have_text("1")
    expect(job_page.locator("#unsent")).to_contain_text("One answer waits")
    browser.set_offline(False)
    job_page.keyboard.press("X")
    wait_sent(job_page)
    assert list(AuditItem.objects.order_by("number").values_list("verdict", flat=True)[:2]) == ["no", "unclear"]
    job_page.keyboard.press("U")
    expect(job_page.locator("#tally-answered")).to_have_text("1")
    wait_sent(job_page)
    assert AuditItem.objects.exclude(verdict="").count() == 1
    number = next(item.number for item in items[2:] if item.kind == "any")
    job_page.locator(f'[data-number="{number}"] button').click()
    expect(job_page.locator("#item-title")).to_have_text("Is a brand there that the report does not have?")
    job_page.keyboard.press("Y")
    job_page.keyboard.type("Quillon")
    job_page.keyboard.press("Enter")
    expect(job_page.locator(f'[data-number="{number}"]')).to_contain_text("yes · Quillon")
    wait_sent(job_page)
    assert AuditItem.objects.get(number=number).missed == ["Quillon"]
    job_page.reload()
    expect(job_page.locator("#tally-answered")).to_have_text("2")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark"), (360, "light")])
def test_it_fits_and_has_no_serious_issue(width, scheme, job_page, job, owner):
    start_audit(job, size=20, seed=3, user=owner)
    job_page.set_viewport_size({"width": width, "height": 900})
    job_page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    job_page.goto(f"{job_page.server}/jobs/{job.pk}/audit")
    expect(job_page.locator("#item-title")).to_be_visible()
    assert job_page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious(job_page) == []


def test_a_viewer_reads_and_a_stranger_finds_nothing(client, stranger_client, workspace, job, owner):
    start_audit(job, size=20, seed=3, user=owner)
    workspace.memberships.update(role="viewer")
    page = client.get(f"/jobs/{job.pk}/audit")
    assert (page.status_code, "data-may-decide" in page.content.decode()) == (200, False)
    assert stranger_client.get(f"/jobs/{job.pk}/audit").status_code == 404
