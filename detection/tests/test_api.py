from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from detection.api.overlays import spread
from mpr.pipeline.frames import decode_jpeg
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(owner: Any) -> APIClient:
    client = APIClient()
    client.force_login(owner)
    return client


@pytest.fixture
def timeline(workspace: Any) -> Any:
    return make_timeline(workspace, duration_s=20.0)


def test_a_diff_names_seconds_settings_and_pictures(api: APIClient, timeline: Any) -> None:
    before = record_job(timeline, (2, 3, 4, 9))
    after = record_job(timeline, (3, 4, 5, 9, 12), config_overrides={"run_ocr": {"min_confidence": 0.7}})
    told = api.get(f"/api/detect/jobs/{before.pk}/diff/{after.pk}").json()
    (brand,) = told["brands"]
    assert (brand["before_s"], brand["after_s"], brand["gained_s"], brand["lost_s"]) == (4.0, 5.0, 2.0, 1.0)
    assert [setting["setting"] for setting in told["settings"]] == ["min_confidence"]
    proofs = [stretch["proof"] for stretch in [*brand["gained"], *brand["lost"]]]
    assert [proof["seq"] for proof in proofs] == [5, 12, 2]
    assert str(after.pk) in proofs[0]["picture"]
    assert str(before.pk) in proofs[2]["picture"]
    assert decode_jpeg(api.get(proofs[0]["picture"]).content).shape == (360, 640, 3)


def test_jobs_on_other_footage_are_not_compared(api: APIClient, timeline: Any, workspace: Any) -> None:
    one, other = record_job(timeline), record_job(make_timeline(workspace, filename="b.mp4", duration_s=20.0))
    answer = api.get(f"/api/detect/jobs/{one.pk}/diff/{other.pk}")
    assert answer.status_code == 400
    assert "different timelines" in answer.json()["error"]["message"]


def test_overlays_are_listed_for_a_stretch_and_drawn(api: APIClient, timeline: Any) -> None:
    job = record_job(timeline)
    body = {"job": str(job.pk), "stage": "run_ocr", "start_s": 4, "end_s": 8}
    told = api.post("/api/detect/overlays", body, format="json").json()
    assert told["frames_in_all"] == 4
    assert [frame["seq"] for frame in told["frames"]] == [4, 5, 6, 7]
    picture = api.get(told["frames"][0]["picture"], headers={"Accept": "image/*"})
    assert picture["Content-Type"] == "image/jpeg"
    assert decode_jpeg(picture.content).shape == (360, 640, 3)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("{timeline}/{job}/run_ocrr/2", "There is no overlay of “run_ocrr”. Did you mean “run_ocr”?"),
        ("{timeline}/{job}/run_ocr/99", "Frame 99 was not kept"),
        ("{job}/{job}/run_ocr/2", "There is nothing at this address"),
    ],
)
def test_an_overlay_that_is_not_there(api: APIClient, timeline: Any, place: str, sentence: str) -> None:
    job = record_job(timeline)
    answer = api.get(
        "/api/detect/overlays/" + place.format(timeline=timeline.pk, job=job.pk), headers={"Accept": "image/jpeg"}
    )
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json()["error"]["message"].startswith(sentence)


@pytest.mark.parametrize(
    ("count", "at_most", "kept"), [(3, 5, [0, 1, 2]), (10, 4, [0, 2, 5, 7]), (10, 1, [0]), (0, 3, [])]
)
def test_frames_are_spread_evenly(count: int, at_most: int, kept: list[int]) -> None:
    assert spread(list(range(count)), at_most) == kept
