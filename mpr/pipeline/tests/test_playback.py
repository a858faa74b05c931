"""Pictures made of decoded frames."""

from __future__ import annotations

import numpy as np
import pytest
from av import VideoFrame

from mpr.pipeline.frames import Image
from mpr.pipeline.playback import Shrinker

_FULL_RANGE = 2


def _frame(luma: Image, *, full_range: bool) -> VideoFrame:
    height, width = luma.shape
    grey = np.full((height // 2, width), 128, np.uint8)
    frame = VideoFrame.from_ndarray(np.vstack([luma, grey]), format="yuv420p")
    frame.color_range = _FULL_RANGE if full_range else 1
    return frame


@pytest.mark.parametrize("factor", [1, 2, 3, 4, 6, 8, 12])
@pytest.mark.parametrize("full_range", [False, True])
def test_a_small_pixel_is_the_mean_of_those_that_fall_into_it(factor: int, *, full_range: bool) -> None:
    luma = np.random.default_rng(factor).integers(16, 236, (36 * factor, 64 * factor), dtype=np.uint8)
    small = Shrinker(64, 36).picture(_frame(luma, full_range=full_range))
    mean = luma.reshape(36, factor, 64, factor).mean(axis=(1, 3))
    wanted = mean if full_range else (mean - 16) * 255 / 219
    assert small.shape == (36, 64)
    assert np.abs(small - wanted).max() <= 2.5


def test_a_small_picture_of_other_proportions_shows_the_same() -> None:
    ramp = np.tile(np.linspace(40, 200, 1440).astype(np.uint8), (1080, 1))
    small = Shrinker(320, 180).picture(_frame(ramp, full_range=True))
    assert small.shape == (180, 320)
    assert np.abs(small - np.linspace(40, 200, 320)).max() <= 2


def test_black_and_white_beyond_the_limited_range_stay_black_and_white() -> None:
    luma = np.repeat(np.array([0, 16, 235, 255], np.uint8), 64 * 16).reshape(64, 64)
    small = Shrinker(16, 16).picture(_frame(luma, full_range=False))
    assert sorted({int(grey) for grey in np.unique(small)}) == [0, 255]
