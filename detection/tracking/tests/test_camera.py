from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detection.tracking.camera import STILL, Camera, Similarity, jump, movement
from detection.tracking.tests.scenery import HEIGHT, WIDTH, seen, strip_of, world

CENTRE = np.array([[WIDTH / 2, HEIGHT / 2]])


@pytest.mark.parametrize(
    ("looks", "moved", "turn"),
    [
        pytest.param({"x": 307.0, "y": 146.0}, (-7, 4), 1, id="pan and tilt"),
        pytest.param({"zoom": 1.05}, (0, 0), 1.05, id="zoom"),
        pytest.param({"turn_deg": 3.0}, (0, 0), np.exp(-3j * np.pi / 180), id="roll"),
        pytest.param({"x": 325.0}, (-25, 0), 1, id="fast pan"),
    ],
)
def test_movement_is_that_of_the_camera(looks: Any, moved: tuple[int, int], turn: complex) -> None:
    found = movement(seen(world()), seen(world(), **looks))
    assert found is not None
    assert np.abs(found.move(CENTRE) - CENTRE - moved).max() < 0.3
    assert abs(found.turn - turn) < 0.004


def test_what_moves_on_its_own_does_not_count() -> None:
    before, after = seen(world()), seen(world(), x=304)
    player = seen(world(seed=5))[:90, :100]
    before[60:150, 40:140] = player
    after[60:150, 58:158] = player
    found = movement(before, after)
    assert found is not None
    assert np.abs(found.move(CENTRE) - CENTRE - (-4, 0)).max() < 0.3


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(np.full((HEIGHT, WIDTH), 90, np.uint8), seen(world()), id="nothing to hold on to"),
        pytest.param(seen(world()), seen(world(seed=2)), id="another picture"),
    ],
)
def test_without_agreement_no_movement_is_told(before: Any, after: Any) -> None:
    assert movement(before, after) is None


def test_a_still_camera_is_still_to_the_last_digit() -> None:
    noisy = np.clip(seen(world()).astype(int) + np.random.default_rng(2).integers(-3, 4, (HEIGHT, WIDTH)), 0, 255)
    assert movement(seen(world()), noisy.astype(np.uint8)) is STILL


@pytest.mark.parametrize("stride", [1, 4, 5])
def test_steps_add_up_in_both_directions(stride: int) -> None:
    pictures = [seen(world(), x=200 + 5 * number, zoom=1 + number / 100) for number in range(14)]
    camera = Camera(strip_of(pictures), range(14), stride=stride)
    there = camera.between(2, 13)
    direct = movement(pictures[2], pictures[13])
    assert direct is not None
    assert np.abs(there.move(CENTRE) - direct.move(CENTRE)).max() < 1.5
    back = camera.between(13, 2).move(there.move(CENTRE))
    assert np.abs(back - CENTRE).max() < 1e-6
    assert camera.between(4, 4) == STILL


def test_a_whip_pan_is_told_by_the_picture_as_a_whole() -> None:
    pictures = [seen(world(), x=100), seen(world(), x=190, y=130)]
    assert movement(*pictures) is None
    found = Camera(strip_of(pictures), range(2), stride=5).between(0, 1)
    assert np.abs(found.move(CENTRE) - CENTRE - (-90, 20)).max() < 1
    assert jump(pictures[0], seen(world(seed=2))) is None


def test_where_a_stride_is_too_long_shorter_ones_are_tried() -> None:
    pictures = [seen(world(), x=60 + 30 * number, y=150 - 6 * number) for number in range(6)]
    assert movement(pictures[0], pictures[5]) is None
    found = Camera(strip_of(pictures), range(6), stride=5).between(0, 5)
    assert np.abs(found.move(CENTRE) - CENTRE - (-150, 30)).max() < 3


def test_only_pictures_on_the_stride_are_read() -> None:
    read: list[int] = []
    pictures = [seen(world(), x=300 + number) for number in range(41)]
    Camera(strip_of(pictures, read), range(41), stride=5).between(0, 40)
    assert sorted(read) == list(range(0, 41, 5))


def test_parts_of_a_movement_make_the_whole() -> None:
    whole = Similarity(1.1 * np.exp(0.2j), 5 - 3j)
    made = STILL
    for _ in range(4):
        made = made.then(whole.part(0.25))
    assert abs(made.turn - whole.turn) < 1e-9
    assert abs(made.shift - whole.shift) < 1e-9
    assert abs(Similarity(1, 8 + 4j).part(0.5).shift - (4 + 2j)) < 1e-12


def test_a_strip_holds_no_more_than_it_may(tmp_path: Path) -> None:
    read: list[int] = []
    pictures = [seen(world(), x=300 + number) for number in range(10)]
    small = strip_of(pictures, read)
    small._capacity_bytes = 3 * pictures[0].nbytes
    small.load(range(10))
    assert np.array_equal(small.picture(9), pictures[9])
    assert read == list(range(10))
    assert np.array_equal(small.picture(0), pictures[0])
    assert read[10:] == [0]


def test_a_strip_knows_its_pictures_by_time() -> None:
    strip = strip_of([np.zeros((HEIGHT, WIDTH, 3), np.uint8)] * 10)
    assert [strip.at(time_s) for time_s in (-1.0, 0.0, 0.019, 0.021, 0.2, 5.0)] == [0, 0, 0, 1, 5, 9]
    assert strip.between(0.08, 0.2) == range(2, 5)
    assert strip.between(0.0799999, 0.2000001) == range(2, 5)
    assert not strip.between(0.05, 0.07)
