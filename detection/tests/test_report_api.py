"""Reports, exports, presets, contracts and audits through the API, on a job with the records of all its stages."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient

from detection.models import Airing
from detection.report.exports.catalogue import EXPORTS
from detection.review.deciding import Choice, decide
from mpr.pipeline.frames import decode_jpeg
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db
BRAND = "Nördlich Öl"


@pytest.fixture
def api(owner: Any) -> APIClient:
    client = APIClient()
    client.force_login(owner)
    return client


@pytest.fixture
def job(workspace: Any) -> Any:
    """Twenty seconds; the brand is seen in seconds 2 to 4 and 9."""
    return record_job(make_timeline(workspace, duration_s=20.0))


def body_of(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_report_is_computed_with_the_jobs_own_settings(api: APIClient, job: Any) -> None:
    report = api.get(f"/api/detect/jobs/{job.pk}/report").json()

    assert report["schema"] == "mpr.report/1"
    assert [(brand["brand"], brand["exposure_s"]) for brand in report["brands"]] == [(BRAND, 4.0), ("Tiny", 1.0)]
    assert (report["preset"]["name"], report["preset"]["changes"]) == ("standard", {})
    assert (report["contract"], report["audit"]) == (None, None)


def test_other_settings_give_another_report_and_change_nothing(api: APIClient, job: Any) -> None:
    address = f"/api/detect/jobs/{job.pk}/report"
    body = {"settings": {"min_area_share": 0.02}, "audience_csv": "t_s,viewers\n0,300\n0:20,300\n"}

    report = api.post(address, body, format="json").json()

    (brand,) = report["brands"]
    assert (brand["brand"], brand["impressions"]) == (BRAND, pytest.approx(4 / 30 * 300))
    assert report["preset"]["changes"] == {"min_area_share": 0.02, "audience_curve": [[0.0, 300.0], [20.0, 300.0]]}
    assert len(api.get(address).json()["brands"]) == 2


def test_a_preset_has_versions_and_reports_name_them(api: APIClient, job: Any) -> None:
    def put(**given: Any) -> Any:
        return api.put("/api/detect/presets", {"name": "ours", **given}, format="json")

    assert put(settings={"min_area_share": 0.02}).json()["version"] == 1
    assert put(settings={"min_area_share": 0.02}).json()["version"] == 1
    assert put(copy_of="ours", settings={"bridge_s": 0.0}).json()["version"] == 2
    stale = put(settings={"bridge_s": 3.0}, version=1)
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "refused")

    newest = api.get(f"/api/detect/jobs/{job.pk}/report?preset=ours").json()
    first = api.post(
        f"/api/detect/jobs/{job.pk}/report", {"preset": "ours", "version": 1, "settings": {"bridge_s": 4}},
        format="json",
    ).json()  # fmt: skip
    assert newest["preset"] == {"name": "ours", "version": 2, "changes": {}}
    assert first["preset"] == {"name": "ours", "version": 1, "changes": {"bridge_s": 4.0}}
    assert [len(report["brands"]) for report in (newest, first)] == [1, 1]
    found = api.get("/api/detect/presets").json()
    assert [(one["name"], one["shipped"]) for one in found["presets"]] == [
        ("ours", False), ("standard", True), ("strict", True),
    ]  # fmt: skip
    assert "bridge_s" in found["settings_schema"]["properties"]
    assert api.get("/api/detect/presets/ours?version=1").json()["created_by"] == "owner"


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"preset": "standrd"}, 404, "Did you mean “standard”?"),
        ({"preset": "standard", "version": 99}, 404, "has no version 99"),
        ({"version": 1}, 400, "name the preset"),
        ({"settings": {"bridge": 1}}, 400, "Did you mean “bridge_s”?"),
        ({"settings": {"bridge_s": -1}}, 400, "“bridge_s” is not right"),
        ({"audience_csv": "viewers\n3\n"}, 400, "header is t_s,viewers"),
    ],
)
def test_what_cannot_be_computed_is_said(
    api: APIClient, job: Any, body: dict[str, Any], status: int, sentence: str
) -> None:
    answer = api.post(f"/api/detect/jobs/{job.pk}/report", body, format="json")

    assert answer.status_code == status
    assert sentence in answer.json()["error"]["message"]


def test_shipped_presets_are_hidden_by_ones_own_and_cannot_be_removed(api: APIClient) -> None:
    refused = api.delete("/api/detect/presets/strict")
    api.put("/api/detect/presets", {"name": "strict", "settings": {"bridge_s": 9}}, format="json")

    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "refused")
    assert api.get("/api/detect/presets/strict").json()["settings"]["bridge_s"] == 9
    assert api.delete("/api/detect/presets/strict").status_code == 204
    assert api.get("/api/detect/presets/strict").json()["shipped"] is True


def test_presets_of_others_are_not_there(api: APIClient, stranger_client: Any) -> None:
    api.put("/api/detect/presets", {"name": "ours", "settings": {}}, format="json")

    assert stranger_client.get("/api/detect/presets/ours").status_code == 404
    names = [one["name"] for one in stranger_client.get("/api/detect/presets").json()["presets"]]
    assert names == ["standard", "strict"]


def test_every_export_is_sent_with_its_type_and_the_footages_name(api: APIClient, job: Any) -> None:
    offered = api.get(f"/api/detect/jobs/{job.pk}/exports").json()["exports"]

    assert [one["name"] for one in offered] == [*(export.name for export in EXPORTS), "evidence"]
    for one in offered:
        answer = api.get(one["address"])
        if one["name"] == "contract":
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")
            continue
        assert answer.status_code == 200
        assert answer.streaming
        assert answer["Content-Type"] == one["media_type"]
        assert answer["Content-Disposition"] == f'attachment; filename="{one["file_name"]}"'
        assert body_of(answer)
    assert offered[0]["file_name"] == "cup_final-report.json"


def test_an_export_follows_preset_and_brand(api: APIClient, job: Any) -> None:
    address = f"/api/detect/jobs/{job.pk}/exports"

    strict = json.loads(body_of(api.get(f"{address}/json?preset=strict")))
    one = api.get(f"{address}/webvtt", {"brand": BRAND})
    assert strict["preset"]["name"] == "strict"
    assert body_of(one).decode().count("-->") == 2
    assert "filename*=utf-8''cup_final-N%C3%B6rdlich%20%C3%96l-chapters.vtt" in one["Content-Disposition"]
    assert api.get(f"{address}/webvtt?brand=Nobody").status_code == 400
    assert api.get(f"{address}/csv?brand=Tiny").status_code == 400
    assert api.get(f"{address}/xml").status_code == 404


def test_the_evidence_pack_has_the_frames(api: APIClient, job: Any) -> None:
    with ZipFile(io.BytesIO(body_of(api.get(f"/api/detect/jobs/{job.pk}/exports/evidence")))) as pack:
        frames = [name for name in pack.namelist() if name.startswith("evidence/")]
        assert frames
        assert decode_jpeg(pack.read(frames[0])).shape == (360, 640, 3)


def test_a_kept_contract_is_in_every_report(api: APIClient, job: Any) -> None:
    text = f"brand,placement,promised_s\n{BRAND},,3\n{BRAND},jersey,2\n"
    address = f"/api/detect/timeline/{job.timeline_id}/contract"

    assert api.get(address).status_code == 404
    kept = api.put(address, {"csv": text, "name": "deal.csv"}, format="json").json()
    assert (kept["name"], kept["changed_by"], len(kept["promises"])) == ("deal.csv", "owner", 2)
    check = api.get(f"/api/detect/jobs/{job.pk}/contract?least_gap_s=5").json()
    assert [(one["met"], one["delivered_s"]) for one in check["promises"]] == [(True, 4.0), (False, 0.0)]
    assert check["promises"][0]["gaps"] == [[10.0, 20.0]]
    assert api.get(f"/api/detect/jobs/{job.pk}/report").json()["contract"]["missed"] == 1
    rows = list(csv.DictReader(io.StringIO(
        body_of(api.get(f"/api/detect/jobs/{job.pk}/exports/contract")).decode()
    )))  # fmt: skip
    assert [row["result"] for row in rows] == ["met", "missed"]
    tried = api.post(f"/api/detect/jobs/{job.pk}/contract", {"csv": "brand,promised_s\nTiny,9\n"}, format="json")
    assert tried.json()["missed"] == 1
    assert api.delete(address).status_code == 204
    assert api.get(f"/api/detect/jobs/{job.pk}/report").json()["contract"] is None


def test_reviews_count_without_running_anything(api: APIClient, job: Any, owner: Any) -> None:
    airing = Airing.objects.create(job=job, brand_name=BRAND, start_s=2.0, end_s=5.0, confidence=0.9, method="ocr")

    decide(owner, [f"a{airing.pk}"], Choice(verdict="accept"))
    accepted = api.get(f"/api/detect/jobs/{job.pk}/report").json()["brands"][0]
    decide(owner, [f"a{airing.pk}"], Choice(verdict="reject"))
    rejected = api.get(f"/api/detect/jobs/{job.pk}/report").json()["brands"]

    assert (accepted["confirmed_s"], accepted["verified_share"]) == (3.0, 0.75)
    assert [(brand["brand"], brand["exposure_s"]) for brand in rejected] == [(BRAND, 1.0), ("Tiny", 1.0)]


@pytest.fixture
def audit(api: APIClient, job: Any) -> Any:
    return api.post(f"/api/detect/jobs/{job.pk}/audits", {"size": 20, "seed": 5}, format="json").json()


def test_an_audit_is_answered_and_the_report_carries_it(api: APIClient, job: Any, audit: Any) -> None:
    address = f"/api/detect/audits/{audit['id']}"
    assert api.get(f"/api/detect/jobs/{job.pk}/report").json()["audit"] is None
    items = api.get(f"{address}/items").json()["items"]
    assert [item["number"] for item in items] == list(range(1, len(items) + 1))

    for item in items:
        body: dict[str, Any] = {"verdict": "no"}
        if item["kind"] == "claimed":
            body["verdict"] = "yes" if item["brand"] == BRAND else "no"
        elif item["t_s"] == 15:
            body = {"verdict": "yes", "missed": ["Quillon"]}
        told = api.post(f"{address}/items/{item['number']}", body, format="json")
        assert told.status_code == 200, told.content
        assert told.json()["answered_by"] == "owner"

    assert api.get(f"{address}/items?open=true").json()["items"] == []
    result = api.get(address).json()["result"]
    assert (result["answered"], result["asked"]) == (len(items), len(items))
    by_brand = {one["brand"]: one for one in result["brands"]}
    assert by_brand[BRAND]["precision"]["estimate"] == 1.0
    assert by_brand["Tiny"]["precision"]["estimate"] == 0.0
    assert result["all_brands"]["precision"]["estimate"] == pytest.approx(0.8)
    assert api.get(f"/api/detect/jobs/{job.pk}/report").json()["audit"] == result
    same_claims = api.get(f"/api/detect/jobs/{job.pk}/report?preset=standard").json()
    other_claims = api.get(f"/api/detect/jobs/{job.pk}/report?preset=strict").json()
    assert (same_claims["audit"], other_claims["audit"]) == (result, None)


def test_an_answer_is_changed_and_taken_back(api: APIClient, audit: Any) -> None:
    item = next(item for item in _items(api, audit) if item["kind"] == "claimed")
    address = f"/api/detect/audits/{audit['id']}/items/{item['number']}"

    for verdict in ("yes", "no", "unclear", ""):
        told = api.post(address, {"verdict": verdict}, format="json").json()
        assert told["verdict"] == verdict
    assert told["answered_at"] is None
    assert api.get(f"/api/detect/audits/{audit['id']}").json()["result"]["answered"] == 0


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("claimed", {"verdict": "maybe"}, "is not a valid choice"),
        ("claimed", {"verdict": "yes", "missed": ["X"]}, "names brands"),
        ("any", {"verdict": "yes"}, "Say which brands"),
        ("any", {"verdict": "no", "missed": ["X"]}, "names brands"),
        ("any", {"verdict": "yes", "missed": ["X", "x"]}, "Name each brand once"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(
    api: APIClient, audit: Any, kind: str, body: dict[str, Any], sentence: str
) -> None:
    item = next(item for item in _items(api, audit) if item["kind"] == kind)

    answer = api.post(f"/api/detect/audits/{audit['id']}/items/{item['number']}", body, format="json")

    assert answer.status_code == 400
    assert sentence in answer.json()["error"]["message"]


def test_what_the_report_has_is_not_missed(api: APIClient, audit: Any) -> None:
    item = next(item for item in _items(api, audit) if item["kind"] == "any" and BRAND in item["claims"])
    address = f"/api/detect/audits/{audit['id']}/items/{item['number']}"

    answer = api.post(address, {"verdict": "yes", "missed": [BRAND.upper()]}, format="json")

    assert (answer.status_code, "only what it does not have" in answer.json()["error"]["message"]) == (400, True)


def test_the_pictures_to_look_at_show_what_is_claimed(api: APIClient, audit: Any) -> None:
    for item in _items(api, audit)[:6]:
        answer = api.get(item["picture"])
        assert answer["Content-Type"] == "image/jpeg"
        assert decode_jpeg(answer.content).shape == (360, 640, 3)


def test_an_audit_of_others_is_not_there(api: APIClient, audit: Any, stranger_client: Any) -> None:
    for address in (f"audits/{audit['id']}", f"audits/{audit['id']}/items", f"audits/{audit['id']}/items/1/picture"):
        assert stranger_client.get(f"/api/detect/{address}").status_code == 404


def test_a_viewer_reads_and_does_not_answer(audit: Any, workspace: Any) -> None:
    viewer = APIClient()
    user = get_user_model().objects.create_user("viewer", password="correct horse")
    workspace.memberships.create(user=user, role="viewer")
    viewer.force_login(user)
    address = f"/api/detect/audits/{audit['id']}"

    assert viewer.get(address).status_code == 200
    assert viewer.post(f"{address}/items/1", {"verdict": "yes"}, format="json").status_code == 403


def test_a_sample_that_is_too_small_is_refused(api: APIClient, job: Any) -> None:
    answer = api.post(f"/api/detect/jobs/{job.pk}/audits", {"size": 3}, format="json")

    assert answer.status_code == 400


def _items(api: APIClient, audit: Any) -> Any:
    return api.get(f"/api/detect/audits/{audit['id']}/items").json()["items"]
