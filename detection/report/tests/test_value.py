from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.spans import to_us
from detection.report.value import Price

Make = Callable[..., Report]
Film = Callable[..., Scenes]
Seen = Callable[..., BrandMatch]


def viewer_seconds(start_s: float, end_s: float, *, viewers: float = 0.0, curve: tuple = ()) -> float:
    price = Price(viewers=viewers, curve=curve, cpm30=0.0)
    return float(price.viewer_seconds(to_us([start_s]), to_us([end_s]))[0])


def test_a_constant_audience() -> None:
    assert viewer_seconds(10, 13, viewers=1000) == 3000


@pytest.mark.parametrize(
    ("start_s", "end_s", "whole"),
    [
        pytest.param(0, 10, 10 * 100, id="before the first point"),
        pytest.param(10, 20, 10 * 200, id="along the line"),
        pytest.param(12, 14, 2 * 160, id="within it"),
        pytest.param(5, 15, 5 * 100 + 5 * 150, id="across a point"),
        pytest.param(20, 30, 10 * 300, id="behind the last point"),
        pytest.param(0, 40, 1000 + 2000 + 20 * 300, id="over all"),
    ],
)
def test_a_curve_is_integrated_along_its_straight_lines(start_s: float, end_s: float, whole: float) -> None:
    assert viewer_seconds(start_s, end_s, curve=((10, 100), (20, 300))) == pytest.approx(whole)


def test_points_may_come_in_any_order_and_one_is_enough() -> None:
    assert viewer_seconds(0, 2, curve=((7.0, 50.0),)) == pytest.approx(100)
    assert viewer_seconds(10, 20, curve=((20, 300), (10, 100))) == pytest.approx(2000)


def test_value_of_a_brand_and_of_its_placements(film: Film, sighting: Seen, compiled: Make) -> None:
    seen = [sighting(seq, box=(0.0, 0.0, 0.5, 0.5)) for seq in range(6)]
    (brand,) = compiled(film(6), seen, audience_viewers=2_000_000, cpm30_price=5.0, currency="EUR").brands

    assert brand.exposure_s == 3.0
    assert brand.impressions == pytest.approx(3 / 30 * 2_000_000)
    assert brand.gross_value == pytest.approx(3 / 30 * 2_000 * 5)
    assert brand.net_value == pytest.approx(brand.gross_value * brand.quality_index, rel=1e-4)
    assert sum(one.gross_value for one in brand.placements) == pytest.approx(brand.gross_value)
    assert sum(one.net_value for one in brand.placements) == pytest.approx(brand.net_value, rel=1e-4)


def test_nothing_is_valued_without_audience_or_price(film: Film, sighting: Seen, compiled: Make) -> None:
    (neither,) = compiled(film(2), [sighting(0)], cpm30_price=5.0).brands
    (no_price,) = compiled(film(2), [sighting(0)], audience_viewers=60.0).brands

    assert (neither.impressions, neither.gross_value, neither.net_value) == (None, None, None)
    assert (no_price.impressions, no_price.gross_value, no_price.net_value) == (1.0, None, None)
    assert not np.isnan(no_price.impressions)
