from __future__ import annotations

import numpy as np

from detection.records import Crop, Quad
from detection.vlm.pictures import context_picture, crop_picture
from mpr.pipeline.frames import decode_jpeg, encode_jpeg

QUAD: Quad = ((5.0, 5.0), (100.0, 5.0), (100.0, 30.0), (5.0, 30.0))


def crop(width: int, height: int) -> Crop:
    image = np.full((height, width, 3), 128, np.uint8)
    return Crop(
        seq=0, box=0, quad=QUAD, label="text", score=1.0, source="text", width_px=width, height_px=height,
        jpeg=encode_jpeg(image, quality=90),
    )  # fmt: skip


def test_small_crops_are_enlarged_and_wide_ones_reduced() -> None:
    assert decode_jpeg(crop_picture(crop(100, 24))).shape == (96, 400, 3)
    assert decode_jpeg(crop_picture(crop(1600, 100))).shape == (48, 768, 3)


def test_surroundings_stay_within_the_frame_and_frame_the_place() -> None:
    frame = np.zeros((360, 640, 3), np.uint8)
    picture = decode_jpeg(context_picture(frame, QUAD))
    assert picture.shape == (111, 196, 3)
    assert picture[5, 50, 2] > 150, "the upper edge is yellow"
    assert picture[17, 50].max() < 60, "the place itself is left as it is"
    assert not frame.any(), "the frame is not drawn on"
