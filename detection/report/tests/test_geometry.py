from __future__ import annotations

from math import erf, exp, pi, sqrt

import numpy as np
import pytest
import shapely

from detection.report import geometry


def boxes(*edges: tuple[float, float, float, float]) -> np.ndarray:
    return np.array([shapely.box(*edge) for edge in edges], dtype=object)


def test_outlines_are_shares_of_their_own_frame() -> None:
    quads = np.array([[[320, 180], [640, 180], [640, 360], [320, 360]]] * 2, float)

    found = geometry.outlines(quads, np.array([[1280.0, 720.0], [640.0, 360.0]]))

    assert shapely.bounds(found).tolist() == [[0.25, 0.25, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]]


def test_outline_does_not_depend_on_the_order_of_corners() -> None:
    bow_tie = np.array([[[0, 0], [10, 10], [10, 0], [0, 10]]], float)

    assert shapely.area(geometry.outlines(bow_tie, np.array([[100.0, 100.0]])))[0] == pytest.approx(0.01)


def test_no_quads_give_no_outlines() -> None:
    assert len(geometry.outlines(np.empty((0, 4, 2)), np.empty((0, 2)))) == 0


@pytest.mark.parametrize(
    ("box", "area"),
    [
        pytest.param((0.2, 0.2, 0.4, 0.3), 0.02, id="inside"),
        pytest.param((-0.1, 0.2, 0.1, 0.3), 0.01, id="half outside"),
        pytest.param((-0.5, -0.5, 1.5, 1.5), 1.0, id="larger than the frame"),
        pytest.param((1.1, 0.2, 1.3, 0.3), 0.0, id="outside"),
    ],
)
def test_clip(box: tuple[float, float, float, float], area: float) -> None:
    assert shapely.area(geometry.clip(boxes(box)))[0] == pytest.approx(area)


def test_corners_go_clockwise_from_the_top_left() -> None:
    turned = shapely.Polygon([(0.4, 0.5), (0.2, 0.5), (0.2, 0.3), (0.4, 0.3)])

    assert geometry.corners(turned) == [(0.2, 0.3), (0.4, 0.3), (0.4, 0.5), (0.2, 0.5)]


@pytest.mark.parametrize(
    ("box", "shares"),
    [
        pytest.param((0, 0, 1, 1), dict.fromkeys(range(9), 1 / 9), id="whole frame"),
        pytest.param((0.4, 0.4, 0.6, 0.6), {4: 1.0}, id="middle"),
        pytest.param((0.8, 0.1, 0.9, 0.2), {2: 1.0}, id="top right"),
        pytest.param((1 / 3 - 0.1, 0.7, 1 / 3 + 0.3, 0.8), {6: 0.25, 7: 0.75}, id="across a line"),
    ],
)
def test_zone_shares(box: tuple[float, float, float, float], shares: dict[int, float]) -> None:
    found = geometry.zone_shares(boxes(box))[0]

    assert found == pytest.approx([shares.get(zone, 0.0) for zone in range(9)])


def test_position_weight_of_the_whole_frame_is_the_integral() -> None:
    side = 0.3 * sqrt(2 * pi) * erf(0.5 / (0.3 * sqrt(2)))

    assert geometry.position_weights(boxes((0, 0, 1, 1)))[0] == pytest.approx(side**2, abs=5e-4)


@pytest.mark.parametrize(
    ("centre", "weight"),
    [
        pytest.param((0.5, 0.5), 1.0, id="middle"),
        pytest.param((0.5, 0.8), exp(-0.5), id="one sigma below"),
        pytest.param((0.05, 0.05), exp(-(2 * 0.45**2) / (2 * 0.3**2)), id="corner"),
    ],
)
def test_position_weight_of_something_small_is_that_of_its_centre(centre: tuple[float, float], weight: float) -> None:
    x, y = centre
    tiny = boxes((x - 0.001, y - 0.001, x + 0.001, y + 0.001))

    assert geometry.position_weights(tiny)[0] == pytest.approx(weight, rel=1e-4)


def test_position_weight_is_a_mean_over_the_area() -> None:
    strip = boxes((0.0, 0.49, 1.0, 0.51))

    assert geometry.position_weights(strip)[0] == pytest.approx(
        0.3 * sqrt(2 * pi) * erf(0.5 / (0.3 * sqrt(2))), abs=5e-3
    )
