"""`mpr replay` and `mpr diff`, with the report's own stage and in this process."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from detection.management.commands import replay as command
from mpr.errors import BadConfig, BadInput, NotFound, Refused
from mpr.jobs import dispatch, tasks
from mpr.jobs.models import Checkpoint, Job, JobStatus
from mpr.pipeline.frames import decode_jpeg
from tests.recorded import record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are delivered here, one after the other, as soon as the command asks for workers."""
    messages: deque[tuple[str, Any]] = deque()
    monkeypatch.setattr(dispatch, "send", lambda task, argument, **given: messages.append((task, argument)))

    @contextmanager
    def here() -> Iterator[None]:
        while messages:
            task, argument = messages.popleft()
            getattr(tasks, task.rsplit(".", 1)[-1]).run(argument)
        yield

    monkeypatch.setattr(command, "workers_if_none", here)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def job(workspace: Any) -> Job:
    return record_job(make_timeline(workspace, duration_s=20.0))


def test_a_replay_says_what_it_computed_and_writes_the_reports(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command(
        "replay", str(job.pk)[:8], "--from", "compile_report", "--set", "compile_report.min_event_s=3.5",
        "--label", "long ones", "--out", str(tmp_path),
    )  # fmt: skip
    shown = capsys.readouterr().out
    child = Job.objects.get(parent=job)
    assert child.status == JobStatus.COMPLETED
    assert shown.count(f"reused from {str(job.pk)[:8]}") == len(job.plan["pipeline"]["stages"]) - 5
    assert shown.count("skipped") == 4
    assert shown.count("computed") == 1
    assert f"mpr diff {str(job.pk)[:8]} {str(child.pk)[:8]}" in shown
    assert json.loads((tmp_path / "report.json").read_text())["brands"]
    assert Checkpoint.objects.get(label="long ones").stage_name == "compile_report"


def test_a_replay_without_out_writes_nothing(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    call_command("replay", str(job.pk), "--from", "compile_report")
    assert not list(tmp_path.iterdir())
    assert "report.json" not in capsys.readouterr().out


def test_a_replay_that_fails_says_why_and_ends_with_1(
    job: Job, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from mpr.jobs import work

    def broken(*given: Any, **named: Any) -> Any:
        raise NotFound("The frame is gone; run it anew.")

    monkeypatch.setattr(work, "assemble", broken)
    with pytest.raises(SystemExit) as ended:
        call_command("replay", str(job.pk), "--from", "compile_report", "--set", "compile_report.bridge_s=2")
    assert ended.value.code == 1
    assert "compile_report: The frame is gone; run it anew." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        (["--from", "compile_reprot"], NotFound, "Did you mean “compile_report”"),
        (["--from", "compile_report", "--set", "run_ocr.min_confidence=0.5"], BadConfig, "replay from run_ocr"),
        ([], CommandError, "--from"),
        (["--from", "run_ocr", "--stage", "run_ocr"], CommandError, "not allowed with"),
        (["--stage", "run_ocr"], BadInput, "add --in-place, or say --from run_ocr for a new job"),
        (["--from", "run_ocr", "--in-place"], BadInput, "say --stage run_ocr instead of --from"),
        (["--stage", "run_ocr", "--in-place", "--label", "x"], BadInput, "--label names what a new job tries"),
        (["--stage", "run_orc", "--in-place"], NotFound, "Did you mean “run_ocr”"),
        (
            ["--stage", "compile_report", "--in-place", "--set", "run_ocr.min_confidence=0.5"],
            BadConfig,
            "replay from run_ocr",
        ),
    ],
)
def test_a_replay_that_makes_no_sense(job: Job, arguments: list[str], error: Any, sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        call_command("replay", str(job.pk), *arguments)
    assert Job.objects.count() == 1


def test_in_place_the_last_stage_gives_a_new_report(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command(
        "replay", str(job.pk)[:8], "--stage", "compile_report", "--in-place",
        "--set", "compile_report.min_event_s=0.25", "--out", str(tmp_path),
    )  # fmt: skip
    job.refresh_from_db()
    assert (Job.objects.count(), job.status) == (1, JobStatus.COMPLETED)
    assert job.newest_runs()["compile_report"].attempt == 2
    assert job.config_overrides == {"compile_report": {"min_event_s": 0.25}}
    assert json.loads((tmp_path / "report.json").read_text())["brands"]
    assert "mpr diff" not in capsys.readouterr().out


def test_in_place_what_follows_is_named_as_stale_and_the_job_pauses(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("replay", str(job.pk)[:8], "--stage", "filter_scenes", "--in-place", "--out", str(tmp_path / "out"))
    shown = capsys.readouterr().out
    job.refresh_from_db()
    assert (job.status, job.newest_runs()["filter_scenes"].attempt) == (JobStatus.PAUSED, 2)
    stale = shown.partition("Stale now: ")[2].partition(".")[0].split(", ")
    assert (stale[0], stale[-1]) == ("field_segmentation", "compile_report")
    assert f"mpr jobs resume {str(job.pk)[:8]}" in shown
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("running", "This job is running; pause it or wait for its end"),
        ("cancelled", "This job is cancelled and stays so; replay it as a new job"),
    ],
)
def test_in_place_a_job_must_be_at_rest(job: Job, status: str, sentence: str) -> None:
    Job.objects.filter(pk=job.pk).update(status=status)
    with pytest.raises(Refused, match=sentence):
        call_command("replay", str(job.pk), "--stage", "compile_report", "--in-place")
    assert job.stage_runs.filter(stage_name="compile_report").count() == 1


def test_a_diff_names_seconds_settings_stretches_and_writes_their_frames(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    after = record_job(job.timeline, (3, 4, 5, 9), config_overrides={"run_ocr": {"min_confidence": 0.7}})
    call_command("diff", str(job.pk)[:8], str(after.pk)[:8], "--out", str(tmp_path))
    shown = capsys.readouterr().out
    for said in ("Nördlich Öl", "4.0 s", "+1.0 s", "-1.0 s", "run_ocr.min_confidence", "→ 0.7", "NÖRDLICH ÖL"):
        assert said in shown, said
    assert json.loads((tmp_path / "diff.json").read_text())["brands"][0]["gained_s"] == 1.0
    pictures = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jpg"))
    assert pictures == ["gained/000005.00s-frame5.jpg", "lost/000002.00s-frame2.jpg"]
    assert decode_jpeg((tmp_path / pictures[0]).read_bytes()).shape == (360, 640, 3)


def test_a_diff_of_jobs_that_saw_nothing(workspace: Any, capsys: pytest.CaptureFixture[str]) -> None:
    timeline = make_timeline(workspace, duration_s=20.0)
    one, other = record_job(timeline, ()), record_job(timeline, ())
    call_command("diff", str(one.pk), str(other.pk))
    assert "neither job saw a brand" in capsys.readouterr().out
