"""Every metric on films small enough to compute by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

import pytest

from detection.records import BrandMatch, BrandReport, Escalation, Fields, Matches, Report, Scenes

Make = Callable[..., Report]
Film = Callable[..., Scenes]
Seen = Callable[..., BrandMatch]

LEFT, RIGHT = (0.1, 0.4, 0.3, 0.5), (0.7, 0.4, 0.9, 0.5)
"""Each covers 2 % of the frame."""


def named(report: Report, name: str) -> BrandReport:
    return next(brand for brand in report.brands if brand.brand == name)


def test_two_logos_at_once_count_once(film: Film, sighting: Seen, compiled: Make) -> None:
    found = compiled(film(4), [sighting(seq, box=box) for seq in (0, 1) for box in (LEFT, RIGHT)]).brands[0]

    assert found.exposure_s == 1.0
    assert found.placement_seconds == {"other": 1.0}
    assert found.asset_seconds == {"other": 2.0}
    assert found.events[0].sightings == 4


def test_share_of_voice_by_time(film: Film, sighting: Seen, compiled: Make) -> None:
    matches = [sighting(seq) for seq in range(3)] + [sighting(seq, "Quillon", box=LEFT) for seq in range(2, 3)]

    report = compiled(film(4), matches)

    assert [(brand.brand, brand.share_of_voice) for brand in report.brands] == [("Aldermoor", 0.75), ("Quillon", 0.25)]


def test_concurrent_share_splits_shared_time(film: Film, sighting: Seen, compiled: Make) -> None:
    """Aldermoor in frames 0 to 2, Quillon in frame 2: 2.5 and 0.5 of three frames in which any brand is seen."""
    matches = [sighting(seq) for seq in range(3)] + [sighting(2, "Quillon", box=LEFT)]

    report = compiled(film(4), matches)

    assert named(report, "Aldermoor").concurrent_share_of_voice == pytest.approx(2.5 / 3, abs=1e-6)
    assert named(report, "Quillon").concurrent_share_of_voice == pytest.approx(0.5 / 3, abs=1e-6)


def test_solus_and_clutter(film: Film, sighting: Seen, compiled: Make) -> None:
    matches = [sighting(seq) for seq in range(3)] + [sighting(2, "Quillon", box=LEFT)]

    aldermoor = named(compiled(film(4), matches), "Aldermoor")

    assert aldermoor.solus_s == 1.0
    assert aldermoor.mean_brands_visible == pytest.approx(4 / 3, abs=1e-6)


def test_share_of_voice_by_area(film: Film, sighting: Seen, compiled: Make) -> None:
    """Aldermoor 2 % for one frame, Quillon 6 % for one frame."""
    matches = [sighting(0, box=LEFT), sighting(1, "Quillon", box=(0.1, 0.4, 0.4, 0.6))]

    report = compiled(film(2), matches)

    assert named(report, "Aldermoor").area_share_of_voice == 0.25
    assert named(report, "Quillon").area_share_of_voice == 0.75


def test_size_is_the_area_of_the_union(film: Film, sighting: Seen, compiled: Make) -> None:
    """Frame 0: two boxes of 2 % that overlap by half, 3 % together. Frame 1: one box of 2 %."""
    matches = [sighting(0, box=LEFT), sighting(0, box=(0.2, 0.4, 0.4, 0.5)), sighting(1, box=LEFT)]

    found = compiled(film(2), matches).brands[0]

    assert found.max_area_share == 0.03
    assert found.mean_area_share == 0.025
    assert found.area_seconds == 0.025


def test_area_outside_the_frame_does_not_count(film: Film, sighting: Seen, compiled: Make) -> None:
    found = compiled(film(1), [sighting(0, box=(-0.05, 0.4, 0.15, 0.5))]).brands[0]

    assert found.max_area_share == 0.015
    assert found.events[0].evidence.polygon == [(0.0, 0.4), (0.15, 0.4), (0.15, 0.5), (0.0, 0.5)]


def test_zones_share_the_exposure(film: Film, sighting: Seen, compiled: Make) -> None:
    """One frame in the middle, one frame three quarters in the bottom middle and one quarter in the bottom left."""
    matches = [sighting(0), sighting(1, box=(1 / 3 - 0.05, 0.8, 1 / 3 + 0.15, 0.9))]

    found = compiled(film(2), matches).brands[0]

    assert found.zone_seconds == pytest.approx([0, 0, 0, 0, 0.5, 0, 0.125, 0.375, 0], abs=1e-6)


def test_position_is_the_bell_curve_at_the_mark(film: Film, sighting: Seen, compiled: Make) -> None:
    found = compiled(film(1), [sighting(0, box=(0.79, 0.49, 0.81, 0.51))]).brands[0]

    assert found.position == pytest.approx(exp(-0.5), abs=1e-3)


@pytest.mark.parametrize(
    ("measured", "clarity"),
    [
        pytest.param({}, 1.0, id="all full"),
        pytest.param({"sharpness": 5000.0, "contrast": 0.9}, 1.0, id="more than full is full"),
        pytest.param({"sharpness": 125.0}, 0.5, id="an eighth of the sharpness"),
        pytest.param({"contrast": 0.125, "confidence": 0.5, "sharpness": 500.0}, 0.5, id="half of each"),
    ],
)
def test_clarity_is_the_geometric_mean(
    film: Film, sighting: Seen, compiled: Make, measured: dict[str, float], clarity: float
) -> None:
    found = compiled(film(1), [sighting(0, **measured)]).brands[0]

    assert found.clarity == pytest.approx(clarity, abs=1e-6)


@pytest.mark.parametrize(
    ("only", "quality"),
    [
        pytest.param("quality_size_exponent", 0.02 / 0.05, id="size: 2 % of the 5 % that count as large"),
        pytest.param("quality_clarity_exponent", 0.5, id="clarity"),
        pytest.param("quality_visible_exponent", 0.75, id="visible share: a quarter is outside the frame"),
        pytest.param("quality_clutter_exponent", 0.5, id="clutter: another brand is there"),
    ],
)
def test_quality_is_made_of_its_factors(film: Film, sighting: Seen, compiled: Make, only: str, quality: float) -> None:
    none = {f"quality_{factor}_exponent": 0.0 for factor in ("size", "position", "clarity", "visible", "clutter")}
    edge = (-0.05, 0.4, 0.15, 0.5) if "visible" in only else LEFT
    matches = [sighting(0, box=edge, sharpness=125.0), sighting(0, "Quillon", box=RIGHT)]

    found = named(compiled(film(1), matches, **none | {only: 1.0}), "Aldermoor")

    assert found.quality_index == pytest.approx(quality, abs=1e-6)
    assert found.quality_s == pytest.approx(0.5 * quality, abs=1e-6)


def test_quality_takes_the_best_instance_of_each_frame(film: Film, sighting: Seen, compiled: Make) -> None:
    """Frame 0 has a large and a small logo, frame 1 the small one: size alone gives 1 and 0.4."""
    others = {f"quality_{factor}_exponent": 0.0 for factor in ("position", "clarity", "visible", "clutter")}
    matches = [sighting(0, box=(0.1, 0.6, 0.6, 0.8)), sighting(0, box=LEFT), sighting(1, box=LEFT)]

    found = compiled(film(2), matches, quality_size_exponent=1.0, **others).brands[0]

    assert found.quality_index == pytest.approx(0.7, abs=1e-6)


def test_bounds(film: Film, sighting: Seen, compiled: Make, question: Callable[..., object]) -> None:
    """Sure in frame 0, doubtful in frame 1; an open question may be the brand in frames 1 and 2, another in frame 3."""
    open_questions = [
        question([1, 2], nearest_brand="Aldermoor"),
        question([3], nearest_brand="Quillon"),
        question([4]),
    ]

    found = compiled(film(6), [sighting(0), sighting(1, confidence=0.7)], unresolved=open_questions).brands[0]

    assert (found.exposure_low_s, found.exposure_s, found.exposure_high_s) == (0.5, 1.0, 1.5)


def test_method_seconds_go_to_the_first_rung(film: Film, sighting: Seen, compiled: Make) -> None:
    """Frame 1 was settled by both text and the cloud; it is the text's."""
    cloud = [sighting(seq, box=RIGHT, method="cloud_llm") for seq in (1, 2)]
    asked = Escalation(matches=cloud, unresolved=[], asked=1, cost_usd_micros=900)

    found = compiled(film(4), [sighting(0), sighting(1)], escalate_cloud=asked).brands[0]

    assert found.method_seconds == {"ocr": 1.0, "cloud_llm": 0.5}


def test_questions_left_are_those_of_the_last_rung(
    film: Film, sighting: Seen, compiled: Make, question: Callable[..., object]
) -> None:
    first = [question([0], text="ONE"), question([1], text="TWO")]
    local = Escalation(matches=[], unresolved=[first[1]], asked=2, cost_usd_micros=0)

    report = compiled(film(4), [], unresolved=first, escalate_vlm=local)

    assert [candidate.text for candidate in report.unresolved] == ["TWO"]


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        pytest.param({}, 0.5, id="qualifies"),
        pytest.param({"box": (0.4, 0.4, 0.41, 0.41)}, 0.0, id="too small"),
        pytest.param({"box": (-0.15, 0.4, 0.05, 0.5)}, 0.0, id="mostly outside the frame"),
        pytest.param({"sharpness": 0.1, "contrast": 0.01}, 0.0, id="unclear"),
        pytest.param({"box": (1.2, 0.4, 1.4, 0.5)}, 0.0, id="outside the frame"),
        pytest.param({"box": (0.4, 0.4, 0.4, 0.4)}, 0.0, id="without area"),
    ],
)
def test_what_qualifies(film: Film, sighting: Seen, compiled: Make, change: dict[str, object], seconds: float) -> None:
    report = compiled(film(2), [sighting(0, **change)])

    assert sum(brand.exposure_s for brand in report.brands) == seconds
    assert len(report.brands) == (seconds > 0)


def test_same_sighting_from_two_rungs_is_one(film: Film, sighting: Seen, compiled: Make) -> None:
    again = Escalation(matches=[sighting(0, method="local_vlm")], unresolved=[], asked=1, cost_usd_micros=0)

    found = compiled(film(1), [sighting(0)], escalate_vlm=again).brands[0]

    assert found.asset_seconds == {"other": 0.5}


def test_brands_are_ordered_by_exposure_then_name(film: Film, sighting: Seen, compiled: Make) -> None:
    matches = [sighting(0, name, box=LEFT) for name in ("Quillon", "Castello")] + [
        sighting(seq, "Zephyra", box=RIGHT) for seq in (0, 1)
    ]

    assert [brand.brand for brand in compiled(film(2), matches).brands] == ["Zephyra", "Castello", "Quillon"]


def test_evidence_is_the_best_picture_among_the_surest(film: Film, sighting: Seen, compiled: Make) -> None:
    matches = [
        sighting(0, text="SURE", confidence=0.99),
        sighting(1, text="SURE AND LARGE", confidence=0.97, box=(0.35, 0.35, 0.65, 0.55)),
        sighting(2, text="LARGEST, IN DOUBT", confidence=0.8, box=(0.3, 0.3, 0.7, 0.6)),
    ]

    event = compiled(film(3), matches).brands[0].events[0]

    assert event.evidence.text == "SURE AND LARGE"
    assert event.evidence.t_s == event.evidence.frame.pts_s == 0.75
    assert event.confidence == 0.99


def test_event_is_placed_where_it_was_longest_and_proved_there(
    film: Film, sighting: Seen, compiled: Make, field: Callable[..., list[Fields]]
) -> None:
    fields = field(dict.fromkeys(range(4), (0.0, 0.6, 1.0, 1.0)))
    on_board = [sighting(seq, box=(0.4, 0.7, 0.6, 0.75), text="BOARD") for seq in range(4)]
    elsewhere = [sighting(0, box=(0.2, 0.1, 0.8, 0.3), text="BACKDROP")]

    event = compiled(film(4), on_board + elsewhere, field_segmentation=fields).brands[0].events[0]

    assert (event.placement, event.evidence.text) == ("board", "BOARD")


def test_path_follows_the_main_track(film: Film, sighting: Seen, compiled: Make) -> None:
    moving = [sighting(seq, box=(0.1 + 0.1 * seq, 0.4, 0.3 + 0.1 * seq, 0.5)) for seq in range(3)]
    small = [sighting(1, box=(0.8, 0.8, 0.9, 0.85))]

    event = compiled(film(3), moving + small).brands[0].events[0]

    assert event.path == [(0.25, 0.2, 0.45), (0.75, 0.3, 0.45), (1.25, 0.4, 0.45)]


def test_nothing_seen_is_an_empty_report(film: Film, compiled: Make) -> None:
    report = compiled(film(3), [])

    assert (report.analysed_s, report.brands, report.unresolved, len(report.shots)) == (1.5, [], [], 1)
    assert report.counts() == {"brands": 0, "events": 0, "unresolved": 0}


def test_no_frames_at_all(compiled: Make) -> None:
    assert compiled(Scenes(shots=[], frames=[], dropped=0), []).analysed_s == 0.0


def test_an_airing_says_all_methods_that_it_rests_on(film: Film, sighting: Seen, compiled: Make) -> None:
    """Read in the first frame, its logo known in the first two, and in the third by a model alone after a cut."""
    read = [sighting(0, confidence=0.8)]
    logos = Matches(matches=[sighting(seq, box=LEFT, method="logo", confidence=0.95) for seq in (0, 1)], unresolved=[])
    asked = Escalation(matches=[sighting(2, method="local_vlm")], unresolved=[], asked=1, cost_usd_micros=0)

    (found,) = compiled(film(2, 2), read, match_logos=logos, escalate_vlm=asked, min_event_s=0.0).brands

    assert [(event.method, event.methods) for event in found.events] == [
        ("logo", ["ocr", "logo"]),
        ("local_vlm", ["local_vlm"]),
    ]
    assert found.method_seconds == {"ocr": 0.5, "logo": 0.5, "local_vlm": 0.5}
    assert found.events[0].confidence == 0.95
