from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.heat import COLUMNS, ROWS

Make = Callable[..., Report]
Film = Callable[..., Scenes]
Seen = Callable[..., BrandMatch]


def grid(report: Report) -> np.ndarray:
    return np.array(report.brands[0].heat_map).reshape(ROWS, COLUMNS)


def test_what_fills_cells_stays_in_them_for_its_time(film: Film, sighting: Seen, compiled: Make) -> None:
    box = (4 / COLUMNS, 2 / ROWS, 8 / COLUMNS, 3 / ROWS)

    heat = grid(compiled(film(2), [sighting(0, box=box)], min_area_share=0.0))

    assert heat[2, 4:8] == pytest.approx(0.5)
    heat[2, 4:8] = 0
    assert not heat.any()


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((0.31, 0.42, 0.36, 0.45), id="small"),
        pytest.param((0.1, 0.2, 0.83, 0.29), id="wide"),
        pytest.param((0.0, 0.0, 1.0, 1.0), id="the whole frame"),
        pytest.param((0.85, 0.9, 1.05, 1.04), id="half outside"),
    ],
)
def test_the_cells_hold_the_area_that_is_in_the_frame(
    film: Film, sighting: Seen, compiled: Make, box: tuple[float, float, float, float]
) -> None:
    report = compiled(film(2), [sighting(0, box=box), sighting(1, box=box)], min_visible_share=0.0)

    area_s = grid(report).sum() / (COLUMNS * ROWS)
    assert area_s == pytest.approx(report.brands[0].area_seconds, rel=0.12)


def test_a_full_frame_leaves_no_cell_cold(film: Film, sighting: Seen, compiled: Make) -> None:
    assert grid(compiled(film(1), [sighting(0, box=(0.0, 0.0, 1.0, 1.0))])) == pytest.approx(0.5, rel=0.15)
