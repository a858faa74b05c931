"""Chunks go through the whole pipeline: what is found in them is what is found in the whole file, moved by the cuts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest
from django.core.management import call_command

from detection.models import Airing
from mpr.assets.models import MediaAsset, Timeline
from mpr.assets.timelines import timeline_of
from mpr.jobs.models import Job
from mpr.jobs.outputs import read_output
from mpr.pipeline.footage import write_clip
from mpr.pipeline.frames import Image

pytestmark = [pytest.mark.django_db(transaction=True)]


def board(number: int) -> Image:
    """A lawn; during [2, 4) and [6, 8) s a board slides over it."""
    picture = np.full((360, 640, 3), (60, 140, 60), np.uint8)
    if number // 50 % 2 == 0:
        return picture
    left_px = 40 + 3 * (number % 50)
    cv2.rectangle(picture, (left_px, 120), (left_px + 320, 200), (120, 40, 20), -1)
    cv2.putText(picture, "ZEPHYRA", (left_px + 20, 180), cv2.FONT_HERSHEY_DUPLEX, 1.9, (255, 255, 255), 3, cv2.LINE_AA)
    return picture


@pytest.fixture
def match(tmp_path: Path) -> Path:
    """Ten seconds with a keyframe every second."""
    return write_clip(tmp_path / "match.mp4", [board(number) for number in range(250)], keyframe_every=25, sound=True)


def found(timeline: Timeline) -> list[tuple[object, ...]]:
    """The airings of the timeline's one job, as far as they do not name rows and files."""
    job = Job.objects.get(timeline=timeline)
    return [
        (one.brand_name, one.start_s, one.end_s, one.placement, one.method, one.confidence, one.geometry)
        for one in Airing.objects.filter(job=job).order_by("start_s")
    ]


def plain(job: Job, stage: str) -> Any:
    """What a stage gave, all but the names of the packs that its pictures lie in."""
    told = msgspec.json.encode(list(read_output(job, stage))).decode()
    return re.sub(r'"pack":"[^"]*"', "", told)


@pytest.mark.slow
def test_what_is_found_in_chunks_is_what_is_found_in_the_whole(
    celery_workers: None, match: Path, tmp_path: Path
) -> None:
    call_command("seed")
    brands = tmp_path / "brands.csv"
    brands.write_text("canonical_name,aliases\nZephyra,\n")
    call_command("analyze", str(match), brands=brands, out=tmp_path / "whole")
    asset = MediaAsset.objects.get()
    whole = timeline_of(asset, profile_name="soccer_broadcast")
    airings = found(whole)
    assert [(name, round(start_s), round(end_s)) for name, start_s, end_s, *_ in airings] == [
        ("Zephyra", 2, 4),
        ("Zephyra", 6, 8),
    ]

    # All of it, in three chunks: the same to the byte.
    call_command("chunk", str(asset.pk), "--at", "3", "0:07", "--timeline")
    parts = Timeline.objects.exclude(pk=whole.pk).get()
    assert len(parts.chunk_paths) == 3
    call_command("analyze", timelines=[parts.pk], brands=brands, out=tmp_path / "parts")
    assert found(parts) == airings
    one, other = (Job.objects.get(timeline=timeline) for timeline in (whole, parts))
    for stage in ("filter_scenes", "track_objects", "run_ocr"):
        assert plain(one, stage) == plain(other, stage)

    # Without [0, 5): what was at 6 s is at 1 s.
    call_command("chunk", str(asset.pk), "--keep", "5-10", "--timeline")
    late = Timeline.objects.exclude(pk__in=[whole.pk, parts.pk]).get()
    call_command("analyze", timelines=[late.pk], brands=brands, out=tmp_path / "late")
    ((name, start_s, end_s, *_),) = found(late)
    assert name == "Zephyra"
    assert (start_s + 5.0, end_s + 5.0) == pytest.approx(airings[1][1:3], abs=0.041)
