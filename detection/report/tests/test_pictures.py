from __future__ import annotations

import numpy as np
import pytest

from detection.report import pictures
from mpr.pipeline.frames import Image, decode_jpeg


@pytest.fixture
def image() -> Image:
    """Dark, with a bright box on the right half of the lower half."""
    picture = np.full((400, 800, 3), 20, np.uint8)
    picture[200:, 400:] = 230
    return picture


BOX = [(0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)]


def test_frame_is_shrunk_and_the_polygon_drawn(image: Image) -> None:
    drawn = decode_jpeg(pictures.frame_jpeg(image, BOX, width_px=400, quality=90))

    assert drawn.shape == (200, 400, 3)
    blue, green, red = drawn[150, 200].astype(int)
    assert red > 180
    assert green > 150
    assert blue < 120


def test_small_frame_keeps_its_size(image: Image) -> None:
    assert decode_jpeg(pictures.frame_jpeg(image, BOX, width_px=1000, quality=90)).shape == (400, 800, 3)


def test_drawing_leaves_the_frame_alone(image: Image) -> None:
    before = image.copy()
    image.flags.writeable = False

    pictures.frame_jpeg(image, BOX, width_px=1000, quality=90)

    assert (image == before).all()


def test_crop_is_the_box_with_a_margin(image: Image) -> None:
    """15 % of the box's height and two pixels: 32 px to the left and above, nothing beyond the frame."""
    crop = decode_jpeg(pictures.crop_jpeg(image, BOX, width_px=1000, quality=90))

    assert crop.shape == (232, 432, 3)
    assert crop[:20, :].mean() < 40
    assert crop[60:, 60:].mean() > 210


def test_crop_is_shrunk(image: Image) -> None:
    assert decode_jpeg(pictures.crop_jpeg(image, BOX, width_px=216, quality=90)).shape == (116, 216, 3)
