"""Intervals and events, cell by cell: x is a frame of half a second in which the brand is seen, | a cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detection.records import BrandMatch, BrandReport, Report, Scenes


@pytest.fixture
def aldermoor(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report]
) -> Callable[..., BrandReport]:
    def make(picture: str, confidence: float = 0.7, **settings: Any) -> BrandReport:
        seen = [seq for seq, cell in enumerate(picture.replace("|", "")) if cell == "x"]
        matches = [sighting(seq, confidence=confidence) for seq in seen]
        return compiled(film(*map(len, picture.split("|"))), matches, **settings).brands[0]

    return make


@pytest.mark.parametrize(
    ("picture", "events", "exposure_s"),
    [
        pytest.param("xxxx", [(0.0, 2.0)], 2.0, id="all the time"),
        pytest.param(".xx.", [(0.5, 1.5)], 1.0, id="exactly one second"),
        pytest.param("xx..xx", [(0.0, 3.0)], 2.0, id="a miss of one second is bridged"),
        pytest.param("xx...xx", [(0.0, 1.0), (2.5, 3.5)], 2.0, id="a longer miss parts"),
        pytest.param("xx..x...xx", [(0.0, 2.5), (4.0, 5.0)], 2.5, id="both"),
        pytest.param("xx|xx", [(0.0, 1.0), (1.0, 2.0)], 2.0, id="a cut parts"),
        pytest.param("xx.|.xx", [(0.0, 1.0), (2.0, 3.0)], 2.0, id="a cut is never bridged"),
        pytest.param("x.xx", [(0.0, 2.0)], 1.5, id="a miss does not shorten the event"),
        pytest.param("...x...xx", [(3.5, 4.5)], 1.5, id="half a second is exposure, no event"),
        pytest.param("..|x|..", [(1.0, 1.5)], 0.5, id="a short run that fills its shot is an event"),
        pytest.param("..|.x|..", [], 0.5, id="a short run in a short shot is none"),
    ],
)
def test_events_and_exposure(
    aldermoor: Callable[..., BrandReport], picture: str, events: list[tuple[float, float]], exposure_s: float
) -> None:
    found = aldermoor(picture)

    assert [(event.start_s, event.end_s) for event in found.events] == events
    assert found.exposure_s == exposure_s
    assert found.event_count == len(events)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        pytest.param({}, 0, id="default: not sure enough"),
        pytest.param({"min_event_s": 0.5}, 1, id="asked for"),
        pytest.param({"short_event_confidence": 0.7}, 1, id="sure enough"),
    ],
)
def test_short_run_is_listed_when_asked_or_sure(
    aldermoor: Callable[..., BrandReport], settings: dict[str, float], count: int
) -> None:
    assert len(aldermoor("....x....", **settings).events) == count


def test_certain_short_run_can_be_left_out(aldermoor: Callable[..., BrandReport]) -> None:
    assert len(aldermoor("..x..", confidence=1.0).events) == 1
    assert aldermoor("..x..", confidence=1.0, short_event_confidence=1.5).events == []


def test_bridge_is_a_setting(aldermoor: Callable[..., BrandReport]) -> None:
    assert len(aldermoor("xx.xx", bridge_s=0.4).events) == 2


def test_intervals_hold_all_exposure_and_nothing_else(aldermoor: Callable[..., BrandReport]) -> None:
    found = aldermoor("xx..x...x|xx")

    assert found.intervals == [(0.0, 1.0), (2.0, 2.5), (4.0, 4.5), (4.5, 5.5)]
    assert sum(end - start for start, end in found.intervals) == found.exposure_s


def test_kept_frame_lends_its_duplicates_time(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report]
) -> None:
    whole = film(6)
    first = {**{name: getattr(whole.frames[0], name) for name in ("frame", "shot", "start_s")}, "end_s": 2.5}
    frames = [type(whole.frames[0])(**first), whole.frames[5]]

    found = compiled(Scenes(shots=whole.shots, frames=frames, dropped=4), [sighting(0, end_s=2.5)])

    assert found.analysed_s == 3.0
    assert [(event.start_s, event.end_s) for event in found.brands[0].events] == [(0.0, 2.5)]
