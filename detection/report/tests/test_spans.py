from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from detection.report.spans import lengths_us, merged, to_s, to_us


def columns(spans: list[tuple[int, int, int]]) -> Any:
    return (np.array(column, np.int64) for column in np.array(spans, np.int64).reshape(-1, 3).T)


@pytest.mark.parametrize(
    ("spans", "union"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([(0, 5, 9)], [(0, 5, 9)], id="one"),
        pytest.param([(0, 7, 9), (0, 1, 3)], [(0, 1, 3), (0, 7, 9)], id="sorted"),
        pytest.param([(0, 1, 5), (0, 4, 9)], [(0, 1, 9)], id="overlapping"),
        pytest.param([(0, 1, 5), (0, 5, 9)], [(0, 1, 9)], id="touching"),
        pytest.param([(0, 1, 9), (0, 2, 3), (0, 8, 9)], [(0, 1, 9)], id="within another"),
        pytest.param([(1, 1, 9), (0, 2, 3), (1, 9, 12)], [(0, 2, 3), (1, 1, 12)], id="groups for themselves"),
        pytest.param([(0, -9, -5), (0, -6, 2), (1, -9, -8)], [(0, -9, 2), (1, -9, -8)], id="before the beginning"),
        pytest.param([(0, 0, 10), (1, 0, 10), (1, 10, 20)], [(0, 0, 10), (1, 0, 20)], id="all of the line"),
    ],
)
def test_union_of_stretches(spans: list[tuple[int, int, int]], union: list[tuple[int, int, int]]) -> None:
    found = merged(*columns(spans))

    assert list(zip(*(column.tolist() for column in found), strict=True)) == union


def test_lengths_count_what_overlaps_once() -> None:
    found = lengths_us(*columns([(2, 0, 10), (0, 3, 4), (2, 5, 12), (2, 20, 21)]), 4)

    assert found.tolist() == [1, 0, 13, 0]


@pytest.mark.parametrize("fps", [24000 / 1001, 25.0, 30000 / 1001, 59.94])
def test_seconds_of_any_frame_rate_come_back_to_the_microsecond(fps: float) -> None:
    times_s = np.arange(100_000) / fps

    found = to_s(to_us(times_s))

    assert np.abs(found - times_s).max() <= 0.5000001e-6
    assert found.tolist() == [round(time_s, 6) for time_s in times_s.tolist()]
