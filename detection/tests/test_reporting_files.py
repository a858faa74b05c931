from __future__ import annotations

import io
import zipfile

import pytest

from detection.reporting.models import ReportFile
from mpr.assets.preparing import prepare
from mpr.storage.buckets import media_out
from tests.recorded import record_job
from tests.rows import make_timeline

# A worker's heartbeat comes from a thread of its own, which sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(workspace):
    return record_job(make_timeline(workspace, duration_s=20.0))


def ask(client, job, name, query=""):
    return client.post(f"/jobs/{job.pk}/report/files/{name}/prepare{query}")


def body(answer):
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("name", "begins"), [("pdf", b"%PDF"), ("html", b"<!doctype html>"), ("detections", b"{"), ("coco", b"{")]
)
def test_a_download_is_made_by_a_worker_and_fetched(name, begins, job, client):
    told = ask(client, job, name).json()
    assert (told["state"], told["progress"]) == ("pending", 0.0)
    assert client.get(told["file"]).status_code == 404
    prepare("report_file", str(ReportFile.objects.get().pk))
    told = client.get(told["status"]).json()
    assert (told["state"], told["progress"]) == ("done", 1.0)
    answer = client.get(told["file"])
    data = body(answer)
    assert data.lower().startswith(begins.lower())
    assert len(data) == told["bytes"]
    assert 'filename="cup_final-' in answer["Content-Disposition"]


def test_the_evidence_pack_has_the_settings_that_were_shown(job, client):
    told = ask(client, job, "evidence", "?min_area_share=0.02").json()
    prepare("report_file", str(ReportFile.objects.get().pk))
    with zipfile.ZipFile(io.BytesIO(body(client.get(told["file"])))) as pack:
        assert pack.testzip() is None
        assert "Tiny" not in pack.read("report.csv").decode()
        assert [name for name in pack.namelist() if name.startswith("crops/")]


def test_asking_twice_is_asking_once_and_other_settings_are_another_file(job, client):
    first, second = (ask(client, job, "pdf").json() for _ in range(2))
    assert first["file"] == second["file"]
    assert ask(client, job, "pdf", "?bridge_s=2").json()["file"] != first["file"]
    assert ReportFile.objects.count() == 2


def test_what_failed_says_why_and_is_tried_again(job, client, monkeypatch):
    told = ask(client, job, "pdf").json()

    def fail(*args, **named):
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("detection.reporting.files.open_export", fail)
        prepare("report_file", str(ReportFile.objects.get().pk))
    failed = client.get(told["status"]).json()
    assert failed["state"] == "failed"
    assert "No space left" in failed["error"]
    assert ask(client, job, "pdf").json()["state"] == "pending"
    prepare("report_file", str(ReportFile.objects.get().pk))
    assert client.get(told["status"]).json()["state"] == "done"


def test_a_file_that_was_cleared_is_made_again(job, client):
    ask(client, job, "pdf")
    row = ReportFile.objects.get()
    prepare("report_file", str(row.pk))
    media_out.delete(row.key)
    assert ask(client, job, "pdf").json()["state"] == "pending"


def test_how_far_it_is_follows_the_pictures(job):
    from detection.reporting.files import _Watched

    heard = []
    watched = _Watched(job, progress=heard.append)
    material = watched.material()
    frame = watched.report.brands[0].events[0].evidence.frame
    for _ in range(3):
        material.jpeg(frame)
        material.picture(frame)
    assert heard == sorted(heard)
    assert 0 < heard[0] < heard[-1] < 1


def test_strangers_and_names_that_are_none_get_nothing(job, client, stranger_client, anonymous_client):
    told = ask(client, job, "pdf").json()
    for address in (told["status"], told["file"]):
        assert stranger_client.get(address).status_code == 404
        assert anonymous_client.get(address).status_code == 302
    assert ask(stranger_client, job, "pdf").status_code == 404
    assert ask(client, job, "exe").status_code == 404
    assert ask(client, job, "csv").status_code == 404
    assert client.get(f"/jobs/{job.pk}/report/files/pdf/prepare").status_code == 405
