"""POST run: what is run on what, once."""

from __future__ import annotations

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
