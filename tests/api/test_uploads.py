"""Uploads as a program does them: begun, sent in parts, gone on with, finished; and files in media_in."""

from __future__ import annotations

import pytest
from django.utils import timezone

from mpr.assets.intake.models import Intake
from mpr.assets.intake.sending import growing
from mpr.assets.models import MediaAsset
from mpr.jobs.models import JobStatus
from mpr.storage.buckets import media_in
from tests.rows import make_failed_asset, make_job, make_timeline

pytestmark = pytest.mark.django_db
BEGIN = {"filename": "match.mp4", "size": 10, "fingerprint": "fingerprint-1"}


@pytest.fixture
def uploads(api):
    """A client as an analyst, and an upload of ten bytes that it began."""
    client = api("analyst")
    answer = client.post("/api/detect/uploads", BEGIN, format="json")
    assert answer.status_code == 201
    return client, f"/api/detect/uploads/{answer.json()['id']}"


def patch(client, address, offset, data):
    headers = {} if offset is None else {"Upload-Offset": str(offset)}
    return client.patch(address, data, content_type="application/offset+octet-stream", headers=headers)


def message(answer) -> str:
    return answer.json()["error"]["message"]


def test_an_upload_tells_at_every_step_how_far_it_is(uploads):
    client, address = uploads
    told = client.get(address)
    assert (told.json()["state"], told.json()["way"], told["Upload-Offset"]) == ("open", "server", "0")
    answer = patch(client, address, 0, b"01234")
    assert (answer.status_code, answer.json()["received"], answer["Upload-Offset"]) == (200, 5, "5")
    assert answer.json()["percent"] == 50.0
    assert patch(client, address, 5, b"56789").json()["received"] == 10
    assert growing().path(address.rsplit("/", 1)[1]).read_bytes() == b"0123456789"
    assert client.post(f"{address}/finish").json()["state"] == "pending"
    assert [one["state"] for one in client.get("/api/detect/uploads").json()["uploads"]] == ["pending"]


def test_who_was_cut_off_goes_on(uploads):
    client, address = uploads
    patch(client, address, 0, b"0123")
    again = client.post("/api/detect/uploads", {**BEGIN, "filename": "renamed.mp4"}, format="json")
    assert (again.status_code, again.json()["received"], again["Upload-Offset"]) == (200, 4, "4")
    astray = patch(client, address, 2, b"2345")
    assert (astray.status_code, astray.json()["error"]["code"], astray["Upload-Offset"]) == (409, "other_offset", "4")
    assert message(client.post(f"{address}/finish")) == (
        "4 of the 10 bytes of match.mp4 are here; send the rest first."
    )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"filename": "a.mp4"}, "size: This field is required."),
        ({**BEGIN, "filename": "a.txt"}, "a.txt is not taken: “.txt” is no kind of video"),
        ({**BEGIN, "fingerprint": "no/slash"}, "fingerprint: This value does not match the required pattern."),
        ({**BEGIN, "colour": "blue"}, "There is no field “colour” here."),
    ],
)
def test_what_cannot_begin_is_told_why(body, sentence, api, workspace):
    answer = api("analyst").post("/api/detect/uploads", body, format="json")
    assert answer.status_code == 400
    assert message(answer).startswith(sentence)


@pytest.mark.parametrize("offset", [None, "x", "-1", "9" * 30])
def test_a_part_must_say_where_it_begins(offset, uploads):
    answer = patch(*uploads, offset, b"x")
    assert (answer.status_code, message(answer)) == (
        400, "Say with the header Upload-Offset at which byte the part begins.",
    )  # fmt: skip


def test_uploads_of_others_are_left_alone(uploads, api):
    _, address = uploads
    other, owner = api("curator"), api("owner")
    for answer in (patch(other, address, 0, b"x"), other.post(f"{address}/finish")):
        assert (answer.status_code, message(answer)) == (
            403, "Somebody else began this upload; begin one of your own.",
        )  # fmt: skip
    assert other.get("/api/detect/uploads").json() == {"uploads": []}
    assert other.delete(address).status_code == 403
    assert owner.delete(address).status_code == 204
    assert not Intake.objects.exists()


def test_parts_are_no_reason_to_be_slowed_down(uploads, settings):
    client, address = uploads
    settings.MPR_API_PER_MINUTE = 10
    assert [patch(client, address, 0, b"").status_code for _ in range(30)] == [200] * 30


def test_files_in_media_in_are_listed_and_taken_in(api, workspace, monkeypatch):
    from mpr.assets.intake import scan

    monkeypatch.setattr(scan, "_SETTLED_S", 0.0)
    client = api("analyst")
    media_in.write("match.mp4", b"no video")
    media_in.write("notes.txt", b"notes")
    found = client.get("/api/detect/scan").json()["files"]
    assert [(file["key"], file["condition"]) for file in found] == [("match.mp4", "ready"), ("notes.txt", "other")]
    taken = client.post("/api/detect/scan", {}, format="json").json()["uploads"]
    assert [(one["filename"], one["way"], one["state"]) for one in taken] == [("match.mp4", "found", "pending")]
    answer = client.post("/api/detect/scan", {"keys": ["notes.txt"]}, format="json")
    assert (answer.status_code, message(answer)) == (
        409, "notes.txt cannot be taken in now: Its name is not that of a video.",
    )  # fmt: skip


def test_footage_is_described_deleted_and_restored(api, workspace):
    client = api("owner")
    job = make_job(make_timeline(workspace), JobStatus.RUNNING, done=2)
    address = f"/api/detect/sources/{job.timeline.source_asset_id}"
    told = client.patch(address, {"tags": ["final", "Final", ""], "comments": " clean "}, format="json").json()
    assert (told["tags"], told["comments"]) == (["final"], "clean")
    assert message(client.patch(address, {"tags": ["a,b"]}, format="json")).startswith("“a,b” holds a comma")
    refused = client.delete(address)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "jobs_run")
    assert client.delete(f"{address}?stop_jobs=true").status_code == 204
    assert client.get(address).status_code == 404
    assert client.get(f"/api/detect/jobs/{job.pk}").status_code == 404
    assert client.post(f"{address}/restore").json()["filename"] == "cup_final.mp4"
    assert client.get(address).status_code == 200
    MediaAsset.objects.update(deleted_at=timezone.now())
    MediaAsset.objects.all().delete()
    assert client.post(f"{address}/restore").status_code == 404


def test_what_is_not_kept_cannot_be_tried_again(api, workspace):
    asset = make_failed_asset(workspace)
    answer = api("analyst").post(f"/api/detect/sources/{asset.pk}/retry")
    assert (answer.status_code, message(answer)) == (
        409, "Nothing of holiday.mp4 is kept to try again with; send the file again.",
    )  # fmt: skip
