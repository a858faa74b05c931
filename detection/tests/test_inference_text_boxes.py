from __future__ import annotations

import cv2
import numpy as np
import pytest

from detection.inference.text_boxes import in_order, text_boxes


def core(width: int = 200, height: int = 100) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.zeros((height, width), np.float32)


def test_a_core_grows_to_the_box_of_its_line() -> None:
    probabilities = core()
    probabilities[40:50, 60:140] = 0.9
    (box,) = text_boxes(probabilities, threshold=0.5, unclip_ratio=1.5)
    # Area × ratio / perimeter of 10 × 80 pixels on every side.
    room = 10 * 80 * 1.5 / (2 * 90)
    assert box.corners[0] == pytest.approx([60 - room, 40 - room])
    assert box.corners[2] == pytest.approx([140 + room, 50 + room])
    assert box.height_px == pytest.approx(10 + 2 * room)
    assert box.score > 0.75


def test_a_turned_line_has_a_turned_box() -> None:
    probabilities = core()
    cv2.fillPoly(probabilities, [np.array([[50, 30], [150, 60], [147, 70], [47, 40]])], 0.9)
    (box,) = text_boxes(probabilities, threshold=0.5, unclip_ratio=1.5)
    (x0, y0), (x1, y1) = box.corners[0], box.corners[1]
    assert np.degrees(np.arctan2(y1 - y0, x1 - x0)) == pytest.approx(np.degrees(np.arctan2(30, 100)), abs=2)


def test_text_within_a_frame_of_text_is_found() -> None:
    probabilities = core()
    cv2.rectangle(probabilities, (20, 10), (180, 90), 0.9, 5)
    probabilities[45:55, 80:120] = 0.9
    boxes = text_boxes(probabilities, threshold=0.05, unclip_ratio=1.5)
    assert sorted(round(box.height_px) for box in boxes)[0] < 30
    assert len(boxes) == 2  # and not the hole between them


def test_faint_and_small_cores_are_left_out() -> None:
    probabilities = core()
    probabilities[10:20, 20:80] = 0.4
    probabilities[60:62, 20:80] = 0.9
    assert text_boxes(probabilities, threshold=0.5, unclip_ratio=1.5) == []
    assert len(text_boxes(probabilities, threshold=0.3, unclip_ratio=1.5)) == 1
    assert len(text_boxes(probabilities, threshold=0.3, unclip_ratio=1.5, least_core_px=1)) == 2
    assert text_boxes(probabilities, threshold=0.1, unclip_ratio=1.5, core=0.95) == []


def test_corners_begin_at_the_top_left() -> None:
    square = np.array([[10, 10], [0, 0], [10, 0], [0, 10]], np.float32)
    assert in_order(square).tolist() == [[0, 0], [10, 0], [10, 10], [0, 10]]
    diamond = np.array([[5, 0], [10, 5], [5, 10], [0, 5]], np.float32)
    assert in_order(diamond).tolist() == in_order(diamond[::-1]).tolist()
