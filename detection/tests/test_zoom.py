from __future__ import annotations

import numpy as np
import pytest

from detection.quads import rectangle
from detection.zoom import rectified, zoomed

SLANTED = ((20.0, 40.0), (120.0, 20.0), (120.0, 40.0), (20.0, 60.0))


def test_a_zoom_has_the_wished_height_and_room_around() -> None:
    zoom = zoomed(np.zeros((100, 200, 3), np.uint8), rectangle(50, 40, 150, 60), height_px=80, max_width_px=2000)
    assert zoom.scale == 4
    assert zoom.image.shape == (120, 440, 3)  # a quarter of the height more on every side


def test_a_zoom_never_becomes_wider_than_allowed() -> None:
    zoom = zoomed(np.zeros((100, 200, 3), np.uint8), rectangle(50, 40, 150, 60), height_px=80, max_width_px=220)
    assert zoom.image.shape[1] == 220
    assert zoom.scale == pytest.approx(2)


def test_what_is_found_in_a_zoom_comes_back_into_the_frame() -> None:
    zoom = zoomed(np.zeros((100, 200, 3), np.uint8), SLANTED, height_px=80, max_width_px=2000)
    height, width = zoom.image.shape[:2]
    margin = 0.25 * 20 * zoom.scale
    inner = rectangle(margin, margin, width - margin, height - margin)
    assert np.abs(zoom.to_frame(inner) - np.array(SLANTED)).max() < 1.5


def test_a_slanted_quad_becomes_upright() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    for x in range(20, 121):
        picture[round(60 - x / 5 - 12) : round(60 - x / 5 - 8), x] = 255
    upright, transform = rectified(picture, SLANTED, width_px=100, height_px=20)
    assert transform.shape == (3, 3)
    rows = upright[..., 0].mean(axis=1)
    assert rows.argmax() in range(0, 14)
    assert upright[rows.argmax(), 5:95, 0].min() > 120
