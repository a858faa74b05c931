from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from detection.canvas import Canvas, shelf
from mpr.pipeline.frames import decode_jpeg

QUAD = ((200.0, 150.0), (400.0, 144.0), (400.0, 190.0), (200.0, 200.0))
CORNERS = ((0.0, 0.0), (630.0, 0.0), (0.0, 350.0), (630.0, 350.0))


def blank(width_px: int = 640, height_px: int = 360) -> np.ndarray:
    return np.full((height_px, width_px, 3), 90, np.uint8)


def test_labels_cover_neither_one_another_nor_the_captions() -> None:
    canvas = Canvas(blank())
    canvas.caption("a caption")
    canvas.caption("and another")
    for number in range(4):
        canvas.label(QUAD, f"label {number}", (0, 94, 213))
    canvas.label(((5.0, 5.0), (60.0, 5.0), (60.0, 20.0), (5.0, 20.0)), "in the corner", (0, 94, 213))
    for (left, top, right, bottom), other in combinations(canvas._labels, 2):
        assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_a_caption_lies_on_top_of_a_label_that_found_no_room() -> None:
    canvas = Canvas(blank(640, 40))
    canvas.caption("a caption")
    bare = decode_jpeg(canvas.jpeg())[:20, :60]
    for _ in range(40):
        canvas.label(((0.0, 0.0), (600.0, 0.0), (600.0, 40.0), (0.0, 40.0)), "a label wider than that", (0, 94, 213))
    assert np.abs(decode_jpeg(canvas.jpeg())[:20, :60].astype(int) - bare).mean() < 3


@pytest.mark.parametrize("corner", CORNERS)
def test_a_label_stays_in_the_picture(corner: tuple[float, float]) -> None:
    canvas = Canvas(blank())
    canvas.label([corner, (corner[0] + 10, corner[1] + 10)], "a rather long label", (0, 94, 213))
    left, top, right, bottom = canvas._labels[0]
    assert (left >= 0, top >= 0, right <= 640, bottom <= 360) == (True, True, True, True)


def test_small_footage_is_enlarged_and_large_shrunk_so_that_labels_can_be_read() -> None:
    assert Canvas(blank(160, 90)).width_px == 640
    assert Canvas(blank(1280, 720)).width_px == 1280
    assert Canvas(blank(3840, 2160)).width_px == 1600


def test_what_is_drawn_lands_where_it_is_in_the_frame() -> None:
    canvas = Canvas(blank(160, 90))
    canvas.outline(((40.0, 20.0), (80.0, 20.0), (80.0, 60.0), (40.0, 60.0)), (0, 0, 255))
    red = decode_jpeg(canvas.jpeg(quality=100))[..., 2] > 180
    rows, columns = np.nonzero(red)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == pytest.approx((160, 320, 80, 240), abs=3)


def test_the_picture_that_was_given_is_left_alone() -> None:
    image = blank()
    Canvas(image).caption("a caption")
    assert (image == 90).all()


def test_a_shelf_breaks_into_rows_and_cuts_nothing_off() -> None:
    pictures = [(f"#{number}", np.full((20, 100, 3), 250, np.uint8)) for number in range(5)]
    stood = shelf(pictures, width_px=640, row_px=40)
    assert stood.shape[1] == 640
    assert int((stood[..., 0] > 245).sum()) >= 5 * 200 * 40
    assert shelf([("#0", np.full((20, 3000, 3), 250, np.uint8))], width_px=640).shape[1] == 640
    assert shelf([], width_px=640).shape == (0, 640, 3)
