from __future__ import annotations

import pytest

from detection.quads import rectangle
from detection.recognition.riding import Riders, carried, view_at
from detection.records import Quad, Track, View

WORD = rectangle(200, 100, 300, 130)


def track(quads: dict[int, Quad], *, number: int = 0, sharpest: int = 0) -> Track:
    views = [
        View(seq=seq, box=0, quad=quad, start_s=seq / 2, end_s=seq / 2 + 0.5, contrast=0.2,
             sharpness=900.0 if seq == sharpest else 300.0)
        for seq, quad in quads.items()
    ]  # fmt: skip
    return Track(
        number=number, shot=0, label="text", start_s=0.0, end_s=5.0, start_cause="cut", end_cause="cut",
        start_error_s=0.0, end_error_s=0.0, motion="camera", views=views,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("region", "rides"),
    [
        (WORD, True),
        (rectangle(180, 90, 320, 140), True),
        (rectangle(150, 95, 185, 135), True),
        (rectangle(230, 40, 275, 92), True),
        (rectangle(100, 95, 135, 135), False),
        (rectangle(150, 200, 185, 240), False),
        (rectangle(0, 0, 900, 900), False),
        (rectangle(120, 20, 190, 220), False),
        (rectangle(250, 90, 360, 140), True),
    ],
    ids=["the word", "its panel", "a sign beside it", "a sign above it", "too far", "on another line", "the picture",
         "much higher", "half on it"],
)  # fmt: skip
def test_what_lies_on_a_track_or_beside_it_moves_with_it(region: Quad, rides: bool) -> None:
    riders = Riders([track({0: WORD}, number=7)], {0}, 1)
    assert riders.of(0, [region]) == [7 if rides else -1]


def test_it_is_looked_at_where_the_track_is_clearest_and_nowhere_else() -> None:
    riders = Riders([track(dict.fromkeys(range(4), WORD), sharpest=2)], {0, 1, 2, 3}, 1)
    assert [riders.of(seq, [WORD])[0] for seq in range(4)] == [None, None, 0, None]
    everywhere = Riders([track(dict.fromkeys(range(4), WORD))], {0, 1, 2, 3}, 0)
    assert [everywhere.of(seq, [WORD])[0] for seq in range(4)] == [0, 0, 0, 0]


def test_frames_that_are_not_looked_at_are_not_chosen() -> None:
    riders = Riders([track(dict.fromkeys(range(4), WORD), sharpest=2)], {0, 1}, 1)
    assert riders.of(0, [WORD]) == [0]


def test_of_two_tracks_the_one_that_shares_most() -> None:
    other = track({0: rectangle(190, 95, 310, 160)}, number=1)
    assert Riders([track({0: WORD}), other], {0}, 1).of(0, [WORD, rectangle(190, 95, 310, 158)]) == [0, 1]


def test_nothing_to_ride_on() -> None:
    assert Riders([], {0}, 1).of(0, [WORD]) == [-1]
    assert Riders([track({0: WORD})], {0}, 1).of(0, []) == []


def test_a_region_is_carried_with_its_track_turned_and_scaled() -> None:
    views = track({0: WORD, 1: rectangle(100, 50, 150, 65), 2: ((50, 0), (50, 100), (20, 100), (20, 0))}).views
    places = carried(rectangle(160, 100, 190, 130), views[0], views)
    assert places[0] == rectangle(160, 100, 190, 130)
    assert places[1] == rectangle(80, 50, 95, 65)
    assert [tuple(map(round, point)) for point in places[2]] == [(50, -40), (50, -10), (20, -10), (20, -40)]


def test_a_view_by_its_frame() -> None:
    one = track({0: WORD, 3: WORD})
    assert view_at(one, 3) is one.views[1]
    assert view_at(one, 2) is None
