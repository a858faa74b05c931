"""`mpr analyze` from footage to reports, through real workers on real services."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import call_command

from detection.models import Airing
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.errors import BadConfig, BadInput, NotFound
from mpr.jobs.models import Job, JobStatus, Shard
from mpr.pipeline.footage import write_clip, write_sound
from mpr.pipeline.frames import Image

pytestmark = [pytest.mark.django_db(transaction=True)]


def board(number: int, *, words: str = "ZEPHYRA") -> Image:
    """A board that slides over a lawn."""
    picture = np.full((360, 640, 3), (60, 140, 60), np.uint8)
    left_px = 40 + 2 * number
    cv2.rectangle(picture, (left_px, 120), (left_px + 320, 200), (120, 40, 20), -1)
    cv2.putText(picture, words, (left_px + 20, 180), cv2.FONT_HERSHEY_DUPLEX, 1.9, (255, 255, 255), 3, cv2.LINE_AA)
    return picture


@pytest.fixture
def seeded() -> None:
    call_command("seed")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    pictures = [board(number) if number >= 25 else np.full((360, 640, 3), 90, np.uint8) for number in range(75)]
    return write_clip(tmp_path / "match.mp4", pictures)


@pytest.fixture
def brand_file(tmp_path: Path) -> Path:
    path = tmp_path / "brands.csv"
    path.write_text("canonical_name,aliases\nZephyra,Zephyra Energy\nQuillon,\n")
    return path


def analyze(*given: object, **options: object) -> int:
    """The exit code of `mpr analyze`."""
    try:
        call_command("analyze", *map(str, given), **options)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


@pytest.mark.slow
def test_a_broadcast_in_a_report_out(
    seeded: None, celery_workers: None, clip: Path, brand_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every_frame = ["extract_frames.keyframes_only=never"]
    assert analyze(clip, brands=brand_file, out=tmp_path / "out", overrides=every_frame) == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["schema"] == "mpr.report/1"
    (brand,) = report["brands"]
    assert brand["brand"] == "Zephyra"
    (event,) = brand["events"]
    assert event["start_s"] == pytest.approx(1.0, abs=0.05)
    assert event["end_s"] == pytest.approx(3.0, abs=0.05)
    assert (tmp_path / "out" / event["evidence"]["frame"]).read_bytes()[:2] == b"\xff\xd8"
    assert (tmp_path / "out" / "report.csv").read_text().count("Zephyra") == 1
    assert "Zephyra" in (tmp_path / "out" / "report.html").read_text()
    assert Airing.objects.get().brand.canonical_name == "Zephyra"
    job = Job.objects.get()
    states = {run.stage_name: run.state for run in job.stage_runs.all()}
    assert states.pop("escalate_vlm") == states.pop("escalate_cloud") == "skipped"
    # Without exemplars logos cost nothing: no shard is planned, and no message sent.
    assert states.pop("embed_regions") == states.pop("match_logos") == "skipped"
    assert not Shard.objects.filter(stage_run__stage_name__in=["embed_regions", "match_logos"]).exists()
    assert "has an exemplar" in job.stage_runs.get(stage_name="embed_regions").reason
    assert set(states.values()) == {"done"}
    assert "Zephyra" in capsys.readouterr().out

    assert analyze(clip, brands=brand_file, out=tmp_path / "again", overrides=every_frame) == 0
    assert MediaAsset.objects.count() == 1
    again = Job.objects.latest("created_at")
    reused = {run.stage_name for run in again.stage_runs.filter(state="reused")}
    assert {"extract_frames", "detect_objects", "run_ocr", "match_brands"} <= reused


@pytest.mark.slow
def test_a_video_of_one_frame_is_analysed(seeded: None, celery_workers: None, brand_file: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "one.mp4", [board(0)])
    assert analyze(clip, brands=brand_file, profile="generic_video", out=tmp_path / "out") == 0
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert [brand["brand"] for brand in report["brands"]] == ["Zephyra"]


def empty(folder: Path) -> Path:
    (folder / "bad.mp4").write_bytes(b"")
    return folder / "bad.mp4"


def text(folder: Path) -> Path:
    (folder / "bad.mp4").write_text("This is no video.\n" * 50)
    return folder / "bad.mp4"


def truncated(folder: Path) -> Path:
    whole = write_clip(folder / "whole.mp4", [board(number) for number in range(10)]).read_bytes()
    (folder / "bad.mp4").write_bytes(whole[: len(whole) // 2])
    return folder / "bad.mp4"


def sound(folder: Path) -> Path:
    return write_sound(folder / "bad.m4a")


def playlist(folder: Path) -> Path:
    write_clip(folder / "other.mp4", [board(0)])
    (folder / "bad.m3u8").write_text(f"#EXTM3U\n#EXTINF:1,\n{folder / 'other.mp4'}\n#EXT-X-ENDLIST\n")
    return folder / "bad.m3u8"


@pytest.mark.parametrize("make", [empty, text, truncated, sound, playlist], ids=lambda make: make.__name__)
def test_bad_footage_is_one_sentence_an_asset_in_error_and_nothing_else(
    seeded: None, make: Callable[[Path], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert analyze(make(tmp_path), out=tmp_path / "out") == 1
    asset = MediaAsset.objects.get()
    assert asset.status == AssetStatus.ERROR
    said = " ".join(capsys.readouterr().out.split())
    assert " ".join(asset.error_message.split()) in said
    assert not Job.objects.exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_one_bad_file_does_not_disturb_the_others(
    seeded: None, celery_workers: None, clip: Path, brand_file: Path, tmp_path: Path
) -> None:
    assert analyze(empty(tmp_path), clip, brands=brand_file, profile="generic_video", out=tmp_path / "out") == 1
    assert Job.objects.get().status == JobStatus.COMPLETED
    assert len(list((tmp_path / "out").glob("match-*/report.json"))) == 1


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"profile": "socer_broadcast"}, NotFound, "Did you mean “soccer_broadcast”?"),
        ({"overrides": ["run_ocr.min_confidnce=0.5"]}, BadConfig, "Did you mean “min_confidence”?"),
        ({"overrides": ["extract_frames.fps=fast"]}, BadConfig, "extract_frames: “fps” is not right"),
        ({"overrides": ["fps=2"]}, BadInput, "write it as stage.setting=value"),
    ],
    ids=["profile", "key", "value", "form"],
)
def test_what_is_asked_for_wrongly_is_refused_before_any_work(
    seeded: None, clip: Path, options: dict[str, object], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error) as raised:
        call_command("analyze", str(clip), **options)
    assert sentence in str(raised.value)
    assert not MediaAsset.objects.exists()


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "is empty"), (b"brand;alias\nA;B\n", "canonical_name")], ids=["empty", "header"]
)
def test_a_bad_brand_list_is_refused_before_any_work(
    seeded: None, clip: Path, tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "brands.csv").write_bytes(content)
    with pytest.raises(BadInput) as raised:
        call_command("analyze", str(clip), brands=tmp_path / "brands.csv")
    assert sentence in str(raised.value)
    assert not MediaAsset.objects.exists()
