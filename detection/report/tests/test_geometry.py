from __future__ import annotations

from itertools import permutations
from math import erf, exp, pi, sqrt
from typing import Any

import numpy as np
import pytest
import shapely

from detection.report import geometry

FRAME = np.array([[1.0, 1.0]])


def boxes(*edges: tuple[float, float, float, float]) -> Any:
    return np.array([[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in edges], float)


def clipped(outline: Any) -> Any:
    """The corners in the frame, row by row."""
    return {
        row: corners
        for rows, some in geometry.in_frame(outline)
        for row, corners in zip(rows.tolist(), some, strict=True)
    }


def weight(box: tuple[float, float, float, float]) -> float:
    outline = boxes(box)
    return float(geometry.position_weights(outline, geometry.centroids(outline))[0])


def test_outlines_are_shares_of_their_own_frame() -> None:
    quads = np.array([[[320, 180], [640, 180], [640, 360], [320, 360]]] * 2, float)

    found = geometry.outlines(quads, np.array([[1280.0, 720.0], [640.0, 360.0]]))

    assert found.tolist() == boxes((0.25, 0.25, 0.5, 0.5), (0.5, 0.5, 1.0, 1.0)).tolist()


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_outline_does_not_depend_on_the_order_of_corners(order: tuple[int, ...]) -> None:
    quad = np.array([[[10, 10], [60, 20], [50, 70], [15, 40]]], float)

    found = geometry.outlines(quad[:, order], np.array([[100.0, 100.0]]))

    assert geometry.areas(found)[0] == pytest.approx(shapely.Polygon(quad[0] / 100).area)
    assert geometry.corner_list(found[0]) == [(0.1, 0.1), (0.6, 0.2), (0.5, 0.7), (0.15, 0.4)]


@pytest.mark.parametrize(
    ("points", "area"),
    [
        pytest.param([(0, 0), (1, 0), (0, 1), (0.1, 0.1)], 0.5, id="a corner inside the others"),
        pytest.param([(0, 0), (0.5, 0), (1, 0), (0, 1)], 0.5, id="a corner on a side"),
        pytest.param([(0.2, 0.2)] * 4, 0.0, id="a point"),
        pytest.param([(0, 0), (0.5, 0.5), (1, 1), (0.2, 0.2)], 0.0, id="a line"),
    ],
)
def test_outline_with_fewer_corners(points: list[tuple[float, float]], area: float) -> None:
    assert geometry.areas(geometry.outlines(np.array([points], float), FRAME))[0] == pytest.approx(area, abs=1e-12)


def test_no_quads_give_no_outlines() -> None:
    assert len(geometry.outlines(np.empty((0, 4, 2)), np.empty((0, 2)))) == 0


@pytest.mark.parametrize(
    ("box", "area"),
    [
        pytest.param((0.2, 0.2, 0.4, 0.3), 0.02, id="inside"),
        pytest.param((-0.1, 0.2, 0.1, 0.3), 0.01, id="half outside"),
        pytest.param((-0.5, -0.5, 1.5, 1.5), 1.0, id="larger than the frame"),
        pytest.param((1.1, 0.2, 1.3, 0.3), 0.0, id="outside"),
        pytest.param((0.9, -0.1, 1.2, 0.1), 0.01, id="in a corner"),
    ],
)
def test_clip(box: tuple[float, float, float, float], area: float) -> None:
    assert geometry.areas(clipped(boxes(box))[0][None])[0] == pytest.approx(area)


def test_everything_is_as_shapely_has_it() -> None:
    chance = np.random.default_rng(4)
    quads = chance.uniform(-0.1, 1.1, (300, 1, 2)) + chance.normal(0, 0.2, (300, 4, 2))
    whole = shapely.convex_hull(shapely.multipoints(quads.reshape(-1, 2), indices=np.repeat(np.arange(300), 4)))
    truth = shapely.intersection(whole, shapely.box(0, 0, 1, 1))
    thirds = [shapely.box(x / 3, y / 3, (x + 1) / 3, (y + 1) / 3) for y in range(3) for x in range(3)]

    outline = geometry.outlines(quads * [1280, 720], np.tile([1280.0, 720.0], (300, 1)))

    assert geometry.areas(outline) == pytest.approx(shapely.area(whole))
    rows_seen = []
    for rows, corners in geometry.in_frame(outline):
        rows_seen += rows.tolist()
        area = geometry.areas(corners)
        assert area == pytest.approx(shapely.area(truth[rows]), abs=1e-12)
        there = area > 1e-6
        centres = shapely.get_coordinates(shapely.centroid(truth[rows][there]))
        assert geometry.centroids(corners[there]) == pytest.approx(centres, abs=1e-9)
        zones = np.stack([shapely.area(shapely.intersection(truth[rows], third)) for third in thirds], axis=1)
        assert geometry.zone_areas(corners) == pytest.approx(zones, abs=1e-12)
        assert geometry.union_zone_areas(truth[rows][there]) == pytest.approx(zones[there], abs=1e-12)
    assert sorted(rows_seen) == list(range(300))


def test_zones_of_a_union_with_a_hole_and_an_island() -> None:
    ring = shapely.difference(shapely.box(0.0, 0.0, 1.0, 1.0), shapely.box(1 / 3, 0.0, 2 / 3, 2 / 3))
    union = shapely.union(ring, shapely.box(0.4, 0.4, 0.5, 0.5))

    found = geometry.union_zone_areas(np.array([union]))[0]

    assert found == pytest.approx([1 / 9, 0, 1 / 9, 1 / 9, 0.01, 1 / 9, 1 / 9, 1 / 9, 1 / 9])


def test_corners_go_clockwise_from_the_top_left() -> None:
    turned = np.array([[[40, 50], [20, 50], [20, 30], [40, 30]]], float)

    found = geometry.corner_list(geometry.outlines(turned, np.array([[100.0, 100.0]]))[0])

    assert found == [(0.2, 0.3), (0.4, 0.3), (0.4, 0.5), (0.2, 0.5)]


@pytest.mark.parametrize(
    ("box", "shares"),
    [
        pytest.param((0, 0, 1, 1), dict.fromkeys(range(9), 1 / 9), id="whole frame"),
        pytest.param((0.4, 0.4, 0.6, 0.6), {4: 0.04}, id="middle"),
        pytest.param((0.8, 0.1, 0.9, 0.2), {2: 0.01}, id="top right"),
        pytest.param((1 / 3 - 0.1, 0.7, 1 / 3 + 0.3, 0.8), {6: 0.01, 7: 0.03}, id="across a line"),
    ],
)
def test_zone_areas(box: tuple[float, float, float, float], shares: dict[int, float]) -> None:
    found = geometry.zone_areas(boxes(box))[0]

    assert found == pytest.approx([shares.get(zone, 0.0) for zone in range(9)])


def test_position_weight_of_the_whole_frame_is_the_integral() -> None:
    side = 0.3 * sqrt(2 * pi) * erf(0.5 / (0.3 * sqrt(2)))

    assert weight((0, 0, 1, 1)) == pytest.approx(side**2, abs=5e-4)


@pytest.mark.parametrize(
    ("centre", "there"),
    [
        pytest.param((0.5, 0.5), 1.0, id="middle"),
        pytest.param((0.5, 0.8), exp(-0.5), id="one sigma below"),
        pytest.param((0.05, 0.05), exp(-(2 * 0.45**2) / (2 * 0.3**2)), id="corner"),
    ],
)
def test_position_weight_of_something_small_is_that_of_its_centre(centre: tuple[float, float], there: float) -> None:
    x, y = centre

    assert weight((x - 0.001, y - 0.001, x + 0.001, y + 0.001)) == pytest.approx(there, rel=1e-4)


def test_position_weight_is_a_mean_over_the_area() -> None:
    assert weight((0.0, 0.49, 1.0, 0.51)) == pytest.approx(0.3 * sqrt(2 * pi) * erf(0.5 / (0.3 * sqrt(2))), abs=5e-3)
