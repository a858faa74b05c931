from __future__ import annotations

import numpy as np
import pytest

from detection.windows import Region, Window, cost_px, windows

FRAME = {"width_px": 1280, "height_px": 720}


def region(left: float, top: float, right: float, bottom: float, scale: float = 1.0) -> Region:
    return Region(left=left, top=top, right=right, bottom=bottom, scale=scale)


def shows(window: Window, part: Region) -> bool:
    """Whether a window shows all of a region, at its scale or larger."""
    return (
        window.left <= part.left
        and window.top <= part.top
        and window.left + window.width_px / window.scale >= part.right
        and window.top + window.height_px / window.scale >= part.bottom
        and window.scale >= part.scale
    )


def test_nothing_to_see_no_windows() -> None:
    assert windows([], **FRAME) == []
    assert cost_px([]) == 0


def test_neighbours_share_a_window_and_what_is_far_off_has_its_own() -> None:
    near, beside, far = region(100, 100, 200, 130), region(230, 105, 300, 130), region(900, 600, 1000, 630)
    found = windows([near, far, beside], **FRAME)
    assert len(found) == 2
    assert [sum(shows(window, part) for window in found) for part in (near, beside, far)] == [1, 1, 1]


def test_a_slanted_row_is_not_shown_in_one_large_window() -> None:
    steps = [region(100 * x, 60 * x, 100 * x + 90, 60 * x + 30) for x in range(11)]
    found = windows(steps, **FRAME)
    assert all(any(shows(window, part) for window in found) for part in steps)
    assert cost_px(found) < 1280 * 720 / 2


@pytest.mark.parametrize("seed", range(5))
def test_every_region_is_shown_and_windows_stay_within_the_frame(seed: int) -> None:
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(30):
        left, top = rng.uniform(0, 1150), rng.uniform(0, 650)
        parts.append(
            region(left, top, left + rng.uniform(1, 130), top + rng.uniform(1, 70), rng.choice([0.5, 1.0, 1.5]))
        )
    found = windows(parts, **FRAME)
    assert len(found) < len(parts)
    for part in parts:
        assert any(shows(window, part) for window in found)
    for window in found:
        assert window.left >= 0
        assert window.top >= 0
        assert window.width_px % 32 == window.height_px % 32 == 0
        # At most what rounding up to whole steps adds.
        assert window.left + window.width_px / window.scale < 1280 + 32 / window.scale
        assert window.top + window.height_px / window.scale < 720 + 32 / window.scale


def test_what_is_larger_than_any_usual_window_is_shown_too() -> None:
    whole = region(0, 0, 6000, 5000)
    (window,) = windows([whole], width_px=6000, height_px=5000)
    assert shows(window, whole)


def test_a_window_shows_its_part_enlarged_and_knows_the_way_back() -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    picture[60:80, 100:140] = 255
    window = Window(left=80, top=50, scale=2.0, width_px=320, height_px=64)
    shown = window.picture(picture)
    assert shown.shape == (64, 320, 3)
    rows, columns = np.nonzero(shown[..., 0] > 127)
    seen = np.array([[columns.min(), rows.min()], [columns.max() + 1, rows.max() + 1]], np.float32)
    assert np.abs(window.to_frame(seen) - [[100, 60], [140, 80]]).max() <= 0.5


def test_a_box_is_cut_at_a_side_behind_which_the_frame_goes_on() -> None:
    picture = np.zeros((200, 400, 3), np.uint8)
    within = np.array([[10, 10], [50, 10], [50, 30], [10, 30]], np.float32)
    at_left, at_bottom = within - np.float32([10, 0]), within - np.float32([0, -34])
    inside = Window(left=80, top=50, scale=1.0, width_px=160, height_px=64)
    corner = Window(left=0, top=136, scale=1.0, width_px=160, height_px=64)
    assert [inside.cuts(box, picture) for box in (within, at_left, at_bottom)] == [False, True, True]
    assert [corner.cuts(box, picture) for box in (within, at_left, at_bottom)] == [False, False, False]
