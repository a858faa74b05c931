"""Where in the picture of a text line its letters are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detection.crops import Shape, upright
from detection.ink import letters, within
from detection.quads import quad_of, rectangle


def _board(*, light_on_dark: bool, texture: float = 0.0) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A board with a word on it, and the word's own bounds."""
    mask = np.zeros((160, 420), np.uint8)
    cv2.putText(mask, "HARBOUR", (60, 100), cv2.FONT_HERSHEY_SIMPLEX, 2.0, 255, 8, cv2.LINE_AA)
    x, y, width, height = cv2.boundingRect(mask)
    board = mask if light_on_dark else 255 - mask
    board = cv2.convertScaleAbs(board, alpha=0.6, beta=50)
    noise = np.random.default_rng(3).normal(0, texture, board.shape)
    return np.clip(cv2.GaussianBlur(board, (0, 0), 1.2) + noise, 0, 255).astype(np.uint8), (x, y, x + width, y + height)


@pytest.mark.parametrize("room_px", [0, 4, 12, 22])
@pytest.mark.parametrize("light_on_dark", [True, False])
@pytest.mark.parametrize("texture", [0.0, 4.0])
def test_the_room_that_an_outline_leaves_is_taken_off(room_px: int, light_on_dark: bool, texture: float) -> None:
    board, (left, top, right, bottom) = _board(light_on_dark=light_on_dark, texture=texture)
    quad = rectangle(left - room_px, top - room_px, right + room_px, bottom + room_px)
    found = within(np.array(quad, np.float64), letters(upright(board, quad, Shape(height_px=48))))
    assert found[0] == pytest.approx((left, top), abs=7)
    assert found[2] == pytest.approx((right, bottom), abs=7)


def test_what_is_more_than_room_stays() -> None:
    board, (left, top, right, bottom) = _board(light_on_dark=True)
    quad = rectangle(left, top - 40, right, bottom + 40)
    bounds = letters(upright(board, quad, Shape(height_px=48)))
    height = bottom - top + 80
    assert bounds[1] <= 0.36
    assert bounds[3] >= 0.64
    assert (bounds[3] - bounds[1]) * height >= 0.9 * (bottom - top) * 0.5


@pytest.mark.parametrize("size", [(48, 200), (48, 2), (2, 40), (1, 1)])
def test_a_picture_without_edges_is_whole(size: tuple[int, int]) -> None:
    assert letters(np.full(size, 90, np.uint8)) == (0, 0, 1, 1)


def test_a_part_of_a_slanted_quad_keeps_to_its_sides() -> None:
    slanted = np.array([(10, 20), (110, 40), (110, 60), (10, 30)], np.float64)
    assert quad_of(within(slanted, (0.5, 0, 1, 1))) == ((60, 30), (110, 40), (110, 60), (60, 45))
    assert quad_of(within(slanted, (0, 0, 1, 1))) == quad_of(slanted)
