from __future__ import annotations

from typing import Any

import pytest

from detection.quads import area, bounds, common_area, grown, overlap, place, quad_of, rectangle, sides

UNIT = rectangle(0, 0, 10, 10)
DIAMOND = ((5.0, 0.0), (10.0, 5.0), (5.0, 10.0), (0.0, 5.0))


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        pytest.param(UNIT, 100, id="itself"),
        pytest.param(rectangle(5, 0, 15, 10), 50, id="half"),
        pytest.param(rectangle(2, 2, 4, 4), 4, id="within"),
        pytest.param(rectangle(10, 0, 20, 10), 0, id="touching"),
        pytest.param(rectangle(50, 50, 60, 60), 0, id="apart"),
        pytest.param(DIAMOND, 50, id="turned"),
        pytest.param(rectangle(3, 3, 3, 3), 0, id="a point"),
    ],
)
def test_shared_area_and_overlap(other: Any, shared: float) -> None:
    assert common_area(UNIT, other) == pytest.approx(shared, abs=1e-3)
    assert common_area(other, UNIT) == pytest.approx(shared, abs=1e-3)
    assert overlap(UNIT, other) == pytest.approx(shared / (100 + area(other) - shared), abs=1e-4)


def test_a_quad_without_area_overlaps_nothing() -> None:
    point = rectangle(3, 3, 3, 3)
    assert overlap(point, point) == 0


def test_sides_and_bounds() -> None:
    assert sides(rectangle(1, 2, 31, 12)) == (30, 10)
    assert sides(DIAMOND) == pytest.approx((50**0.5, 50**0.5))
    assert bounds(DIAMOND) == (0, 0, 10, 10)
    assert area(DIAMOND) == 50


@pytest.mark.parametrize(("margin", "expected"), [(2, rectangle(-2, -2, 12, 12)), (-1, rectangle(1, 1, 9, 9))])
def test_growing_moves_every_side(margin: float, expected: Any) -> None:
    assert grown(UNIT, margin) == expected


def test_growing_follows_the_slant() -> None:
    assert area(grown(DIAMOND, 1)) == pytest.approx((50**0.5 + 2) ** 2, abs=0.2)


def test_a_quad_without_width_grows_downwards_only() -> None:
    assert bounds(grown(rectangle(5, 0, 5, 10), 2)) == (5, -2, 5, 12)


def test_places_run_from_the_top_left_to_the_bottom_right() -> None:
    quads = [rectangle(50, 40, 60, 50), rectangle(0, 40, 10, 50), rectangle(90, 0, 95, 10)]
    assert sorted(quads, key=place) == [quads[2], quads[1], quads[0]]


def test_coordinates_are_rounded() -> None:
    assert quad_of([(0.123456, 1), (2, 3), (4, 5), (6, 7)])[0] == (0.12, 1.0)
