"""POST run: what is run on what, once."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from brands.models import Brand
from mpr.jobs.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(api, job):
    client = api("analyst")

    def run(body, **headers):
        return client.post("/api/detect/run", body, format="json", headers=headers)

    return run


def message(answer) -> str:
    return answer.json()["error"]["message"]


def test_a_job_is_made_on_a_timeline_with_overrides(run, job):
    answer = run({"timeline": str(job.timeline_id), "profile": "sums", "overrides": {"total": {"add": 5}}})
    made = Job.objects.get(pk=answer.json()["id"])
    assert answer.status_code == 201
    assert made.config_overrides == {"total": {"add": 5}}
    assert made.created_by.username == "analyst"
    assert answer.json()["created_by"] == "analyst"


def test_a_job_is_made_on_an_asset(run, job):
    answer = run({"asset": str(job.timeline.source_asset_id), "profile": "sums"})
    assert (answer.json()["timeline"], answer.json()["profile_name"]) == (str(job.timeline_id), "sums")


def test_without_a_profile_the_timelines_own_is_used(run, job):
    answer = run({"timeline": str(job.timeline_id)})
    assert message(answer).startswith("There is no profile “soccer_broadcast”.")


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 400, "Send exactly one of “timeline”, “asset” and “file”."),
        ({"profile": "sum"}, 404, "There is no profile “sum”. Did you mean “sums”?"),
        ({"profile": "sums", "overrides": {"total": {"ad": 1}}}, 400, "total has no setting “ad”. Did you mean “add”?"),
        ({"profile": "sums", "overrides": {"total": 3}}, 400,
         "overrides: The settings of total must be an object of names and values."),
        ({"profile": "sums", "brands": ["Nobody"]}, 400, "There is no brand “Nobody”."),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused(body, status, sentence, run, job):
    answer = run({"timeline": str(job.timeline_id), **body} if body else {})
    assert (answer.status_code, message(answer)) == (status, sentence)


def test_brands_become_the_matchers_list(run, job, workspace, settings):
    Brand.objects.create(workspace=workspace, canonical_name="Northwind")
    answer = run({"timeline": str(job.timeline_id), "profile": "sums", "brands": ["northwind"]})
    # The sums know no brands; the refusal shows whose setting it became.
    assert "match_brands" in message(answer)


def test_an_uploaded_file_that_is_no_video_is_refused(api, workspace):
    client = api("analyst")
    file = SimpleUploadedFile("notes.mp4", b"no video at all")
    answer = client.post("/api/detect/run", {"file": file}, format="multipart")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_video")


def test_the_same_key_makes_one_job(run, job):
    body = {"timeline": str(job.timeline_id), "profile": "sums"}
    first = run(body, **{"Idempotency-Key": "k1"})
    again = run(body, **{"Idempotency-Key": "k1"})
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert run(body, **{"Idempotency-Key": "k2"}).json()["id"] != first.json()["id"]
    other = run({**body, "overrides": {"total": {"add": 1}}}, **{"Idempotency-Key": "k1"})
    assert (other.status_code, message(other)) == (
        409, "This Idempotency-Key was used for another request; choose a new one.",
    )  # fmt: skip


def test_a_request_that_failed_leaves_its_key_free(run, job):
    body = {"timeline": str(job.timeline_id), "profile": "sums"}
    assert run({**body, "overrides": {"total": {"ad": 1}}}, **{"Idempotency-Key": "k"}).status_code == 400
    assert run(body, **{"Idempotency-Key": "k"}).status_code == 201


def test_a_bad_key_is_refused(run, job):
    answer = run({"timeline": str(job.timeline_id)}, **{"Idempotency-Key": "x" * 201})
    assert message(answer).startswith("The Idempotency-Key must have 1 to 200 printable characters")


def drawn_video() -> bytes:
    """Two seconds of a moving grey square, as MP4."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height = 64, 48
        for number in range(20):
            picture = np.zeros((48, 64, 3), np.uint8)
            picture[10:30, number : number + 20] = 128
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()


def test_an_uploaded_file_is_kept_and_run(api, profile):
    client = api("analyst")
    data = drawn_video()

    def run():
        file = SimpleUploadedFile("first.mp4", data)
        return client.post("/api/detect/run", {"file": file, "overrides": '{"total": {"add": 3}}'}, format="multipart")

    first, second = run(), run()
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["timeline"] == second.json()["timeline"]
    assert first.json()["config_overrides"] == {"total": {"add": 3}}
    assert [(found["filename"], found["status"]) for found in client.get("/api/detect/sources").json()["results"]] == [
        ("first.mp4", "ready")
    ]


def test_a_deadline_and_a_priority_are_kept(run, job):
    body = {"timeline": str(job.timeline_id), "profile": "sums"}
    answer = run({**body, "priority": "interactive", "deadline": "2999-01-01T00:00:00Z"})
    assert (answer.json()["priority"], answer.json()["deadline"]) == ("interactive", "2999-01-01T00:00:00Z")
    assert message(run({**body, "deadline": "2001-01-01T00:00:00Z"})) == (
        "The deadline has passed; give a later one, or none."
    )
