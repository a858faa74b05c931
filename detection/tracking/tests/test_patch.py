from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection.tracking.patch import Layers, cut, find

QUAD = np.array([[140.0, 90.0], [200.0, 84.0], [201.0, 100.0], [141.0, 106.0]])


def picture(seed: int = 4) -> Any:
    noise = np.random.default_rng(seed).integers(0, 255, (45, 80, 3), np.uint8)
    return cv2.resize(noise, (320, 180), interpolation=cv2.INTER_CUBIC)


def moved(image: Any, dx: float, dy: float) -> Any:
    return cv2.warpAffine(image, np.float64([[1, 0, dx], [0, 1, dy]]), (320, 180), borderMode=cv2.BORDER_REFLECT)


def patch(image: Any, quad: Any = QUAD, **changes: Any) -> Any:
    found = cut(Layers(image), quad, **{"height_px": 16, "margin_share": 0.2, **changes})
    assert found is not None
    return found


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, -2), (1.5, 0.5), (-4, 3)])
def test_a_thing_is_found_where_it_has_gone(dx: float, dy: float) -> None:
    found = find(patch(picture()), Layers(moved(picture(), dx, dy)), QUAD, reach=6)
    assert np.abs(found.quad - QUAD - (dx, dy)).max() < 0.4
    assert found.score > 0.93


def test_what_was_enlarged_meanwhile_is_found_by_its_larger_quad() -> None:
    twice = cv2.resize(picture(), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    found = find(patch(picture()), Layers(twice), QUAD * 2 + (3, 2), reach=6)
    assert np.abs(found.quad - QUAD * 2).max() < 1
    assert found.score > 0.9


def test_far_smaller_pictures_are_made_without_aliasing() -> None:
    lines = np.zeros((720, 1280), np.uint8)
    lines[::2] = 255
    whole = np.array([[100.0, 100.0], [1100.0, 100.0], [1100.0, 600.0], [100.0, 600.0]])
    assert np.abs(patch(lines, whole).pixels.astype(int) - 127).max() < 12


def test_another_thing_is_not_found() -> None:
    assert find(patch(picture()), Layers(picture(seed=5)), QUAD, reach=6).score < 0.6


def test_brightness_may_change_a_little_but_colours_not() -> None:
    flat = np.full((180, 320, 3), (150, 60, 40), np.uint8)
    cv2.putText(flat, "ACME", (146, 103), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (230, 230, 230), 1)
    assert find(patch(flat), Layers(cv2.convertScaleAbs(flat, alpha=0.93)), QUAD, reach=3).score > 0.9
    red = flat[..., ::-1].copy()
    assert find(patch(flat), Layers(red), QUAD, reach=3).score < 0.6


def test_without_texture_colour_alone_decides() -> None:
    blue, red = (np.full((180, 320, 3), colour, np.uint8) for colour in ((150, 60, 40), (40, 60, 150)))
    assert find(patch(blue), Layers(blue), QUAD, reach=3).score == 1
    assert find(patch(blue), Layers(red), QUAD, reach=3).score == pytest.approx(0, abs=0.05)
    assert np.array_equal(find(patch(blue), Layers(blue), QUAD, reach=3).quad, QUAD)


def test_at_the_border_only_what_is_in_the_picture_is_compared() -> None:
    gone = moved(picture(), -170, 0)
    found = find(patch(picture()), Layers(gone), QUAD - (170, 0), reach=3)
    assert found.score > 0.9
    assert np.abs(found.quad - QUAD + (170, 0)).max() < 1
    assert find(patch(picture()), Layers(gone), QUAD - (195, 0), reach=3).score == -1


@pytest.mark.parametrize(
    "quad",
    [
        pytest.param(QUAD - (190, 0), id="mostly outside"),
        pytest.param(QUAD - (900, 0), id="far outside"),
        pytest.param(np.repeat(QUAD[:1], 4, axis=0), id="a point"),
    ],
)
def test_what_the_picture_hardly_shows_has_no_patch(quad: Any) -> None:
    assert cut(Layers(picture()), quad, height_px=16, margin_share=0.1) is None


def test_long_lines_are_cut_out_smaller() -> None:
    long = np.array([[0.0, 80.0], [320.0, 80.0], [320.0, 88.0], [0.0, 88.0]])
    assert patch(picture(), long, max_width_px=160).pixels.shape[1] <= 162
