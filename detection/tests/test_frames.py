"""What stages saw in one frame, read back from stored records and drawn."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection import overlays
from detection.frames import kept_frame, overlay
from detection.overlays import OVERLAYS, find_overlay
from detection.records import Edges, KeptFrame, Scenes
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import ShardedOutput
from mpr.pipeline.frames import Frame, decode_jpeg
from mpr.storage.buckets import media_out
from tests.recorded import HEIGHT_PX, WIDTH_PX, record_job
from tests.rows import make_timeline

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(workspace: Any) -> Job:
    return record_job(make_timeline(workspace, duration_s=20.0), logos=True)


def near(picture: Any, colour: overlays.Colour, box: tuple[int, int, int, int]) -> int:
    """How many pixels of a box (left, top, right, bottom) have about that colour."""
    left, top, right, bottom = box
    part = picture[top:bottom, left:right].astype(int)
    return int((np.abs(part - np.array(colour)).max(axis=2) < 40).sum())


AROUND_THE_BOARD = (190, 110, 410, 215)
EVERYWHERE = (0, 0, WIDTH_PX, HEIGHT_PX)


@pytest.mark.parametrize(
    ("stage", "colour", "place"),
    [
        ("field_segmentation", overlays.FIELD, EVERYWHERE),
        ("detect_edges", overlays.LINE, (0, 180, 640, 250)),
        ("detect_edges", overlays.HINT, AROUND_THE_BOARD),
        ("detect_edges", overlays.FIELD, EVERYWHERE),
        ("detect_objects", overlays.TEXT, AROUND_THE_BOARD),
        ("detect_objects", overlays.OBJECT, (10, 10, 100, 60)),
        ("track_objects", overlays.TEXT, AROUND_THE_BOARD),
        ("preprocess", overlays.TEXT, AROUND_THE_BOARD),
        ("run_ocr", overlays.TEXT, AROUND_THE_BOARD),
        ("match_brands", overlays.BRAND, AROUND_THE_BOARD),
        ("match_brands", overlays.OPEN, (490, 40, 610, 110)),
        ("embed_regions", overlays.TEXT, AROUND_THE_BOARD),
        ("embed_regions", overlays.OBJECT, (10, 10, 100, 60)),
        ("match_logos", overlays.BRAND, AROUND_THE_BOARD),
        ("compile_report", overlays.BRAND, AROUND_THE_BOARD),
        ("compile_report", overlays.UNCOUNTED, (10, 10, 200, 70)),
    ],
)
def test_each_kind_of_thing_is_drawn_in_its_colour_where_it_is(
    job: Job, stage: str, colour: overlays.Colour, place: Any
) -> None:
    bare = decode_jpeg(overlay(job, "filter_scenes", 2))
    drawn = decode_jpeg(overlay(job, stage, 2))
    assert near(drawn, colour, place) > near(bare, colour, place) + 150


def test_what_is_not_in_a_frame_is_not_drawn_in_it(job: Job) -> None:
    elsewhere = decode_jpeg(overlay(job, "match_brands", 7))
    assert near(elsewhere, overlays.BRAND, EVERYWHERE) < 20
    assert near(decode_jpeg(overlay(job, "field_segmentation", 12)), overlays.FIELD, EVERYWHERE) < 20


def test_the_crops_stand_below_the_frame(job: Job) -> None:
    picture = decode_jpeg(overlay(job, "preprocess", 2))
    assert picture.shape[1] == WIDTH_PX
    assert picture.shape[0] > HEIGHT_PX + 48
    assert near(picture, (240, 240, 240), (0, HEIGHT_PX, WIDTH_PX, picture.shape[0])) > 5000


def test_only_the_shard_that_holds_the_frame_is_read(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = ShardedOutput.__getitem__

    def noted(self: ShardedOutput, index: Any) -> Any:
        read.append(self._keys[index])
        return real(self, index)

    monkeypatch.setattr(ShardedOutput, "__getitem__", noted)
    overlay(job, "run_ocr", 13)
    assert [key.split("/")[0] + key[-12:] for key in read] == ["filter_scenes/00000-1.bin", "run_ocr/00003-1.bin"]


@pytest.mark.parametrize("stage", OVERLAYS)
def test_every_overlay_is_a_jpeg_in_any_script(workspace: Any, stage: str) -> None:
    job = record_job(make_timeline(workspace, duration_s=20.0), brand="Спортмастер Öl €", logos=True)
    if stage.startswith("escalate"):
        with pytest.raises(NotFound, match=f"{stage} of this job has no output"):
            overlay(job, stage, 2)
        return
    data = overlay(job, stage, 2)
    assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) is not None


@pytest.mark.parametrize(
    ("stage", "seq", "sentence"),
    [
        ("extract_frames", 2, "There is no overlay of “extract_frames”."),
        ("run_orc", 2, "There is no overlay of “run_orc”. Did you mean “run_ocr”?"),
        (
            "run_ocr",
            99,
            "Frame 99 was not kept: it is a near-duplicate, or not on the footage; the nearest is frame 19.",
        ),
        ("run_ocr", -1, "the nearest is frame 0."),
    ],
)
def test_what_cannot_be_shown(job: Job, stage: str, seq: int, sentence: str) -> None:
    with pytest.raises(NotFound) as raised:
        overlay(job, stage, seq)
    assert sentence in str(raised.value)


def test_a_cleared_picture_or_record_is_named(job: Job) -> None:
    prefix = f"timelines/{job.timeline_id}"
    media_out.delete(f"{prefix}/frames/all.pack")
    with pytest.raises(NotFound, match=r"frames/all\.pack is not in media_out"):
        overlay(job, "run_ocr", 2)
    media_out.delete(f"{prefix}/{job.outputs.get(stage_name='run_ocr').output['artifacts'][0]}")
    with pytest.raises(NotFound, match=r"run_ocr/.* is not in media_out"):
        overlay(job, "run_ocr", 2)
    job.outputs.filter(stage_name="run_ocr").delete()
    with pytest.raises(NotFound, match="run_ocr of this job has no output; it is completed"):
        overlay(job, "run_ocr", 2)


def test_footage_without_a_kept_frame() -> None:
    with pytest.raises(NotFound, match="This job kept no frame"):
        kept_frame(Scenes(shots=[], frames=[], dropped=0), 0)


def test_a_stage_that_has_not_looked_at_the_frame() -> None:
    frame = Frame(seq=4, pts_s=1.0, width_px=64, height_px=36, pack="p", offset=0, size=1)
    kept = KeptFrame(frame=frame, shot=0, start_s=0.0, end_s=1.0)
    with pytest.raises(NotFound, match="detect_edges says nothing of frame 4; it has not looked at it"):
        overlays.overlay_jpeg("detect_edges", np.zeros((36, 64, 3), np.uint8), kept, {"detect_edges": Edges(frames=[])})
    assert find_overlay("detect_edges").reads == ("detect_edges", "field_segmentation")
