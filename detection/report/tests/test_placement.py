from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import shapely

from detection.records import Box, BrandMatch, Fields, FrameObjects, Objects, Report, Scenes
from detection.report import ground

Film = Callable[..., Scenes]
Seen = Callable[..., BrandMatch]
Make = Callable[..., Report]

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
        found = compiled(film(len(FRAMES)), matches, field_segmentation=fields, field_margin_share=0.1).brands
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
        pytest.param("own", "jersey", id="a jersey is no board"),
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

    found = ground._away(points[whose], starts, ends, whose, len(points))

    assert found == pytest.approx(shapely.distance(shapely.points(points), np.array(outlines)), abs=1e-12)
    assert 0 < (found == 0).sum() < len(points)


def test_what_moves_on_its_own_far_from_the_field_is_told_to_be_nothing(
    film: Film, sighting: Seen, field: Any, compiled: Make
) -> None:
    fields = field(dict.fromkeys(FRAMES, (0.0, 0.7, 1.0, 1.0)))

    found = compiled(film(6), [sighting(seq, box=MIDDLE, motion="own") for seq in FRAMES], field_segmentation=fields)

    assert found.brands[0].placement_seconds == {"other": 3.0}


def test_what_scrolls_along_a_row_of_boards_is_on_one(film: Film, sighting: Seen, field: Any, compiled: Make) -> None:
    fields = field(dict.fromkeys(FRAMES, still_field(0)))
    matches = [sighting(seq, "Quillon", box=(0.2, 0.41, 0.35, 0.49), motion="camera") for seq in FRAMES]
    matches += [sighting(seq, box=(0.4 + 0.05 * seq, 0.42, 0.5 + 0.05 * seq, 0.48), motion="own") for seq in FRAMES]

    found = compiled(film(6), sorted(matches, key=lambda match: match.seq), field_segmentation=fields)

    assert [brand.placement_seconds for brand in found.brands] == [{"board": 3.0}, {"board": 3.0}]


@pytest.mark.parametrize(
    ("box_at", "placement"),
    [
        pytest.param(lambda seq: (0.4 + 0.02 * (seq % 2), 0.4, 0.6 + 0.02 * (seq % 2), 0.5), "jersey", id="wavers"),
        pytest.param(lambda seq: (0.4, 0.4, 0.6, 0.5), "graphic", id="stays"),
        pytest.param(lambda seq: (0.4, 0.4, 0.6 - 0.1 * (seq % 2), 0.5), "graphic", id="read in part"),
        pytest.param(
            lambda seq: (0.05 + 0.02 * (seq % 2), 0.4, 0.2 + 0.02 * (seq % 2), 0.5), "graphic", id="at the border"
        ),
    ],
)
def test_somebody_the_camera_follows_wavers_on_screen(
    film: Film, sighting: Seen, compiled: Make, box_at: Any, placement: str
) -> None:
    found = compiled(film(6), [sighting(seq, box=box_at(seq), motion="screen") for seq in FRAMES])

    assert found.brands[0].placement_seconds == {placement: 3.0}


@pytest.mark.parametrize(
    ("label", "placement"),
    [pytest.param("person", "jersey", id="a person"), pytest.param("car", "board", id="a car")],
)
def test_what_lies_on_a_person_is_worn(
    film: Film, sighting: Seen, field: Any, compiled: Make, label: str, placement: str
) -> None:
    body = ((350.0, 300.0), (650.0, 300.0), (650.0, 900.0), (350.0, 900.0))
    there = Objects(
        frames=[FrameObjects(seq=seq, boxes=[Box(quad=body, label=label, score=0.9, source="yolo")]) for seq in FRAMES]
    )
    fields = field(dict.fromkeys(FRAMES, still_field(0)))
    matches = [sighting(seq, "Quillon", box=(0.2, 0.41, 0.35, 0.49), motion="camera") for seq in FRAMES]
    matches += [sighting(seq, box=(0.45, 0.42, 0.55, 0.48), motion="own") for seq in FRAMES]
    matches.sort(key=lambda match: match.seq)

    found = compiled(film(6), matches, field_segmentation=fields, detect_objects=[there])

    assert next(one for one in found.brands if one.brand == "Aldermoor").placement_seconds == {placement: 3.0}


def wall(sighting: Seen, frames: Any, *, rows: int, names: tuple[str, ...]) -> list[BrandMatch]:
    """Marks in three columns and so many rows, the names in turn."""
    return [
        sighting(seq, names[(3 * row + column) % len(names)], motion="camera",
                 box=(0.1 + 0.3 * column, 0.1 + 0.25 * row, 0.3 + 0.3 * column, 0.15 + 0.25 * row))
        for seq in frames for row in range(rows) for column in range(3)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "names", "placement"),
    [
        pytest.param(3, ("Aldermoor", "Quillon"), "backdrop", id="a wall of two brands"),
        pytest.param(1, ("Aldermoor", "Quillon"), "other", id="three boards in a row"),
        pytest.param(3, tuple(f"Brand {number}" for number in range(9)), "other", id="nine brands once each"),
    ],
)
def test_a_backdrop_repeats_few_brands_over_the_picture(
    film: Film, sighting: Seen, compiled: Make, rows: int, names: tuple[str, ...], placement: str
) -> None:
    matches = sorted(wall(sighting, FRAMES, rows=rows, names=names), key=lambda match: (match.seq, match.brand))

    found = compiled(film(6), matches)

    assert {name for brand in found.brands for name in brand.placement_seconds} == {placement}


def test_the_same_wall_before_a_field_is_boards(film: Film, sighting: Seen, field: Any, compiled: Make) -> None:
    matches = wall(sighting, FRAMES, rows=3, names=("Aldermoor", "Quillon"))
    fields = field(dict.fromkeys(FRAMES, (0.0, 0.0, 1.0, 1.0)))

    found = compiled(film(6), sorted(matches, key=lambda match: (match.seq, match.brand)), field_segmentation=fields)

    assert {name for brand in found.brands for name in brand.placement_seconds} == {"board"}


@pytest.mark.parametrize(
    ("box", "others", "fields_at", "placement"),
    [
        pytest.param((0.3, 0.4, 0.7, 0.6), (), (0, 1, 2, 3), "ad", id="one large brand between shots of play"),
        pytest.param((0.45, 0.45, 0.55, 0.5), (), (0, 1, 2, 3), "other", id="too small"),
        pytest.param((0.3, 0.4, 0.7, 0.6), ("Quillon",), (0, 1, 2, 3), "other", id="two brands"),
        pytest.param((0.3, 0.4, 0.7, 0.6), (), (), "other", id="footage without any field"),
        pytest.param((0.3, 0.2, 0.7, 0.3), (), range(8), "other", id="a shot with a field"),
    ],
)
def test_a_spot_is_a_shot_of_one_large_brand(
    film: Film, sighting: Seen, field: Any, compiled: Make, box: Any, others: Any, fields_at: Any, placement: str
) -> None:
    fields = field(dict.fromkeys(fields_at, (0.0, 0.7, 1.0, 1.0)))
    matches = [sighting(seq, box=box, motion="camera") for seq in range(4, 8)]
    matches += [sighting(seq, name, box=(0.1, 0.8, 0.2, 0.85), motion="camera") for name in others
                for seq in range(4, 8)]  # fmt: skip
    matches += [sighting(0, "Halvedo", box=(0.1, 0.1, 0.2, 0.2), motion="camera")]
    matches.sort(key=lambda match: (match.seq, match.brand))

    found = compiled(film(4, 4), matches, field_segmentation=fields)

    assert next(one for one in found.brands if one.brand == "Aldermoor").placement_seconds == {placement: 2.0}
