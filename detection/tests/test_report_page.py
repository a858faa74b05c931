from __future__ import annotations

import csv
import io
import json

import cv2
import numpy as np
import pytest

from mpr.jobs.models import JobStatus
from mpr.pipeline.frames import decode_jpeg
from mpr.storage.buckets import media_out
from tests.rows import HEIGHT_PX, WIDTH_PX, make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(workspace):
    job = make_job(make_timeline(workspace))
    make_report(job, events=8)
    return job


def addresses(job):
    airing = job.airings.first()
    evidence = airing.evidence["frame"]["pts_s"]
    return {
        "page": f"/jobs/{job.pk}/report",
        "json": f"/jobs/{job.pk}/report.json",
        "csv": f"/jobs/{job.pk}/report.csv",
        "html": f"/jobs/{job.pk}/report.html",
        "airings": f"/jobs/{job.pk}/report/airings?brand=Northwind",
        "unresolved": f"/jobs/{job.pk}/unresolved/0.jpg",
        "evidence": f"/airings/{airing.pk}/evidence.jpg",
        "frame": f"/jobs/{job.pk}/evidence/00h00m{int(evidence):02d}s000.jpg",
    }


@pytest.mark.parametrize("which", ["page", "json", "csv", "html", "airings", "unresolved", "evidence", "frame"])
def test_a_report_is_seen_by_members_only(which, job, client, stranger_client, anonymous_client):
    address = addresses(job)[which]
    assert client.get(address).status_code == 200
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302


def test_the_page_names_brands_times_and_what_is_open(job, client):
    page = client.get(f"/jobs/{job.pk}/report").content.decode()
    for brand in ("Northwind", "Halcyon Air", "Zephyr Cola"):
        assert brand in page
    assert "0:00:32.000" in page
    assert "“SPR1NG”" in page
    assert "Two brands are equally near." in page


def test_every_bar_leads_to_an_airing_and_the_gallery_stops_at_six(job, client):
    page = client.get(f"/jobs/{job.pk}/report").content.decode()
    for airing in job.airings.all():
        assert f'href="#airing-{airing.pk}"' in page
    assert page.count("/evidence.jpg?view=frame") == 18
    assert page.count("See all 8 airings") == 3


def test_all_airings_of_a_brand_are_listed(job, client):
    page = client.get(f"/jobs/{job.pk}/report/airings?brand=Northwind").content.decode()
    assert page.count("/evidence.jpg?view=frame") == 8
    assert client.get(f"/jobs/{job.pk}/report/airings?brand=Nobody").status_code == 404


def test_a_job_without_a_report_says_so(workspace, client):
    running = make_job(make_timeline(workspace), JobStatus.RUNNING, done=3)
    answer = client.get(f"/jobs/{running.pk}/report")
    assert answer.status_code == 404
    assert "This job has no report yet" in answer.content.decode()


def test_a_report_without_brands_says_what_to_do(workspace, client):
    job = make_job(make_timeline(workspace))
    make_report(job, brands=())
    page = client.get(f"/jobs/{job.pk}/report").content.decode()
    assert "No brand was seen" in page


def test_the_outline_is_drawn_on_the_whole_frame(job, client):
    airing = job.airings.first()
    picture = decode_jpeg(client.get(f"/airings/{airing.pk}/evidence.jpg?view=frame").content)
    assert picture.shape == (HEIGHT_PX, WIDTH_PX, 3)
    corner = np.array(airing.evidence["polygon"][1]) * (WIDTH_PX, HEIGHT_PX)
    hue, saturation, value = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)[round(corner[1]), round(corner[0])]
    assert 15 < hue < 40, (hue, saturation, value)


def test_the_default_picture_shows_the_brand_larger(job, client):
    airing = job.airings.first()
    crop = decode_jpeg(client.get(f"/airings/{airing.pk}/evidence.jpg").content)
    white_in_crop = (crop.min(axis=2) > 220).mean()
    whole = decode_jpeg(client.get(f"/airings/{airing.pk}/evidence.jpg?view=frame").content)
    assert white_in_crop > 1.5 * (whole.min(axis=2) > 220).mean()


@pytest.mark.parametrize("address", ["/airings/{0}/evidence.jpg?view=other", "/airings/999999/evidence.jpg"])
def test_pictures_that_are_not_there_are_404(address, job, client):
    assert client.get(address.format(job.airings.first().pk)).status_code == 404


@pytest.mark.parametrize(
    "path", ["unresolved/1.jpg", "evidence/..%2F..%2Fpacks", "evidence/99h00m00s000.jpg", "report.exe"]
)
def test_nothing_else_can_be_fetched(path, job, client):
    assert client.get(f"/jobs/{job.pk}/{path}").status_code == 404


def test_a_cleared_frame_cache_is_told(job, client):
    airing = job.airings.first()
    key = airing.evidence["frame"]["pack"]
    media_out.delete(f"timelines/{job.timeline_id}/{key}")
    answer = client.get(f"/airings/{airing.pk}/evidence.jpg")
    assert answer.status_code == 404
    assert key in answer.content.decode()


def test_downloads_carry_the_footage_s_name_and_their_frames_can_be_fetched(job, client):
    answer = client.get(f"/jobs/{job.pk}/report.json")
    assert answer["Content-Disposition"] == 'attachment; filename="cup_final-report.json"'
    report = json.loads(answer.content)
    assert report["schema"] == "mpr.report/1"
    frame = report["brands"][0]["events"][0]["evidence"]["frame"]
    assert decode_jpeg(client.get(f"/jobs/{job.pk}/{frame}").content).shape == (HEIGHT_PX, WIDTH_PX, 3)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/jobs/{job.pk}/report.csv").content.decode("utf-8-sig"))))
    assert len(rows) == 24
