from __future__ import annotations

import numpy as np
import pytest

from detection.evidence import around

FRAME = np.zeros((720, 1280, 3), np.uint8)


@pytest.mark.parametrize(
    "polygon",
    [
        [(0.4, 0.4), (0.5, 0.4), (0.5, 0.45), (0.4, 0.45)],
        [(0.0, 0.0), (0.03, 0.0), (0.03, 0.02), (0.0, 0.02)],
        [(0.97, 0.96), (1.0, 0.96), (1.0, 1.0), (0.97, 1.0)],
        [(0.0, 0.1), (1.0, 0.1), (1.0, 0.2), (0.0, 0.2)],
        [(0.5, 0.0), (0.52, 0.0), (0.52, 1.0), (0.5, 1.0)],
    ],
    ids=["middle", "top left", "bottom right", "whole width", "whole height"],
)
def test_the_window_holds_the_polygon_and_has_the_frame_s_shape(polygon):
    part, inside = around(FRAME, polygon)
    height, width = part.shape[:2]
    assert width / height == pytest.approx(16 / 9, rel=0.02)
    assert all(-0.001 <= value <= 1.001 for corner in inside for value in corner)
    # The same corners in pixels, moved by one and the same step.
    moved = np.array(polygon) * (1280, 720) - np.array(inside) * (width, height)
    assert np.ptp(moved, axis=0) == pytest.approx([0, 0], abs=1e-6)


def test_a_portrait_frame_stays_inside_itself():
    part, _ = around(np.zeros((1280, 720, 3), np.uint8), [(0.1, 0.5), (0.9, 0.5), (0.9, 0.52), (0.1, 0.52)])
    assert part.shape[1] <= 720
