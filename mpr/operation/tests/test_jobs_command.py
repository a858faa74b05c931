from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from mpr.errors import NotFound, Refused
from mpr.jobs import dispatch
from mpr.jobs.models import Job, JobStatus
from mpr.operation.management.commands import jobs as command
from tests.recorded import record_job
from tests.rows import make_job, make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "send", lambda *given, **named: None)
    monkeypatch.setattr(command, "workers_online", lambda: 0)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def job(workspace: Any) -> Job:
    return record_job(make_timeline(workspace, duration_s=20.0))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("jobs", *arguments, stdout=io.StringIO())
    return capsys.readouterr().out


def test_the_newest_jobs_first(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    other = make_job(job.timeline)
    shown = run(capsys)
    assert shown.index(str(other.pk)[:8]) < shown.index(str(job.pk)[:8])
    assert "cup_final.mp4" in shown
    assert str(job.pk)[:8] not in run(capsys, "list", "--limit", "1")


def test_one_job_with_its_stages_and_settings(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    job.config_overrides = {"run_ocr": {"min_confidence": 0.7}}
    job.save()
    shown = run(capsys, "show", str(job.pk)[:6])
    assert "field_segmentation" in shown
    assert "No model is configured." in shown
    assert "run_ocr.min_confidence = 0.7" in shown


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        ("pause", "running", "is paused."),
        ("resume", "paused", "is running."),
        ("stop", "running", "is cancelled."),
        ("retry", "failed", "is running."),
        ("clear", "completed", "is cleared."),
    ],
)
def test_a_verb_steers_the_job(
    job: Job, capsys: pytest.CaptureFixture[str], verb: str, before: str, after: str
) -> None:
    Job.objects.filter(pk=job.pk).update(status=before)
    shown = run(capsys, verb, str(job.pk)[:8])
    assert f"Job {str(job.pk)[:8]} {after}" in shown
    assert ("No worker is online; start one with `mpr up` or `mpr worker`." in shown) == ("running" in after)


def test_step_and_pause_after(workspace: Any, capsys: pytest.CaptureFixture[str]) -> None:
    job = record_job(make_timeline(workspace, duration_s=20.0))
    job.stage_runs.filter(stage_name="compile_report").delete()
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING)
    assert "will pause after compile_report." in run(capsys, "pause-after", str(job.pk), "compile_report")
    run(capsys, "pause", str(job.pk))
    run(capsys, "step", str(job.pk))
    job.refresh_from_db()
    assert (job.only_stage, job.status) == ("compile_report", JobStatus.RUNNING)


def test_what_cannot_be_done(job: Job) -> None:
    with pytest.raises(Refused, match="This job is completed and cannot be paused"):
        call_command("jobs", "pause", str(job.pk))
    with pytest.raises(NotFound, match="There is no job whose id begins with “0000”"):
        call_command("jobs", "show", "0000")
    with pytest.raises(CommandError):
        call_command("jobs", "dance", str(job.pk))
