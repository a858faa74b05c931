from __future__ import annotations

from typing import Any

import pytest

from detection.report.boundaries import boundaries

FPS = 10


def instance(**changes: Any) -> dict[str, Any]:
    return {"brand": "Aldermoor", "visible": 1.0, "height_px": 30, "blur_px": 0, "mode": "word"} | changes


def truth(*stretches: tuple[int, list[dict[str, Any]]], shots: Any = ()) -> dict[str, Any]:
    """So many frames each showing these instances, at ten frames a second."""
    shown = [instances for count, instances in stretches for _ in range(count)]
    return {"fps": FPS, "brands": ["Aldermoor"], "shots": list(shots), "frames": shown}


def report(*spans: tuple[float, float]) -> dict[str, Any]:
    events = [{"start_s": start, "end_s": end} for start, end in spans]
    return {"brands": [{"brand": "ALDERMOOR", "events": events}]}


TWO_OF_FOUR_S = truth((10, []), (20, [instance()]), (10, []))


@pytest.mark.parametrize(
    ("spans", "errors"),
    [
        pytest.param([(1.0, 3.0)], [0, 0], id="exact"),
        pytest.param([(1.2, 3.5)], [2, 5], id="both late"),
        pytest.param([(0.9, 1.8), (1.8, 3.0)], [1, 0], id="two events, two ends"),
        pytest.param([(1.0, 3.0), (2.9, 4.0)], [0, 0], id="an event that hardly touches it belongs elsewhere"),
    ],
)
def test_ends_are_held_against_the_true_ones(spans: list[tuple[float, float]], errors: list[float]) -> None:
    found = boundaries(report(*spans), TWO_OF_FOUR_S)

    assert [end.error_frames for end in found.ends] == pytest.approx(errors)
    assert not found.missed


def test_airing_without_event_is_missed() -> None:
    found = boundaries(report((3.5, 4.0)), TWO_OF_FOUR_S)

    assert (found.ends, found.missed) == ((), (("Aldermoor", 1.0, 3.0),))


def test_ends_at_the_clips_border_are_not_measured() -> None:
    found = boundaries(report((0.0, 1.9)), truth((20, [instance()]), (20, [])))

    assert [end.error_frames for end in found.ends] == pytest.approx([1])


@pytest.mark.parametrize(
    "shots",
    [
        pytest.param([[0, 2.0], [2.0, 4.0]], id="in seconds"),
        pytest.param([{"start_frame": 0}, {"start_frame": 20}], id="by first frame"),
    ],
)
def test_cut_parts_airings(shots: Any) -> None:
    known = truth((10, []), (30, [instance()]), shots=shots)

    found = boundaries(report((1.0, 2.0), (2.1, 4.0)), known)

    assert [(end.at_s, end.error_frames, end.at_cut) for end in found.ends] == [
        (1.0, 0.0, False),
        (2.0, 0.0, True),
        (2.0, pytest.approx(1), True),
    ]


def test_gaps_up_to_a_second_are_bridged() -> None:
    known = truth((5, []), (15, [instance()]), (10, []), (15, [instance()]), (5, []))

    assert [end.error_frames for end in boundaries(report((0.5, 4.5)), known).ends] == [0, 0]


def test_less_than_a_second_need_not_be_listed() -> None:
    assert not boundaries(report(), truth((10, []), (9, [instance()]), (10, []))).missed


def test_excess_begins_where_the_brand_is_gone() -> None:
    """It is there for half a second before and after it can be read."""
    small = instance(height_px=10)
    known = truth((5, []), (5, [small]), (20, [instance()]), (5, [small]), (5, []))

    found = boundaries(report((0.7, 3.7)), known)

    assert [end.error_frames for end in found.ends] == pytest.approx([3, 7])
    assert [end.excess_frames for end in found.ends] == pytest.approx([0, 2])
