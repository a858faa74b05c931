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
from mpr.jobs.models import Job, JobStatus
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
    assert Exemplar.objects.count() == 1
    again = Job.objects.latest("created_at")
    assert (states(again)["embed_regions"], states(again)["match_logos"]) == ("reused", "reused")
