from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.files import write_reports
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.errors import MprError, NotFound
from mpr.jobs.models import Job, StageRun, StageState
from mpr.pipeline.codec import digest, encode
from mpr.pipeline.frames import Frame, decode_jpeg, encode_jpeg
from mpr.storage.buckets import media_out, timeline_folder
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db

PACK = "frames/0.pack"


@pytest.fixture
def job(workspace: Workspace) -> Job:
    """A job that found nothing yet."""
    asset = MediaAsset.objects.create(
        workspace=workspace,
        filename="match.mp4",
        file_path="assets/match.mp4",
        sha256="ab" * 32,
        status=AssetStatus.READY,
        duration_s=4.0,
        fps=25.0,
        width=1000,
        height=1000,
    )
    timeline = Timeline.objects.create(
        source_asset=asset,
        chunk_paths=[asset.file_path],
        profile_name="soccer_broadcast",
        fps=25.0,
        facts={"duration_s": 4.0},
    )
    plan = {"pipeline": {"stages": ["compile_report"]}, "configs": {"compile_report": {"bridge_s": 1.0}}}
    return Job.objects.create(timeline=timeline, profile_name="soccer_broadcast", plan=plan)


@pytest.fixture
def report(
    film: Callable[..., Scenes],
    sighting: Callable[..., BrandMatch],
    compiled: Callable[..., Report],
    job: Job,
) -> Report:
    """Aldermoor in both shots, Quillon in the first at the same moment as Aldermoor; every frame lies in the pack."""
    scenes = film(4, 4)
    pictures = [encode_jpeg(np.full((100, 100, 3), 30 * seq, np.uint8), quality=90) for seq in range(8)]
    offsets = np.concatenate([[0], np.cumsum([len(picture) for picture in pictures])]).tolist()
    timeline_folder(job.timeline_id).write(PACK, b"".join(pictures))
    frames = [
        type(kept)(
            frame=Frame(
                seq=seq,
                pts_s=kept.frame.pts_s,
                width_px=100,
                height_px=100,
                pack=PACK,
                offset=offsets[seq],
                size=len(pictures[seq]),
            ),
            shot=kept.shot,
            start_s=kept.start_s,
            end_s=kept.end_s,
        )
        for seq, kept in enumerate(scenes.frames)
    ]
    tenth: dict[str, Any] = {"box": (0.04, 0.04, 0.06, 0.05)}
    matches = [sighting(seq, **tenth) for seq in (0, 1, 5, 6)] + [sighting(seq, "Quillon", **tenth) for seq in (0, 1)]
    return compiled(Scenes(shots=scenes.shots, frames=frames, dropped=0), matches)


@pytest.fixture
def finished(job: Job, report: Report) -> Job:
    """The job with its report stored as the engine stores it."""
    StageRun.objects.create(job=job, stage_name="compile_report", place=0, state=StageState.DONE)
    timeline_folder(job.timeline_id).write("outputs/report", encode(report))
    job.outputs.create(
        timeline=job.timeline,
        stage_name="compile_report",
        cache_key="0" * 64,
        output={"counts": report.counts(), "artifacts": ["outputs/report"]},
    )
    return job


def test_files_agree_with_the_report(finished: Job, report: Report, tmp_path: Path) -> None:
    paths = write_reports(finished, tmp_path / "new" / "folder")

    assert {kind: path.name for kind, path in paths.items()} == {
        "json": "report.json",
        "csv": "report.csv",
        "html": "report.html",
    }
    tree = json.loads(paths["json"].read_text())
    assert [(brand["brand"], brand["exposure_s"]) for brand in tree["brands"]] == [("Aldermoor", 2.0), ("Quillon", 1.0)]
    assert tree["job"]["id"] == str(finished.pk)
    assert tree["job"]["config_hash"] == digest(finished.plan)
    assert tree["video"]["sha256"] == "ab" * 32
    assert len(list(csv.DictReader(paths["csv"].read_text().splitlines()))) == 3
    html = paths["html"].read_text()
    assert "match.mp4" in html
    assert "bridge_s = 1.0" in html


def test_every_event_has_its_frame(finished: Job, report: Report, tmp_path: Path) -> None:
    tree = json.loads(write_reports(finished, tmp_path)["json"].read_text())
    events = [event for brand in tree["brands"] for event in brand["events"]]

    for event in events:
        seq = round(event["evidence"]["t_s"] * 2 - 0.5)
        image = decode_jpeg((tmp_path / event["evidence"]["frame"]).read_bytes())
        assert image.mean() == pytest.approx(30 * seq, abs=2)
    assert len(list((tmp_path / "evidence").iterdir())) == len({event["evidence"]["t_s"] for event in events}) == 2


def test_writing_again_replaces(finished: Job, tmp_path: Path) -> None:
    first = {kind: path.read_bytes() for kind, path in write_reports(finished, tmp_path).items()}
    (tmp_path / "report.json").write_text("old")

    again = {kind: path.read_bytes() for kind, path in write_reports(finished, tmp_path).items()}

    assert again == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evidence", "report.csv", "report.html", "report.json"]


def test_frames_that_are_gone_are_left_out(finished: Job, tmp_path: Path) -> None:
    media_out.delete(f"timelines/{finished.timeline_id}/{PACK}")

    tree = json.loads(write_reports(finished, tmp_path)["json"].read_text())

    assert {event["evidence"]["frame"] for brand in tree["brands"] for event in brand["events"]} == {None}
    assert not (tmp_path / "evidence").exists()


def test_job_without_a_report_says_so(job: Job, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no report yet"):
        write_reports(job, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_says_so(finished: Job, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(MprError, match="Could not write"):
        write_reports(finished, tmp_path / "taken")
