from __future__ import annotations

import numpy as np

from detection.zoom import rectified

SLANTED = ((20.0, 40.0), (120.0, 20.0), (120.0, 40.0), (20.0, 60.0))


def test_a_slanted_quad_becomes_upright() -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    for x in range(20, 121):
        picture[round(60 - x / 5 - 12) : round(60 - x / 5 - 8), x] = 255
    upright, transform = rectified(picture, SLANTED, width_px=100, height_px=20)
    assert transform.shape == (3, 3)
    rows = upright[..., 0].mean(axis=1)
    assert rows.argmax() in range(0, 14)
    assert upright[rows.argmax(), 5:95, 0].min() > 120
