from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely

from detection.records import BrandMatch, Fields, Report, Scenes
from detection.report import placement

CORNER = (0.8, 0.05, 0.95, 0.1)
MIDDLE = (0.4, 0.3, 0.6, 0.35)
FRAMES = range(6)


def still_field(seq: int) -> tuple[float, float, float, float]:
    return (0.0, 0.5, 1.0, 1.0)


def panning_field(seq: int) -> tuple[float, float, float, float]:
    return (0.0, 0.5 + 0.03 * seq, 1.0, 1.0)


@pytest.fixture
def placed(
    film: Callable[..., Scenes],
    sighting: Callable[..., BrandMatch],
    field: Callable[..., list[Fields]],
    compiled: Callable[..., Report],
) -> Callable[..., dict[str, float]]:
    """Placement seconds of Aldermoor, seen for three seconds at `box_at(seq)`."""

    def make(
        box_at: Callable[[int], tuple[float, float, float, float]],
        field_at: Callable[[int], tuple[float, float, float, float]] | None = None,
        others: list[BrandMatch] | None = None,
    ) -> dict[str, float]:
        matches = [sighting(seq, box=box_at(seq)) for seq in FRAMES] + (others or [])
        fields = field({seq: field_at(seq) for seq in FRAMES}) if field_at else None
        found = compiled(film(len(FRAMES)), matches, field_segmentation=fields).brands
        return next(brand.placement_seconds for brand in found if brand.brand == "Aldermoor")

    return make


def test_graphic_stays_while_the_field_moves(placed: Callable[..., dict[str, float]]) -> None:
    assert placed(lambda seq: CORNER, panning_field) == {"graphic": 3.0}


def test_graphic_stays_while_the_other_marks_move(
    placed: Callable[..., dict[str, float]], sighting: Callable[..., BrandMatch]
) -> None:
    others = [
        sighting(seq, brand, box=(0.1 + 0.05 * seq, top, 0.3 + 0.05 * seq, top + 0.1))
        for brand, top in (("Quillon", 0.4), ("Castello", 0.6))
        for seq in FRAMES
    ]

    assert placed(lambda seq: CORNER, others=others) == {"graphic": 3.0}


def test_nothing_is_a_graphic_before_a_camera_at_rest(placed: Callable[..., dict[str, float]]) -> None:
    assert placed(lambda seq: CORNER, still_field) == {"other": 3.0}


def test_what_stays_in_the_middle_is_no_graphic(placed: Callable[..., dict[str, float]]) -> None:
    assert "graphic" not in placed(lambda seq: MIDDLE, panning_field)


def test_what_moves_along_the_border_is_no_graphic(placed: Callable[..., dict[str, float]]) -> None:
    assert placed(lambda seq: (0.1 + 0.05 * seq, 0.05, 0.3 + 0.05 * seq, 0.1), panning_field) == {"other": 3.0}


@pytest.mark.parametrize(
    ("box", "placement"),
    [
        pytest.param((0.4, 0.44, 0.6, 0.49), "board", id="above the field's edge"),
        pytest.param((0.4, 0.7, 0.6, 0.8), "board", id="in the field"),
        pytest.param(MIDDLE, "other", id="in the stands"),
    ],
)
def test_board_is_in_or_next_to_the_field(
    placed: Callable[..., dict[str, float]], box: tuple[float, float, float, float], placement: str
) -> None:
    assert placed(lambda seq: box, still_field) == {placement: 3.0}


def test_without_a_field_there_is_no_board(placed: Callable[..., dict[str, float]]) -> None:
    assert placed(lambda seq: (0.4, 0.7, 0.6, 0.8)) == {"other": 3.0}


def test_same_place_in_two_shots_is_one_mark(
    film: Callable[..., Scenes],
    sighting: Callable[..., BrandMatch],
    field: Callable[..., list[Fields]],
    compiled: Callable[..., Report],
) -> None:
    """The camera rests in each shot, but the field lies elsewhere in the second."""
    fields = field({seq: (0.0, 0.5 if seq < 4 else 0.7, 1.0, 1.0) for seq in range(8)})

    found = compiled(film(4, 4), [sighting(seq, box=CORNER) for seq in range(8)], field_segmentation=fields)

    assert found.brands[0].placement_seconds == {"graphic": 4.0}
    assert [event.placement for event in found.brands[0].events] == ["graphic", "graphic"]


@pytest.mark.parametrize(
    ("motion", "placement"),
    [
        pytest.param("screen", "graphic", id="seen to stay on screen, be it in the middle"),
        pytest.param("own", "other", id="a jersey is no board"),
        pytest.param("camera", "board", id="a board"),
        pytest.param(None, "board", id="not tracked"),
    ],
)
def test_what_a_track_moves_with_tells_where_it_is(
    film: Callable[..., Scenes],
    sighting: Callable[..., BrandMatch],
    field: Callable[..., list[Fields]],
    compiled: Callable[..., Report],
    motion: str | None,
    placement: str,
) -> None:
    fields = field({seq: still_field(seq) for seq in FRAMES})
    matches = [sighting(seq, box=(0.4, 0.7, 0.6, 0.8), motion=motion) for seq in FRAMES]

    found = compiled(film(len(FRAMES)), matches, field_segmentation=fields)

    assert found.brands[0].placement_seconds == {placement: 3.0}


def test_graphic_of_a_moving_shot_is_one_before_a_camera_at_rest_too(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report]
) -> None:
    matches = [sighting(seq, box=CORNER, motion="screen" if seq < 4 else "camera") for seq in range(8)]

    assert compiled(film(4, 4), matches).brands[0].placement_seconds == {"graphic": 4.0}


def test_distance_from_an_outline_is_as_shapely_has_it() -> None:
    chance = np.random.default_rng(5)
    points = chance.uniform(-0.2, 1.2, (300, 2))
    outlines = [
        shapely.convex_hull(shapely.multipoints(chance.uniform(0, 1, (chance.integers(3, 12), 2)))) for _ in points
    ]
    corners = [shapely.get_coordinates(outline)[:-1] for outline in outlines]
    whose = np.repeat(np.arange(len(points)), [len(each) for each in corners])
    starts = np.concatenate(corners)
    ends = np.concatenate([np.roll(each, -1, axis=0) for each in corners])

    found = placement._away(points[whose], starts, ends, whose, len(points))

    assert found == pytest.approx(shapely.distance(shapely.points(points), np.array(outlines)), abs=1e-12)
    assert 0 < (found == 0).sum() < len(points)
