from __future__ import annotations

import csv
import io
import json

import cv2
import numpy as np
import pytest

from detection.models import Contract
from detection.presets import find_preset, save_preset
from mpr.jobs.models import JobStatus
from mpr.pipeline.frames import decode_jpeg
from mpr.storage.buckets import media_out
from tests.recorded import record_job
from tests.rows import HEIGHT_PX, WIDTH_PX, make_job, make_report, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(workspace):
    job = make_job(make_timeline(workspace))
    make_report(job, events=8)
    return job


@pytest.fixture
def measured_job(workspace):
    """A report that can be computed anew: one brand in seconds 2 to 5 and 9 to 10, one more in second 2."""
    return record_job(make_timeline(workspace, duration_s=20.0))


@pytest.fixture
def viewer_client(workspace, django_user_model):
    from django.test import Client

    user = django_user_model.objects.create_user("viewer", password="correct horse")
    workspace.memberships.create(user=user, role="viewer")
    client = Client()
    client.force_login(user)
    return client


def addresses(job):
    airing = job.airings.first()
    evidence = airing.evidence["frame"]["pts_s"]
    proof = f"brand={airing.brand_name}&start_s={airing.start_s}"
    return {
        "page": f"/jobs/{job.pk}/report",
        "numbers": f"/jobs/{job.pk}/report/numbers",
        "lanes": f"/jobs/{job.pk}/report/lanes?from_s=0&to_s=60",
        "next": f"/jobs/{job.pk}/report/next?t_s=0",
        "picture": f"/jobs/{job.pk}/report/picture.jpg?{proof}",
        "question": f"/jobs/{job.pk}/report/picture.jpg?number=0",
        "open": f"/jobs/{job.pk}/report/open",
        "links": f"/jobs/{job.pk}/report/links",
        "json": f"/jobs/{job.pk}/report.json",
        "csv": f"/jobs/{job.pk}/report.csv",
        "html": f"/jobs/{job.pk}/report.html",
        "edl": f"/jobs/{job.pk}/report.edl",
        "airings": f"/jobs/{job.pk}/report/airings?of_brand=Northwind",
        "unresolved": f"/jobs/{job.pk}/unresolved/0.jpg",
        "evidence": f"/airings/{airing.pk}/evidence.jpg",
        "frame": f"/jobs/{job.pk}/evidence/00h00m{int(evidence):02d}s000.jpg",
    }


PARTS = (
    "page", "numbers", "lanes", "next", "picture", "question", "open", "links", "json", "csv", "html", "edl", "airings",
    "unresolved", "evidence", "frame",
)  # fmt: skip


@pytest.mark.parametrize("which", PARTS)
def test_a_report_is_seen_by_members_only(which, job, client, stranger_client, anonymous_client):
    address = addresses(job)[which]
    assert client.get(address).status_code == 200
    assert stranger_client.get(address).status_code == 404
    assert anonymous_client.get(address).status_code == 302


def test_the_page_names_brands_bounds_and_what_is_open(job, client):
    page = client.get(f"/jobs/{job.pk}/report").content.decode()
    for brand in ("Northwind", "Halcyon Air", "Zephyr Cola"):
        assert brand in page
    brand = json.loads(client.get(f"/jobs/{job.pk}/report.json").content)["brands"][0]
    assert brand["exposure_s"] == 32.0
    assert "0:00:32.0" in page
    assert "0:00:28.8 – 0:00:34.4" in page
    assert "“SPR1NG”" in page
    assert "Two brands are equally near." in page
    assert "modelled estimate" in page.lower()


def test_the_gallery_has_a_page_of_airings_and_the_way_to_the_next(job, workspace, client):
    page = client.get(f"/jobs/{job.pk}/report").content.decode()
    assert page.count("view=frame") == 24 + 1
    assert "More of" not in page
    longer = make_job(make_timeline(workspace))
    make_report(longer, events=12)
    page = client.get(f"/jobs/{longer.pk}/report").content.decode()
    assert "More of 36" in page


def test_the_evidence_is_filtered_and_paged(job, client):
    ours = client.get(f"/jobs/{job.pk}/report/airings?of_brand=Northwind").content.decode()
    assert ours.count("view=frame") == 8
    assert client.get(f"/jobs/{job.pk}/report/airings?of_brand=Nobody").content.decode().count("view=frame") == 0
    boards = client.get(f"/jobs/{job.pk}/report/airings?where=board").content.decode()
    assert boards.count("view=frame") == 8
    part = client.get(f"/jobs/{job.pk}/report/airings?where=board", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert part.count("view=frame") == 8
    assert client.get(f"/jobs/{job.pk}/report/airings?page=2").status_code == 404


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


def test_columns_order_placement_and_brand_are_chosen_in_the_address(job, client):
    def table(query):
        page = client.get(f"/jobs/{job.pk}/report?{query}").content.decode()
        return page[page.index('<div id="table"') : page.index("</table>")]

    assert "Clarity" not in table("")
    assert "Clarity" in table("columns=exposure_s&columns=clarity")
    found = table("sort=brand")
    assert found.index("Halcyon Air") < found.index("Northwind") < found.index("Zephyr Cola")
    found = table("sort=-brand")
    assert found.index("Zephyr Cola") < found.index("Northwind")
    assert 'aria-sort="descending"' in found
    assert "Northwind" not in table("brand=zeph")
    assert "Northwind" in table("columns=nonsense&placement=nonsense")


def test_settings_recompute_every_number_and_the_address_says_which(measured_job, client):
    page = client.get(f"/jobs/{measured_job.pk}/report").content.decode()
    assert "Tiny" in page
    answer = client.get(f"/jobs/{measured_job.pk}/report/numbers?min_area_share=0.02")
    assert "Tiny" not in answer.content.decode()
    assert answer["X-Query"] == "min_area_share=0.02"
    assert answer["HX-Replace-Url"] == f"/jobs/{measured_job.pk}/report?min_area_share=0.02"
    assert "Computed in" in answer.content.decode()
    assert "Tiny" not in client.get(answer["HX-Replace-Url"]).content.decode()
    events = client.get(f"/jobs/{measured_job.pk}/report.csv?min_area_share=0.02").content.decode()
    assert "Tiny" not in events
    told = client.get(f"/jobs/{measured_job.pk}/report/lanes?from_s=0&to_s=20&min_area_share=0.02").json()
    assert [brand["name"] for brand in told["brands"]] == ["Nördlich Öl"]


def test_a_value_is_modelled_from_audience_and_price(measured_job, client):
    query = "audience_viewers=1000000&cpm30_price=30&currency=eur&columns=gross_value&columns=exposure_s"
    page = client.get(f"/jobs/{measured_job.pk}/report/numbers?{query}").content.decode()
    # Four seconds, a million viewers, thirty euros a thousand for thirty seconds.
    assert "4,000.00" in page
    assert "EUR" in page
    assert "modelled estimate" in page


def test_a_preset_is_chosen_by_name_and_version(measured_job, workspace, client):
    save_preset(workspace, "final", {"min_area_share": 0.02})
    save_preset(workspace, "final", {"min_area_share": 0.5})
    second = client.get(f"/jobs/{measured_job.pk}/report/numbers?preset=final")
    assert second["X-Query"] == "preset=final%402"
    assert "No brand fits" in second.content.decode()
    first = client.get(f"/jobs/{measured_job.pk}/report/numbers?preset=final@1&bridge_s=2&of=final@1")
    assert first["X-Query"] == "preset=final%401&bridge_s=2.0"
    assert "Preset final, version 1, but bridge_s = 2.0." in first.content.decode()
    # What was shown for another preset does not count for this one.
    other = client.get(f"/jobs/{measured_job.pk}/report/numbers?preset=final@1&bridge_s=2&of=standard@1")
    assert other["X-Query"] == "preset=final%401"


@pytest.mark.parametrize(
    "query", ["preset=nobody", "preset=standard@x", "preset=standard@77", "bridge_s=much", "bridge_s=-1", "currency=12"]
)
def test_settings_that_cannot_be_are_refused_with_a_sentence(query, measured_job, client):
    answer = client.get(f"/jobs/{measured_job.pk}/report/numbers?{query}", headers={"Accept": "application/json"})
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]["message"].endswith(".")


def test_settings_cannot_be_changed_once_what_was_measured_is_gone(job, client):
    page = client.get(f"/jobs/{job.pk}/report").content.decode()
    assert "its settings cannot be changed" in page


def test_settings_are_kept_as_a_preset_by_curators(measured_job, workspace, client, viewer_client, stranger_client):
    address, given = f"/jobs/{measured_job.pk}/report/presets", {"name": "final", "min_area_share": "0.02"}
    assert stranger_client.post(address, given).status_code == 404
    assert viewer_client.post(address, given).status_code == 403
    curve = io.BytesIO(b"t_s,viewers\n0,1000\n20,3000\n")
    curve.name = "audience.csv"
    answer = client.post(address, {**given, "audience": curve, "description": "for the final"})
    assert answer["Location"] == f"/jobs/{measured_job.pk}/report?preset=final@1"
    kept = find_preset("final", workspace)
    assert kept.settings["min_area_share"] == 0.02
    assert kept.settings["audience_curve"] == [[0.0, 1000.0], [20.0, 3000.0]]
    assert kept.description == "for the final"
    page = client.post(address, {"name": "not a name"}, follow=True).content.decode()
    assert "is no name for a preset" in page


def test_a_contract_is_checked_and_its_gaps_lead_to_the_video(measured_job, client, viewer_client, stranger_client):
    address = f"/jobs/{measured_job.pk}/report/contract"

    def contract(text="brand,placement,promised_s\nNördlich Öl,,3\nNördlich Öl,board,300\n"):
        file = io.BytesIO(text.encode())
        file.name = "promises.csv"
        return {"contract": file}

    assert stranger_client.post(address, contract()).status_code == 404
    assert viewer_client.post(address, contract()).status_code == 403
    page = client.post(address, contract(), follow=True).content.decode()
    assert "promises.csv is kept: 2 promises." in page
    assert "1 of 2 promises met" in page
    assert 'data-seek="10.0"' in page
    assert "0:00:10.000 – 0:00:20.000" in page
    assert "contract.csv" in page
    refused = client.post(address, contract("brand,nonsense\nx,1\n"), follow=True).content.decode()
    assert "The contract has a column “nonsense”." in refused
    assert "Choose a CSV file first." in client.post(address, {}, follow=True).content.decode()
    client.post(address, {"action": "forget"})
    assert not Contract.objects.exists()


def test_the_outline_is_drawn_on_the_whole_frame(job, client):
    airing = job.airings.first()
    for address in (f"/airings/{airing.pk}/evidence.jpg?view=frame", addresses(job)["picture"] + "&view=frame"):
        picture = decode_jpeg(client.get(address).content)
        assert picture.shape == (HEIGHT_PX, WIDTH_PX, 3)
        corner = np.array(airing.evidence["polygon"][1]) * (WIDTH_PX, HEIGHT_PX)
        hue, saturation, value = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV)[round(corner[1]), round(corner[0])]
        assert 15 < hue < 40, (hue, saturation, value)


def test_the_default_picture_shows_the_brand_larger(job, client):
    crop = decode_jpeg(client.get(addresses(job)["picture"]).content)
    white_in_crop = (crop.min(axis=2) > 220).mean()
    whole = decode_jpeg(client.get(addresses(job)["picture"] + "&view=frame").content)
    assert white_in_crop > 1.5 * (whole.min(axis=2) > 220).mean()


def test_a_heat_map_is_bright_where_the_brand_was(measured_job, client):
    answer = client.get(f"/jobs/{measured_job.pk}/report/heat.png?brand=Nördlich Öl&ground=plain")
    assert answer["Content-Type"] == "image/png"
    picture = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    there, elsewhere = picture[round(height * 0.47), round(width * 0.47)], picture[5, 5]
    assert int(there.max()) > int(elsewhere.max()) + 60
    assert client.get(f"/jobs/{measured_job.pk}/report/heat.png?brand=Nobody").status_code == 404
    page = client.get(f"/jobs/{measured_job.pk}/report").content.decode()
    assert "Heat map. Nördlich Öl, seen 0:00:04.0: the centre" in page


@pytest.mark.parametrize("address", ["/airings/{0}/evidence.jpg?view=other", "/airings/999999/evidence.jpg"])
def test_pictures_that_are_not_there_are_404(address, job, client):
    assert client.get(address.format(job.airings.first().pk)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "unresolved/1.jpg", "evidence/..%2F..%2Fpacks", "evidence/99h00m00s000.jpg", "report.exe",
        "report/picture.jpg?brand=Northwind&start_s=1.5", "report/picture.jpg?number=1", "report.contract",
    ],
)  # fmt: skip
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
    assert rows[0]["methods"] == "ocr"


def test_every_form_is_offered_with_the_settings_that_are_shown(measured_job, client):
    page = client.get(f"/jobs/{measured_job.pk}/report?min_area_share=0.02").content.decode()
    for kind in (
        "json", "html", "pdf", "csv", "placements", "seconds", "detections", "coco", "edl", "webvtt", "ffmetadata",
        "evidence",
    ):  # fmt: skip
        assert f"/jobs/{measured_job.pk}/report.{kind}?min_area_share=0.02" in page


def test_other_jobs_on_the_footage_can_be_compared(measured_job, client):
    assert "Compare with" not in client.get(f"/jobs/{measured_job.pk}/report").content.decode()
    other = record_job(measured_job.timeline)
    page = client.get(f"/jobs/{measured_job.pk}/report").content.decode()
    assert f"/jobs/{measured_job.pk}/compare/{other.pk}" in page
