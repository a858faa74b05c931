"""Sightings that stand for stretches of time of their own, not for whole frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from msgspec import Raw, msgpack

from detection.records import BrandMatch, BrandReport, Escalation, Fields, Question, Report, Scenes
from detection.report import columns, exposure, sightings
from detection.report.exposure import Exponents
from detection.report.kept import Kept
from detection.report.sightings import Scale

LEFT, RIGHT, OVER_LEFT = (0.1, 0.4, 0.3, 0.5), (0.7, 0.4, 0.9, 0.5), (0.2, 0.4, 0.4, 0.5)
"""Each covers 2 % of the frame; the first and the last overlap by half."""

FULL = Scale(full_sharpness=1000, full_contrast=0.25)
PLAIN = Exponents(size=0.5, position=0.5, clarity=0.5, visible=0.5, clutter=0.5)

Span = tuple[float, float]


@pytest.fixture
def seen(sighting: Callable[..., BrandMatch]) -> Callable[..., BrandMatch]:
    """A sighting that stands for a stretch of time, in the frame of half a second in which it begins."""

    def make(start_s: float, end_s: float, brand: str = "Aldermoor", **changes: Any) -> BrandMatch:
        return sighting(int(start_s / 0.5), brand, start_s=start_s, end_s=end_s, **changes)

    return make


def named(report: Report, name: str) -> BrandReport:
    return next(brand for brand in report.brands if brand.brand == name)


def spans(brand: BrandReport) -> list[Span]:
    return [(event.start_s, event.end_s) for event in brand.events]


def test_an_airing_begins_and_ends_with_its_sightings(film: Any, seen: Any, compiled: Any) -> None:
    found = compiled(film(8), [seen(0.36, 1.25), seen(1.25, 1.5), seen(1.5, 2.08)]).brands[0]

    assert spans(found) == [(0.36, 2.08)]
    assert (found.exposure_s, found.intervals) == (1.72, [(0.36, 2.08)])
    assert found.events[0].sightings == 3


def test_what_two_instances_share_counts_once(film: Any, seen: Any, compiled: Any) -> None:
    found = compiled(film(8), [seen(0.3, 1.7, box=LEFT), seen(1.2, 2.04, box=RIGHT)]).brands[0]

    assert spans(found) == [(0.3, 2.04)]
    assert found.exposure_s == 1.74
    assert found.placement_seconds == {"other": 1.74}
    assert found.asset_seconds == {"other": 2.24}


def test_size_follows_what_is_there_at_the_time(film: Any, seen: Any, compiled: Any) -> None:
    """2 % for 0.2 s, 3 % together for 0.6 s, 2 % for 0.2 s."""
    found = compiled(film(4), [seen(0.1, 0.9, box=LEFT), seen(0.3, 1.1, box=OVER_LEFT)]).brands[0]

    assert found.area_seconds == pytest.approx(0.4 * 0.02 + 0.6 * 0.03)
    assert found.max_area_share == pytest.approx(0.03)
    assert sum(found.zone_seconds) == pytest.approx(1.0)


def test_brands_are_together_for_as_long_as_both_are_seen(film: Any, seen: Any, compiled: Any) -> None:
    """Aldermoor 0.2–2.2, Quillon 1.9–2.5: 0.3 s together."""
    report = compiled(film(8), [seen(0.2, 2.2, box=LEFT), seen(1.9, 2.5, "Quillon", box=RIGHT)])
    aldermoor, quillon = named(report, "Aldermoor"), named(report, "Quillon")

    assert (aldermoor.solus_s, quillon.solus_s) == (1.7, 0.3)
    assert aldermoor.mean_brands_visible == pytest.approx((1.7 + 2 * 0.3) / 2.0)
    assert aldermoor.concurrent_share_of_voice == pytest.approx((1.7 + 0.15) / 2.3, abs=1e-6)
    assert aldermoor.share_of_voice == pytest.approx(2.0 / 2.6, abs=1e-6)


def test_quality_is_less_while_another_brand_is_there(film: Any, seen: Any, compiled: Any) -> None:
    none = {f"quality_{factor}_exponent": 0.0 for factor in ("size", "position", "clarity", "visible")}
    matches = [seen(0.0, 1.0, box=LEFT), seen(0.75, 1.0, "Quillon", box=RIGHT)]

    report = compiled(film(4), matches, **none, quality_clutter_exponent=1.0)

    assert named(report, "Aldermoor").quality_s == 0.75 + 0.125


@pytest.mark.parametrize(
    ("second", "events"),
    [
        pytest.param((2.5, 3.5), [(0.5, 3.5)], id="a miss of one second is bridged"),
        pytest.param((2.500002, 3.6), [(0.5, 1.5), (2.500002, 3.6)], id="a longer one parts, be it by microseconds"),
    ],
)
def test_bridging_is_exact(film: Any, seen: Any, compiled: Any, second: Span, events: list[Span]) -> None:
    found = compiled(film(8), [seen(0.5, 1.5), seen(*second)]).brands[0]

    assert spans(found) == events
    assert found.exposure_s == pytest.approx(1.0 + second[1] - second[0])


def test_no_sighting_goes_across_a_cut(film: Any, seen: Any, compiled: Any) -> None:
    """Shots 0–2 and 2–4 s; the first sighting was followed for too long."""
    found = compiled(film(4, 4), [seen(0.9, 2.3), seen(2.1, 3.2)]).brands[0]

    assert spans(found) == [(0.9, 2.0), (2.1, 3.2)]


def test_sighting_outside_its_shot_or_without_time_is_none(film: Any, seen: Any, sighting: Any, compiled: Any) -> None:
    matches = [seen(1.0, 1.0), sighting(1, start_s=2.5, end_s=3.5), sighting(2, start_s=0.0, end_s=0.0)]

    assert compiled(film(4, 4), matches).brands == []


def test_method_and_confidence_follow_the_time_of_each(film: Any, seen: Any, compiled: Any) -> None:
    """Read with doubt 0–1.2 s, told for sure by the cloud 0.7–1.5 s."""
    cloud = Escalation(
        matches=[seen(0.7, 1.5, box=RIGHT, method="cloud_llm")], unresolved=[], asked=1, cost_usd_micros=0
    )

    found = compiled(film(4), [seen(0.0, 1.2, confidence=0.7)], escalate_cloud=cloud).brands[0]

    assert found.method_seconds == {"ocr": 1.2, "cloud_llm": 0.3}
    assert (found.exposure_low_s, found.exposure_s) == (0.8, 1.5)


def test_placements_overlap_in_time(
    film: Any, seen: Any, compiled: Any, field: Callable[[dict[int, Any]], list[Fields]]
) -> None:
    fields = field(dict.fromkeys(range(4), (0.0, 0.6, 1.0, 1.0)))
    matches = [seen(0.0, 1.3, box=(0.4, 0.7, 0.6, 0.8)), seen(0.9, 1.5, box=(0.1, 0.1, 0.4, 0.2))]

    found = compiled(film(4), matches, field_segmentation=fields).brands[0]

    assert found.placement_seconds == {"board": 1.3, "other": 0.6}
    assert found.exposure_s == 1.5
    assert found.events[0].placement == "board"


def test_upper_bound_adds_only_the_time_in_which_the_brand_is_not_seen(
    film: Any, seen: Any, compiled: Any, question: Callable[..., Question]
) -> None:
    """Seen 0.2–1.2 s; questions at 1.0–2.0 and, overlapping, 1.5–2.5 s, the latter beyond its shot by half a second."""

    def asked(seq: int, start_s: float, end_s: float) -> Question:
        return question([seq], nearest_brand="Aldermoor", start_s=start_s, end_s=end_s)

    report = compiled(film(4, 4), [seen(0.2, 1.2)], unresolved=[asked(2, 1.0, 2.0), asked(3, 1.5, 2.5)])

    assert (report.brands[0].exposure_s, report.brands[0].exposure_high_s) == (1.0, 1.8)
    assert [(candidate.t_s, candidate.seconds) for candidate in report.unresolved] == [(1.25, 1.0), (1.75, 0.5)]


def test_an_end_is_as_uncertain_as_the_sighting_that_sets_it(film: Any, seen: Any, compiled: Any) -> None:
    matches = [
        seen(0.3, 1.0, boundary_error_s=0.04),
        seen(0.3, 0.8, box=LEFT, boundary_error_s=0.1),
        seen(0.6, 1.6, box=RIGHT, boundary_error_s=0.5),
        seen(1.2, 1.8, boundary_error_s=0.02),
    ]

    report = compiled(film(8), matches)

    event = report.brands[0].events[0]
    assert (event.start_s, event.start_error_s, event.end_s, event.end_error_s) == (0.3, 0.1, 1.8, 0.02)


def test_the_report_says_how_wrong_its_ends_may_be(film: Any, seen: Any, compiled: Any) -> None:
    matches = [
        seen(0.0, 1.0, boundary_error_s=0.04),
        seen(2.5, 3.5, boundary_error_s=0.25),
        seen(0.0, 2.0, "Quillon", box=LEFT, boundary_error_s=0.02),
        seen(3.0, 3.2, "Castello", box=RIGHT, boundary_error_s=9.0, confidence=0.5),
    ]

    found = compiled(film(8), matches).boundary_error_s

    assert found is not None, "what is not listed as an event does not count"
    assert (found.median, found.worst) == (0.04, 0.25)


def test_without_events_there_is_no_boundary_error(film: Any, compiled: Any) -> None:
    assert compiled(film(8), []).boundary_error_s is None


@pytest.mark.parametrize("seed", range(6))
def test_numbers_are_those_of_looking_at_every_millisecond(film: Any, sighting: Any, compiled: Any, seed: int) -> None:
    chance = np.random.default_rng(seed)
    scenes: Scenes = film(*chance.integers(2, 12, size=6).tolist())
    length_ms = round(scenes.shots[-1].end_s * 1000)
    names = ("Aldermoor", "Castello", "Quillon")
    there = np.zeros((len(names), length_ms), bool)
    instances = np.zeros((len(names), length_ms), int)
    sure = np.zeros((len(names), length_ms), bool)
    matches = []
    for kept in scenes.frames:
        shot = scenes.shots[kept.shot]
        for _ in range(chance.integers(0, 4)):
            brand = int(chance.integers(len(names)))
            low, high = sorted(chance.integers(round(shot.start_s * 1000), round(shot.end_s * 1000) + 1, 2).tolist())
            confidence = float(chance.choice([0.6, 0.95]))
            matches.append(
                sighting(
                    kept.frame.seq, names[brand], start_s=low / 1000, end_s=high / 1000, confidence=confidence,
                    box=tuple((np.array(LEFT) + chance.uniform(0, 0.3)).tolist()),
                )
            )  # fmt: skip
            there[brand, low:high] = True
            instances[brand, low:high] += 1
            sure[brand, low:high] |= confidence > 0.9
    around = there.sum(axis=0)

    for found in compiled(scenes, matches).brands:
        mine = there[names.index(found.brand)]
        assert found.exposure_s == pytest.approx(mine.sum() / 1000)
        assert found.exposure_low_s == pytest.approx(sure[names.index(found.brand)].sum() / 1000)
        assert found.solus_s == pytest.approx((mine & (around == 1)).sum() / 1000)
        assert found.mean_brands_visible == pytest.approx(around[mine].mean(), abs=1e-6)
        share = (mine / np.maximum(around, 1)).sum() / (around > 0).sum()
        assert found.concurrent_share_of_voice == pytest.approx(share, abs=1e-6)
        assert sum(found.asset_seconds.values()) == pytest.approx(instances[names.index(found.brand)].sum() / 1000)
        assert sum(end - start for start, end in found.intervals) == pytest.approx(found.exposure_s, abs=1e-5)


def test_work_grows_with_the_footage_and_not_with_its_square(film: Any, sighting: Any) -> None:
    """Every shot has ten things, each seen for a stretch of its own: the segments of one are none of the others'."""

    def pairs(shots: int) -> int:
        matches = [
            sighting(
                4 * shot + 1, start_s=2 * shot + 0.1 * thing, end_s=2 * shot + 1 + 0.09 * thing,
                box=(0.1, 0.1 + 0.05 * thing, 0.3, 0.14 + 0.05 * thing),
            )
            for shot in range(shots)
            for thing in range(10)
        ]  # fmt: skip
        settled, _ = columns.read([[Raw(msgpack.encode(match)) for match in matches]])
        found = sightings.measure(settled, Kept.of(film(*[4] * shots).frames)).at(FULL)
        assert len(found) == 10 * shots
        return len(exposure.expose(found, PLAIN).row)

    assert pairs(40) == 2 * pairs(20) == 20 * pairs(2)
