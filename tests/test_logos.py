"""Logos without words, from a folder of exemplars to the report, and brands that come to a finished job."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image as Pillow

from brands.models import Exemplar
from detection.sample.icons import draw_icon
from mpr.jobs.models import Job
from mpr.pipeline.footage import write_clip
from mpr.pipeline.frames import Image

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SIGN_PX = 90


def board(number: int, sign: str) -> Image:
    """A sign without a word on a board that slides over a lawn."""
    picture = np.full((360, 640, 3), (60, 140, 60), np.uint8)
    left_px = 60 + 3 * number
    cv2.rectangle(picture, (left_px, 110), (left_px + 260, 230), (235, 235, 235), -1)
    cover = cv2.resize(draw_icon(sign, 400), (SIGN_PX, SIGN_PX), interpolation=cv2.INTER_AREA)[..., None] / 255
    part = picture[125 : 125 + SIGN_PX, left_px + 80 : left_px + 80 + SIGN_PX]
    part[:] = np.round(part * (1 - cover) + np.array((150, 40, 30)) * cover)
    return picture


def exemplar(path: Path, sign: str) -> None:
    cover = draw_icon(sign, 300)
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.dstack([np.full((300, 300, 3), (30, 40, 150), np.uint8), cover])).save(path)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    pictures = [
        board(number, "chevrons") if number >= 25 else np.full((360, 640, 3), 90, np.uint8) for number in range(75)
    ]
    return write_clip(tmp_path / "match.mp4", pictures)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    exemplar(tmp_path / "brands" / "exemplars" / "Zephyra" / "sign.png", "chevrons")
    (tmp_path / "brands" / "brands.csv").write_text("canonical_name,aliases\nZephyra,\nQuillon,\nAldermoor,\n")
    return tmp_path / "brands"


def states(job: Job) -> dict[str, str]:
    return {name: run.state for name, run in job.newest_runs().items()}


def test_a_sign_without_a_word_is_found_by_its_picture(
    celery_workers: None, clip: Path, folder: Path, tmp_path: Path
) -> None:
    exemplar(folder / "exemplars" / "Quillon" / "sign.png", "leaf")
    call_command("seed")
    options = {"brands": folder, "out": tmp_path / "out", "overrides": ["extract_frames.keyframes_only=never"]}
    call_command("analyze", str(clip), **options)
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    (brand,) = report["brands"]
    assert brand["brand"] == "Zephyra"
    (event,) = brand["events"]
    assert (event["method"], event["methods"]) == ("logo", ["logo"])
    assert event["start_s"] == pytest.approx(1.0, abs=0.05)
    assert event["end_s"] == pytest.approx(3.0, abs=0.05)
    xs, ys = zip(*event["evidence"]["polygon"], strict=True)
    left_px = 60 + 3 * round(25 * event["evidence"]["t_s"])
    assert 640 * sum(xs) / 4 == pytest.approx(left_px + 80 + SIGN_PX / 2, abs=12)
    assert 360 * sum(ys) / 4 == pytest.approx(125 + SIGN_PX / 2, abs=12)
    first = Job.objects.get()
    assert states(first)["embed_regions"] == states(first)["match_logos"] == "done"

    call_command("analyze", str(clip), **options)
    assert Exemplar.objects.count() == 2
    again = Job.objects.latest("created_at")
    assert (states(again)["embed_regions"], states(again)["match_logos"]) == ("reused", "reused")


def analyzed(clip: Path, brands: Path | None, out: Path) -> Job:
    call_command("seed")
    call_command("analyze", str(clip), brands=brands, out=out, overrides=["extract_frames.keyframes_only=never"])
    return Job.objects.latest("created_at")


def computed(job: Job) -> set[str]:
    """The stages that were not taken from elsewhere, by the shards that were worked on."""
    return set(job.stage_runs.filter(shards__attempts__gt=0).values_list("stage_name", flat=True))


def brands_of(out: Path) -> list[str]:
    return [brand["brand"] for brand in json.loads((out / "report.json").read_text())["brands"]]


def test_a_brand_that_comes_to_a_finished_job_takes_matching_alone(
    celery_workers: None, clip: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "exemplars" / "Zephyra").rename(tmp_path / "later")
    parent = analyzed(clip, folder, tmp_path / "first")
    assert states(parent)["embed_regions"] == states(parent)["match_logos"] == "skipped"
    assert brands_of(tmp_path / "first") == []
    capsys.readouterr()

    # The first exemplar ever: regions are embedded once, from the cached frames.
    picture = str(tmp_path / "later" / "sign.png")
    call_command("brands", "add", "Zephyra", "--exemplar", picture, "--job", str(parent.pk)[:8],
                 "--out", str(tmp_path / "second"))  # fmt: skip
    said = " ".join(capsys.readouterr().out.split())
    assert "Zephyra: 1 of 1 exemplars are new, 1 in all." in said
    assert "embed_regions runs once on the cached frames, later exemplars need it not." in said
    child = Job.objects.get(parent=parent)
    assert brands_of(tmp_path / "second") == ["Zephyra"]
    assert computed(child) == {"embed_regions", "match_logos", "compile_report"}
    assert states(child)["match_brands"] == "reused"

    # A name that nobody looked for, and another exemplar: nothing but matching.
    exemplar(tmp_path / "leaf.png", "leaf")
    leaf = str(tmp_path / "leaf.png")
    call_command("brands", "add", "Vantor", "--alias", "VNTR", "--exemplar", leaf, "--job", str(child.pk))
    assert "runs once" not in capsys.readouterr().out
    grandchild = Job.objects.get(parent=child)
    assert computed(grandchild) == {"match_brands", "match_logos", "compile_report"}
    assert grandchild.plan["configs"]["match_brands"]["brands"] == ["Zephyra", "Quillon", "Aldermoor", "Vantor"]
    assert states(grandchild)["embed_regions"] == "reused"

    # From the first job again: what the second computed is found.
    call_command("brands", "look", str(parent.pk))
    again = Job.objects.filter(parent=parent).latest("created_at")
    assert computed(again) == set()
    assert states(again)["embed_regions"] == "reused"


def test_a_crop_of_a_frame_becomes_an_exemplar_that_finds_itself(
    celery_workers: None, clip: Path, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "exemplars" / "Zephyra" / "sign.png").unlink()
    parent = analyzed(clip, folder, tmp_path / "first")
    left_px = 60 + 3 * 50 + 80
    corners = [(left_px - 8, 117), (left_px + 98, 117), (left_px + 98, 223), (left_px - 8, 223)]
    polygon = [f"{x / 640:.4f},{y / 360:.4f}" for x, y in corners]
    call_command("brands", "crop", "Zephyra", str(parent.pk), "2.0", *polygon, "--job", str(parent.pk),
                 "--out", str(tmp_path / "second"))  # fmt: skip
    assert "cut from match.mp4 at 2." in capsys.readouterr().out
    made = Exemplar.objects.get()
    assert (made.brand.canonical_name, made.picture.width, made.picture.height) == ("Zephyra", 106, 106)
    assert brands_of(tmp_path / "second") == ["Zephyra"]
