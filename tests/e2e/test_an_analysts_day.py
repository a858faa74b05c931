"""From a file to a report that is defended, in a browser, on everything MPR runs on."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import opentimelineio
import pytest
import webvtt
from playwright.sync_api import expect
from pycocotools.coco import COCO
from pypdf import PdfReader

from detection.models import Airing, Decision
from mpr.assets.models import MediaAsset
from mpr.jobs.models import Job, JobStatus, Shard, ShardState

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LONG_MS = 240_000


def upload(page, film):
    page.goto("/")
    page.get_by_text("No footage yet").wait_for()
    page.locator("#files").set_input_files(film.video)
    card = page.locator(".asset").filter(has_text=film.video.name)
    card.wait_for(timeout=LONG_MS)
    expect(card.get_by_role("button", name="Analyse")).to_be_visible()
    return card


def start(page, card, film):
    card.get_by_role("button", name="Analyse").click()
    form = page.locator("#analyse")
    form.locator("summary").click()
    form.locator("input[name=brand_list]").set_input_files(film.brands)
    form.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]+/$"), wait_until="commit")
    return Job.objects.get()


def pause_and_resume(page, job):
    """While it runs, by keys."""
    page.locator('#line[data-line="live"]').wait_for()
    page.locator(".job-summary .state-running").wait_for()
    page.keyboard.press("p")
    page.locator(".job-summary .state-paused").wait_for()
    assert Job.objects.get(pk=job.pk).status == JobStatus.PAUSED
    page.keyboard.press("p")
    page.locator(".job-summary .state-running").wait_for()


def decide_ten(page, job):
    """What is asked without a name in mind is given one; everything else is accepted, or one time is not."""
    name = Airing.objects.filter(job=job).values_list("brand_name", flat=True)[0]
    page.goto(f"/jobs/{job.pk}/review")
    expect(page.locator("#queue li").nth(9)).to_be_attached()
    expect(page.locator("#shot rect").first).to_be_attached()
    for number, key in enumerate("AARAAXAARA", 1):
        page.keyboard.press(key)
        if page.locator("#names-dialog[open]").count():
            page.keyboard.type(name)
            page.get_by_role("option", name=name).first.wait_for()
            page.keyboard.press("Enter")
        expect(page.locator("#tally-done")).to_have_text(str(number))
    expect(page.locator("#review")).to_have_attribute("data-unsent", "0")
    made = Decision.objects.filter(undone_at=None)
    assert made.count() == 10
    page.keyboard.press("u")
    expect(page.locator("#tally-done")).to_have_text("9")
    expect(page.locator("#review")).to_have_attribute("data-unsent", "0")
    assert made.count() == 9


def replay_with(page, job, stage, setting, value):
    """Change one setting in the lab and replay; gives the job that came of it, done."""
    page.goto(f"/jobs/{job.pk}/lab?stage={stage}")
    field = page.locator(f'[data-field="{setting}"] input.exact')
    field.fill(value)
    field.press("Enter")
    page.wait_for_url(re.compile(rf"/jobs/(?!{job.pk})[0-9a-f-]+/lab"))
    page.locator(".lab-run .state-completed").wait_for(timeout=LONG_MS)
    return Job.objects.exclude(pk=job.pk).get()


def downloads(page, job):
    """Every file of the report's menu by its name."""
    page.goto(f"/jobs/{job.pk}/report")
    found = {}
    for place in range(page.locator("#downloads a").count()):
        link = page.locator("#downloads a").nth(place)
        if not link.is_visible():
            page.locator("summary", has_text="Download").click()
        with page.expect_download(timeout=LONG_MS) as waited:
            link.click()
        found[waited.value.suggested_filename] = Path(waited.value.path())
    return found


def opened(files):
    """Each file read by something that was not made for it here; gives the kinds that were."""
    kinds = set()
    for name, path in files.items():
        kind = name.rpartition(".")[2]
        kinds.add(kind)
        if name.endswith("coco.json"):
            assert COCO(str(path)).getAnnIds()
        elif kind == "json":
            assert json.loads(path.read_text()).keys() & {"brands", "shots"}, name
        elif kind == "csv":
            assert len(list(csv.DictReader(io.StringIO(path.read_text())))) > 0
        elif kind == "edl":
            assert (
                len(opentimelineio.adapters.from_name("cmx_3600").read_from_string(path.read_text(), rate=25).tracks)
                > 0
            )
        elif kind == "vtt":
            assert len(webvtt.read(str(path))) > 0
        elif kind == "pdf":
            assert "Exposure" in "".join(page.extract_text() for page in PdfReader(path).pages)
        elif kind == "zip":
            assert zipfile.ZipFile(path).testzip() is None
        elif kind == "html":
            assert "<html" in path.read_text()
        else:
            assert path.read_text().startswith(";FFMETADATA1"), name
    return kinds


def test_upload_run_review_replay_compare_report(enter, hire, film, owner, stranger):
    hire()
    page = enter("owner")
    card = upload(page, film)
    job = start(page, card, film)
    pause_and_resume(page, job)
    page.get_by_role("link", name="Open the report").wait_for(timeout=LONG_MS)
    expect(page.locator("#strip a").first).to_be_visible()
    assert Job.objects.get(pk=job.pk).status == JobStatus.COMPLETED
    assert Airing.objects.filter(job=job).count() >= 10

    decide_ten(page, job)

    tried = replay_with(page, job, "match_brands", "min_confidence", "0.99")
    states = dict(tried.stage_runs.values_list("stage_name", "state"))
    assert states["run_ocr"] == states["track_objects"] == "reused"
    assert states["match_brands"] == states["compile_report"] == "done"
    page.goto(f"/jobs/{tried.pk}/compare/{job.pk}")
    page.get_by_role("heading", name="Settings that differ").wait_for()
    expect(page.locator(".changed")).to_contain_text("min_confidence")

    page.goto(f"/jobs/{job.pk}/report")
    expect(page.get_by_role("heading", level=1)).to_have_text(film.video.name)
    kinds = opened(downloads(page, job))
    assert kinds >= {"json", "csv", "edl", "vtt", "pdf", "zip"}

    asset = MediaAsset.objects.get()
    addresses = [f"/assets/{asset.pk}", *(f"/jobs/{job.pk}/{part}" for part in ("", "lab", "review", "report"))]
    other, nobody = enter("stranger"), enter()
    for address in addresses:
        assert page.goto(address).status == 200, address
        assert other.goto(address).status == 404, address
        nobody.goto(address)
        assert "/sign-in" in nobody.url, address
    other.goto("/")
    expect(other.get_by_text(film.video.name)).to_have_count(0)


def test_a_worker_is_killed_while_the_page_is_open(enter, hire, film, owner):
    hand = hire()
    page = enter("owner")
    job = start(page, upload(page, film), film)
    page.locator('#line[data-line="live"]').wait_for()
    expect(page.locator(".worker").first).to_be_visible(timeout=LONG_MS)
    hand.kill(Shard.objects.filter(stage_run__job=job, state=ShardState.RUNNING).exists)
    page.get_by_text("no sign of life").first.wait_for()
    assert Job.objects.get(pk=job.pk).status == JobStatus.RUNNING
    hire()
    page.get_by_role("link", name="Open the report").wait_for(timeout=LONG_MS)
    expect(page.locator("#log-lines")).to_contain_text("was lost with shard")
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    assert not job.stage_runs.filter(shards__state__in=(ShardState.PENDING, ShardState.FAILED)).exists()
