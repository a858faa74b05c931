from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection.crops import in_reading_order, sheared, strokes
from detection.quads import grown, quad_of, rectangle
from detection.records import Box, FrameObjects, Objects, Quad, Track, Tracks, View
from detection.stages import preprocess
from detection.stages.preprocess import Config, Inputs, clearest, stretched
from mpr.pipeline.codec import encode
from mpr.pipeline.frames import decode_jpeg

A, B, C, D = (10.0, 10.0), (30.0, 10.0), (30.0, 90.0), (10.0, 90.0)
SLANTED = ((100.0, 120.0), (300.0, 60.0), (310.0, 100.0), (110.0, 160.0))


def cut(shoot: Any, picture: Any, *boxes: Any, **changes: Any) -> list[Any]:
    """Crops of one picture, of just the boxes and one each unless the changes say otherwise."""
    scenes, ctx = shoot([picture])
    changes = {"margin_share": 0.0, "turn_tall": "left", **changes}
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
        pytest.param("off", [(A, B, C, D)], id="as it is"),
        pytest.param("left", [(B, C, D, A)], id="text that runs down"),
        pytest.param("right", [(D, A, B, C)], id="text that runs up"),
        pytest.param("both", [(B, C, D, A), (D, A, B, C)], id="either way"),
    ],
)
def test_tall_quads_are_begun_where_their_text_begins(turn: Any, expected: list[Quad]) -> None:
    assert in_reading_order((A, B, C, D), tall_ratio=1.5, turn=turn) == expected
    wide = rectangle(0, 0, 80, 20)
    assert in_reading_order(wide, tall_ratio=1.5, turn=turn) == [wide]


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


def test_tall_text_is_cut_out_both_ways(shoot: Any) -> None:
    down, up = cut(shoot, noise(), rectangle(100, 40, 140, 200), turn_tall="both")
    assert (down.box, up.box) == (0, 0)
    down_picture, up_picture = decode_jpeg(down.jpeg).astype(int), decode_jpeg(up.jpeg)
    assert np.abs(down_picture - cv2.rotate(up_picture, cv2.ROTATE_180)).mean() < 25
    assert np.abs(down_picture - up_picture).mean() > 60


@pytest.mark.parametrize("slant_deg", [-18, 12, 25])
def test_letters_that_lean_in_a_slanted_box_are_set_upright(shoot: Any, write: Any, slant_deg: int) -> None:
    written = write(np.full((60, 240, 3), (120, 50, 30), np.uint8), "HILLTON", at=(120, 30), size_px=44)
    lean = np.float64([[1, 0, 40], [np.tan(np.radians(slant_deg)), 1, 120 if slant_deg > 0 else 200]])
    board = np.float64([[[20, 4], [220, 4], [220, 56], [20, 56]]])
    picture = cv2.warpAffine(written, lean, (400, 320), borderMode=cv2.BORDER_REPLICATE)
    box = upright_first(cv2.boxPoints(cv2.minAreaRect(cv2.transform(board, lean)[0].astype(np.float32))))
    (leaning,) = cut(shoot, picture, box, slanted="off")
    (standing,) = cut(shoot, picture, box)
    assert strokes(decode_jpeg(standing.jpeg)) > 1.05 * strokes(decode_jpeg(leaning.jpeg))
    assert standing.quad == leaning.quad == box


def test_letters_that_are_turned_with_their_line_stay_as_they_are(shoot: Any, write: Any) -> None:
    picture = write(np.full((320, 400, 3), (120, 50, 30), np.uint8), "HILLTON", at=(200, 160), size_px=44, turn_deg=15)
    box = upright_first(cv2.boxPoints(((200, 160), (210, 52), 15)))
    (turned,) = cut(shoot, picture, box, slanted="off")
    (crop,) = cut(shoot, picture, box)
    assert crop.jpeg == turned.jpeg


def upright_first(points: Any) -> Quad:
    """Four corners from the top left on, clockwise."""
    left, right = (sorted(side, key=lambda point: point[1]) for side in np.split(points[points[:, 0].argsort()], 2))
    return quad_of((left[0], right[0], right[1], left[1]))


@pytest.mark.parametrize(
    "quad",
    [
        pytest.param(rectangle(10, 10, 90, 40), id="level"),
        pytest.param(((100.0, 120.0), (300.0, 60.0), (300.0, 100.0), (100.0, 160.0)), id="no rectangle"),
        pytest.param(quad_of(cv2.boxPoints(((100, 100), (24, 36), 20))[[1, 2, 3, 0]]), id="too short"),
        pytest.param(quad_of(cv2.boxPoints(((100, 100), (200, 30), 60))[[1, 2, 3, 0]]), id="too steep"),
    ],
)
def test_only_slanted_lines_are_sheared(quad: Quad) -> None:
    assert sheared(quad) is None


def test_of_a_track_the_clearest_views_are_cut_apart_in_time(shoot: Any) -> None:
    scenes, ctx = shoot([noise()] * 8)
    box = rectangle(40, 40, 200, 80)
    objects = Objects(
        frames=[FrameObjects(seq=seq, boxes=[text(box), text(rectangle(0, 100, 90, 130))]) for seq in range(8)]
    )
    sharp = [500.0, 520.0, 510.0, 30.0, 20.0, 400.0, 420.0, 10.0]
    views = [view(seq, box, sharpness=sharp[seq], shift=3.0 * seq) for seq in range(8)]
    inputs = Inputs(filter_scenes=scenes, detect_objects=objects, track_objects=Tracks(tracks=[a_track(4, views)]))
    crops = preprocess.run(inputs, Config(views_per_track=3), ctx).crops
    assert [crop.seq for crop in crops if crop.box == 0] == [1, 3, 6]
    assert {crop.track for crop in crops if crop.box == 0} == {4}
    assert sorted(crop.rank for crop in crops if crop.box == 0) == [0, 1, 2]
    assert {crop.rank for crop in crops if crop.box == 1} == {0}
    assert [(crop.seq, crop.track) for crop in crops if crop.box == 1] == [(seq, -1) for seq in range(8)]
    everything = preprocess.run(inputs, Config(views_per_track=0), ctx).crops
    assert [crop.seq for crop in everything if crop.box == 0] == list(range(8))


def test_one_picture_is_not_cut_over_and_over() -> None:
    still = [view(seq, rectangle(40, 40, 200, 80), sharpness=300.0 + seq) for seq in range(8)]
    assert len(clearest(a_track(0, still), 5)) == 2
    moving = [view(seq, rectangle(40, 40, 200, 80), sharpness=300.0 + seq, shift=4.0 * seq) for seq in range(8)]
    assert len(clearest(a_track(0, moving), 5)) == 5


def test_views_that_nothing_was_detected_in_are_not_cut() -> None:
    views = [view(0, rectangle(40, 40, 200, 80), sharpness=900.0, box=-1), view(1, rectangle(40, 40, 200, 80))]
    assert [found.seq for found in clearest(a_track(0, views), 3)] == [1]


def view(seq: int, quad: Quad, *, sharpness: float = 100.0, shift: float = 0.0, box: int = 0) -> View:
    moved = quad_of((x + shift, y) for x, y in quad)
    return View(
        seq=seq, box=box, quad=moved, start_s=seq / 2, end_s=seq / 2 + 0.5, sharpness=sharpness, contrast=0.2
    )  # fmt: skip


def a_track(number: int, views: list[View]) -> Track:
    return Track(
        number=number, shot=0, label="text", start_s=views[0].start_s, end_s=views[-1].end_s, start_cause="cut",
        end_cause="cut", start_error_s=0.0, end_error_s=0.0, motion="camera", views=views,
    )  # fmt: skip


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
