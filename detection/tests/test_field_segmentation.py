from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection.quads import overlap
from detection.stages import field_segmentation
from detection.stages.field_segmentation import Config, Inputs
from mpr.pipeline.codec import encode

GRASS, DARK_GRASS, STAND = (60, 150, 60), (48, 128, 48), (90, 80, 100)


def view(*, grass: Any = GRASS, width: int = 640, height: int = 360, horizon: float = 0.4) -> Any:
    """A stand above a field that reaches from the horizon to the bottom."""
    picture = np.full((height, width, 3), STAND, np.uint8)
    picture[round(height * horizon) :] = grass
    return picture


def find(shoot: Any, *pictures: Any, **changes: Any) -> Any:
    scenes, ctx = shoot(pictures)
    return field_segmentation.run(Inputs(filter_scenes=scenes), Config(**changes), ctx)


def mask_of(field: Any) -> Any:
    return cv2.imdecode(np.frombuffer(field.mask_png, np.uint8), cv2.IMREAD_UNCHANGED)


def test_the_field_is_found_with_its_share_hull_and_mask(shoot: Any) -> None:
    (field,) = find(shoot, view()).frames
    assert field.share == pytest.approx(0.6, abs=0.02)
    xs, ys = np.array(field.hull).T
    assert (xs.min(), xs.max()) == pytest.approx((0, 640), abs=4)
    assert (ys.min(), ys.max()) == pytest.approx((144, 360), abs=4)
    mask = mask_of(field)
    assert mask.shape == (90, 160)
    assert set(np.unique(mask)) == {0, 255}
    assert mask[:34].max() == 0
    assert mask[38:].min() == 255


@pytest.mark.parametrize(
    "grass",
    [
        pytest.param((60, 150, 60), id="green"),
        pytest.param((40, 150, 120), id="yellowish"),
        pytest.param((110, 150, 40), id="bluish"),
        pytest.param((25, 60, 25), id="in shade"),
        pytest.param((90, 230, 110), id="under floodlights"),
    ],
)
def test_fields_of_any_green_are_found(shoot: Any, grass: tuple[int, int, int]) -> None:
    (field,) = find(shoot, view(grass=grass)).frames
    assert field.share == pytest.approx(0.6, abs=0.02)


def test_stripes_lines_and_players_do_not_divide_it(shoot: Any) -> None:
    picture = view()
    picture[144:, ::80] = DARK_GRASS
    for x in range(0, 640, 80):
        picture[144:, x : x + 40] = DARK_GRASS
    cv2.circle(picture, (320, 300), 90, (255, 255, 255), 4)
    cv2.line(picture, (320, 144), (320, 359), (255, 255, 255), 4)
    for x in (100, 250, 470):
        cv2.rectangle(picture, (x, 200), (x + 14, 240), (30, 30, 200), -1)
    (field,) = find(shoot, picture).frames
    assert field.share == pytest.approx(0.6, abs=0.02)


def test_a_field_seen_from_a_corner_has_slanted_edges(shoot: Any) -> None:
    picture = np.full((360, 640, 3), STAND, np.uint8)
    corners = ((0, 200), (420, 120), (640, 260), (640, 360), (0, 360))
    cv2.fillPoly(picture, [np.array(corners)], GRASS)
    (field,) = find(shoot, picture).frames
    expected, found = np.zeros((360, 640), np.uint8), np.zeros((360, 640), np.uint8)
    cv2.fillPoly(expected, [np.array(corners)], 1)
    cv2.fillPoly(found, [np.array(field.hull, np.int32)], 1)
    assert (expected & found).sum() / (expected | found).sum() > 0.97


def test_a_green_shirt_beside_the_field_is_not_part_of_it(shoot: Any) -> None:
    picture = view()
    picture[20:50, 20:60] = GRASS
    (field,) = find(shoot, picture).frames
    assert min(y for _, y in field.hull) > 130


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((360, 640, 3), STAND, np.uint8), id="no green"),
        pytest.param(np.zeros((360, 640, 3), np.uint8), id="black"),
        pytest.param(np.full((360, 640, 3), 255, np.uint8), id="white"),
        pytest.param(view(horizon=0.95), id="too small a share"),
    ],
)
def test_no_field_is_an_empty_answer(shoot: Any, picture: Any) -> None:
    (field,) = find(shoot, picture).frames
    assert (field.share, field.hull, field.mask_png) == (0.0, [], b"")


def test_green_scattered_over_the_frame_is_no_field(shoot: Any) -> None:
    picture = np.full((360, 640, 3), STAND, np.uint8)
    for x in range(0, 640, 160):
        for y in range(0, 360, 120):
            picture[y : y + 50, x : x + 60] = GRASS
    assert find(shoot, picture).frames[0].hull == []
    assert find(shoot, picture, min_fill=0.05).frames[0].hull != []


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (33, 17), (641, 359), (1920, 1080)])
def test_frames_of_any_size_pass(shoot: Any, size: tuple[int, int]) -> None:
    width, height = size
    (field,) = find(shoot, np.full((height, width, 3), GRASS, np.uint8)).frames
    for x, y in field.hull:
        assert 0 <= x <= width
        assert 0 <= y <= height
    if min(size) > 16:
        assert field.share > 0.9


def test_one_entry_per_frame_in_order_and_progress_for_each(shoot: Any) -> None:
    said: list[tuple[int, int]] = []
    scenes, ctx = shoot([view(), np.zeros((360, 640, 3), np.uint8)], on_progress=lambda *item: said.append(item))
    fields = field_segmentation.run(Inputs(filter_scenes=scenes), Config(), ctx)
    assert [field.seq for field in fields.frames] == [0, 1]
    assert fields.counts() == {"frames": 2, "field_frames": 1}
    assert said == [(1, 2), (2, 2)]


def test_no_frames_no_fields(shoot: Any) -> None:
    assert find(shoot).frames == []


def test_equal_frames_give_equal_bytes(shoot: Any) -> None:
    assert encode(find(shoot, view())) == encode(find(shoot, view()))


def test_the_hull_fits_other_frame_sizes(shoot: Any) -> None:
    """The hull is in frame pixels, whatever the working width."""
    (small,) = find(shoot, view(), working_width_px=160).frames
    (large,) = find(shoot, view(), working_width_px=640).frames
    boxes = [
        ((xs.min(), ys.min()), (xs.max(), ys.min()), (xs.max(), ys.max()), (xs.min(), ys.max()))
        for xs, ys in (np.array(field.hull).T for field in (small, large))
    ]
    assert overlap(*boxes) > 0.95
