"""What counts as new: the smallest change that matters, and none that does not."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
import pytest

from detection.video.novelty import HardChanges, Repeats
from mpr.pipeline.frames import Image, decode_jpeg, encode_jpeg


def street(seed: int = 3) -> Image:
    """A drawn 720p picture full of shapes."""
    random = np.random.default_rng(seed)
    picture = np.full((720, 1280, 3), random.integers(40, 200, 3), np.uint8)
    for _ in range(40):
        corner = random.integers(0, [1280, 720])
        opposite = corner + random.integers(40, 320, 2)
        colour = [int(level) for level in random.integers(0, 255, 3)]
        cv2.rectangle(picture, tuple(map(int, corner)), tuple(map(int, opposite)), colour, -1)
    return picture


def small(picture: Image) -> Image:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (320, 180), interpolation=cv2.INTER_AREA), np.uint8)


def new_ones(pictures: Iterable[Image], *, step_s: float = 0.5, max_gap_s: float = 4.0) -> list[int]:
    """The numbers of the pictures that are no repeats."""
    repeats = Repeats(least_change=10.0, max_gap_s=max_gap_s)
    return [
        number for number, picture in enumerate(pictures) if not repeats.add(number * step_s, picture, surely_new=False)
    ]


def test_compression_noise_is_no_change() -> None:
    picture = street()
    coded = [small(decode_jpeg(encode_jpeg(picture, quality=60 + 5 * (number % 7)))) for number in range(7)]
    assert new_ones(coded) == [0]


@pytest.mark.parametrize("height_px", [14, 20, 30])
def test_a_score_that_changes_is_new(height_px: int) -> None:
    """The smallest change that matters: one digit on the scoreboard of an otherwise still 720p picture."""
    pictures = []
    for number in range(4):
        frame = street()
        cv2.rectangle(frame, (80, 40), (300, 80), (40, 20, 20), -1)
        text = "0 - 0" if number < 2 else "1 - 0"
        cv2.putText(frame, text, (100, 72), cv2.FONT_HERSHEY_SIMPLEX, height_px / 22, (235, 235, 235), 2, cv2.LINE_AA)
        pictures.append(small(frame))
    assert new_ones(pictures) == [0, 2]


def test_slow_change_adds_up() -> None:
    """A board that brightens by less than the threshold per sample is new once it has changed enough."""
    pictures = []
    for number in range(8):
        frame = street()
        frame[400:640, 160:1120] = 60 + number * 6
        pictures.append(small(frame))
    assert new_ones(pictures) == [0, 2, 4, 6]


def test_even_a_still_picture_is_new_after_a_while() -> None:
    assert new_ones([small(street())] * 20, max_gap_s=4.0) == [0, 8, 16]


def test_what_is_surely_new_is_not_compared() -> None:
    repeats = Repeats(least_change=10.0, max_gap_s=4.0)
    picture = small(street())
    assert [repeats.add(0.0, picture, surely_new=new) for new in (False, False, True, False)] == [False, True] * 2


def test_cuts_and_flashes_are_hard_changes_and_movement_is_not() -> None:
    wide = cv2.resize(street(), (2560, 1440))
    pan = [small(wide[100:820, 20 * number : 20 * number + 1280]) for number in range(10)]
    flash = np.asarray(cv2.addWeighted(pan[-1], 0.5, np.full_like(pan[-1], 255), 0.5, 0), np.uint8)
    other = small(street(5))
    changes = HardChanges()
    assert [changes.add(picture) for picture in pan] == [True] + [False] * 9
    assert [changes.add(picture) for picture in (flash, pan[-1], pan[-1])] == [True, True, False]
    assert [changes.add(picture) for picture in (other, other, pan[0])] == [True, False, True]


@pytest.mark.parametrize("size", [(320, 180), (180, 320), (64, 27), (64, 8)], ids=str)
def test_pictures_of_any_size_are_compared(size: tuple[int, int]) -> None:
    changes = HardChanges()
    pictures = [np.asarray(cv2.resize(small(street(seed)), size), np.uint8) for seed in (1, 1, 2)]
    assert [changes.add(picture) for picture in pictures] == [True, False, True]
