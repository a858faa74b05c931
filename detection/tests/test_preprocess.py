from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection.crops import in_reading_order
from detection.quads import grown, rectangle
from detection.records import Box, FrameObjects, Objects, Quad
from detection.stages import preprocess
from detection.stages.preprocess import Config, Inputs, stretched
from mpr.pipeline.codec import encode
from mpr.pipeline.frames import decode_jpeg

A, B, C, D = (10.0, 10.0), (30.0, 10.0), (30.0, 90.0), (10.0, 90.0)
SLANTED = ((100.0, 120.0), (300.0, 60.0), (310.0, 100.0), (110.0, 160.0))


def cut(shoot: Any, picture: Any, *boxes: Any, **changes: Any) -> list[Any]:
    scenes, ctx = shoot([picture])
    objects = Objects(frames=[FrameObjects(seq=0, boxes=[box if isinstance(box, Box) else text(box) for box in boxes])])
    return preprocess.run(Inputs(filter_scenes=scenes, detect_objects=objects), Config(**changes), ctx).crops


def text(quad: Quad, *, label: str = "text") -> Box:
    return Box(quad=quad, label=label, score=0.8, source="text")


def noise(width: int = 400, height: int = 240) -> Any:
    return np.random.default_rng(3).integers(0, 255, (height // 8, width // 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)


def test_a_crop_carries_its_box_and_its_size(shoot: Any) -> None:
    (crop,) = cut(shoot, noise(), rectangle(40, 40, 200, 80))
    assert (crop.seq, crop.box, crop.label, crop.score, crop.source) == (0, 0, "text", 0.8, "text")
    assert (crop.width_px, crop.height_px) == (192, 48)
    assert decode_jpeg(crop.jpeg).shape == (48, 192, 3)


def test_a_crop_shows_what_its_box_holds(shoot: Any) -> None:
    picture = np.zeros((240, 400, 3), np.uint8)
    picture[40:80, 40:120], picture[40:80, 120:200] = (0, 0, 255), (255, 0, 0)
    (crop,) = cut(shoot, picture, rectangle(40, 40, 200, 80), low_contrast=0)
    shown = decode_jpeg(crop.jpeg)
    assert np.abs(shown[8:40, 8:80].mean(axis=(0, 1)) - (0, 0, 255)).max() < 8
    assert np.abs(shown[8:40, 112:184].mean(axis=(0, 1)) - (255, 0, 0)).max() < 8


def test_slanted_boxes_become_upright(shoot: Any) -> None:
    picture = np.zeros((240, 400, 3), np.uint8)
    top, bottom = np.array(SLANTED[:2]), np.array([SLANTED[3], SLANTED[2]])
    upper_half = np.concatenate([top, (top + bottom)[::-1] / 2])
    cv2.fillPoly(picture, [upper_half.round().astype(np.int32)], (255, 255, 255))
    (crop,) = cut(shoot, picture, SLANTED)
    rows = decode_jpeg(crop.jpeg)[:, 10:-10, 0].mean(axis=1)
    assert rows[4:20].min() > 240
    assert rows[28:44].max() < 15


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        pytest.param(rectangle(0, 0, 40, 10), (192, 48), id="small text is enlarged"),
        pytest.param(rectangle(0, 0, 300, 150), (96, 48), id="large text is shrunk"),
        pytest.param(rectangle(0, 0, 400, 5), (1600, 48), id="very long text is squeezed"),
    ],
)
def test_every_crop_has_one_height(shoot: Any, box: Quad, expected: tuple[int, int]) -> None:
    (crop,) = cut(shoot, noise(), box)
    assert (crop.width_px, crop.height_px) == expected


def test_the_height_is_a_setting(shoot: Any) -> None:
    (crop,) = cut(shoot, noise(), rectangle(0, 0, 200, 50), height_px=96)
    assert (crop.width_px, crop.height_px) == (384, 96)


def test_a_margin_shows_more_of_the_frame(shoot: Any) -> None:
    box = rectangle(100, 100, 200, 120)
    (with_margin,) = cut(shoot, noise(), box, margin_share=0.25)
    (grown_box,) = cut(shoot, noise(), grown(box, 5))
    assert with_margin.jpeg == grown_box.jpeg
    assert with_margin.quad == box


def test_boxes_that_reach_out_of_the_frame_are_cut_out_too(shoot: Any) -> None:
    (crop,) = cut(shoot, noise(), rectangle(-20, -10, 80, 30))
    assert (crop.width_px, crop.height_px) == (120, 48)


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        pytest.param("off", (A, B, C, D), id="as it is"),
        pytest.param("left", (B, C, D, A), id="text that runs down"),
        pytest.param("right", (D, A, B, C), id="text that runs up"),
    ],
)
def test_tall_quads_are_begun_where_their_text_begins(turn: Any, expected: Quad) -> None:
    assert in_reading_order((A, B, C, D), tall_ratio=1.5, turn=turn) == expected
    wide = rectangle(0, 0, 80, 20)
    assert in_reading_order(wide, tall_ratio=1.5, turn=turn) == wide


@pytest.mark.parametrize(
    ("turn", "rotation"), [("left", cv2.ROTATE_90_CLOCKWISE), ("right", cv2.ROTATE_90_COUNTERCLOCKWISE)]
)
def test_tall_text_is_turned_upright(shoot: Any, turn: str, rotation: int) -> None:
    upright = noise(160, 40)
    picture = np.zeros((240, 400, 3), np.uint8)
    picture[40:200, 100:140] = cv2.rotate(upright, rotation)
    (crop,) = cut(shoot, picture, rectangle(100, 40, 140, 200), turn_tall=turn)
    shown = cv2.resize(decode_jpeg(crop.jpeg), (160, 40))
    assert np.abs(shown.astype(int) - upright).mean() < 25


@pytest.mark.parametrize(
    "box",
    [
        pytest.param(rectangle(50, 50, 50, 50), id="a point"),
        pytest.param(rectangle(50, 50, 90, 52), id="too low"),
        pytest.param(((5.0, 5.0), (5.0, 5.0), (60.0, 5.0), (60.0, 5.0)), id="a line"),
    ],
)
def test_boxes_that_are_too_small_are_left_out(shoot: Any, box: Quad) -> None:
    assert cut(shoot, noise(), box) == []


def test_only_wanted_labels_are_cut_out_and_numbers_stay(shoot: Any) -> None:
    boxes = [
        text(rectangle(0, 0, 40, 90), label="person"),
        text(rectangle(0, 0, 90, 30)),
        text(rectangle(0, 60, 90, 90)),
    ]
    assert [crop.box for crop in cut(shoot, noise(), *boxes)] == [1, 2]
    assert [crop.box for crop in cut(shoot, noise(), *boxes, labels=("person",))] == [0]
    assert [crop.box for crop in cut(shoot, noise(), *boxes, labels=())] == [0, 1, 2]


def test_low_contrast_is_stretched_and_its_colour_kept() -> None:
    faint = np.full((48, 96, 3), (120, 110, 100), np.uint8)
    faint[10:38, 20:70] = (140, 130, 120)
    clear = stretched(faint, low_contrast=0.25)
    grey = cv2.cvtColor(clear, cv2.COLOR_BGR2GRAY)
    assert grey.max() - grey.min() > 230
    assert stretched(clear, low_contrast=0.25) is clear


@pytest.mark.parametrize("picture", [np.full((48, 96, 3), 120, np.uint8), noise(96, 48)], ids=["flat", "rich"])
def test_other_contrast_is_left_alone(picture: Any) -> None:
    assert stretched(picture, low_contrast=0.25) is picture


def test_no_frames_and_no_boxes_give_no_crops(shoot: Any) -> None:
    assert cut(shoot, noise()) == []
    scenes, ctx = shoot([])
    crops = preprocess.run(Inputs(filter_scenes=scenes, detect_objects=Objects(frames=[])), Config(), ctx)
    assert crops.counts() == {"crops": 0}


def test_crops_of_all_frames_are_in_order_and_equal_frames_give_equal_bytes(shoot: Any) -> None:
    said: list[tuple[int, int]] = []
    scenes, ctx = shoot([noise(), noise(), noise(641, 359)], on_progress=lambda *item: said.append(item))
    boxes = [text(rectangle(0, 0, 90, 30)), text(rectangle(0, 60, 90, 90))]
    objects = Objects(frames=[FrameObjects(seq=seq, boxes=boxes if seq else []) for seq in range(3)])
    inputs = Inputs(filter_scenes=scenes, detect_objects=objects)
    crops = preprocess.run(inputs, Config(), ctx)
    assert [(crop.seq, crop.box) for crop in crops.crops] == [(1, 0), (1, 1), (2, 0), (2, 1)]
    assert said == [(1, 3), (2, 3), (3, 3)]
    assert encode(crops) == encode(preprocess.run(inputs, Config(), ctx))
