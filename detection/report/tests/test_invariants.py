"""What holds for any footage, on films made by chance."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from detection.records import BrandMatch, Report, Scenes
from mpr.pipeline.codec import encode

BRANDS = ("Aldermoor", "Castello", "Quillon", "Zephyra")


@pytest.fixture(params=range(4), ids=lambda seed: f"seed {seed}")
def case(
    request: pytest.FixtureRequest, film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]
) -> tuple[Scenes, list[BrandMatch]]:
    chance = np.random.default_rng(request.param)
    scenes = film(*chance.integers(1, 20, size=12).tolist())
    matches = []
    for kept in scenes.frames:
        for _ in range(chance.integers(0, 5)):
            left, top = chance.uniform(-0.1, 0.9, size=2).tolist()
            wide, high = chance.uniform(0.01, 0.3, size=2).tolist()
            matches.append(
                sighting(
                    kept.frame.seq,
                    BRANDS[chance.integers(len(BRANDS))],
                    box=(left, top, left + wide, top + high),
                    confidence=float(chance.uniform(0.5, 1.0)),
                    sharpness=float(chance.uniform(10, 1500)),
                    contrast=float(chance.uniform(0.02, 0.4)),
                )
            )
    return scenes, matches


def test_shares_add_up_to_one(case: tuple[Scenes, list[BrandMatch]], compiled: Callable[..., Report]) -> None:
    brands = compiled(*case).brands

    for share in ("share_of_voice", "concurrent_share_of_voice", "area_share_of_voice"):
        assert sum(getattr(brand, share) for brand in brands) == pytest.approx(1, abs=1e-5), share


def test_times_are_consistent(case: tuple[Scenes, list[BrandMatch]], compiled: Callable[..., Report]) -> None:
    report = compiled(*case)

    assert report.brands
    for brand in report.brands:
        assert 0 <= brand.exposure_low_s <= brand.exposure_s <= brand.exposure_high_s <= report.analysed_s
        assert 0 <= brand.solus_s <= brand.exposure_s
        assert 0 < brand.quality_s <= brand.exposure_s
        assert sum(brand.zone_seconds) == pytest.approx(brand.exposure_s, abs=1e-4)
        assert sum(brand.method_seconds.values()) == pytest.approx(brand.exposure_s, abs=1e-5)
        assert max(brand.placement_seconds.values()) <= brand.exposure_s
        assert sum(brand.asset_seconds.values()) >= brand.exposure_s
        assert sum(end - start for start, end in brand.intervals) == pytest.approx(brand.exposure_s, abs=1e-4)
        for share in ("mean_area_share", "max_area_share", "position", "clarity", "quality_index"):
            assert 0 < getattr(brand, share) <= 1, share


def test_intervals_and_events_are_sorted_disjoint_and_within_a_shot(
    case: tuple[Scenes, list[BrandMatch]], compiled: Callable[..., Report]
) -> None:
    report = compiled(*case)
    shots = [(shot.start_s, shot.end_s) for shot in report.shots]

    for brand in report.brands:
        events = [(event.start_s, event.end_s) for event in brand.events]
        assert all(before[1] < after[0] or before[1] == after[0] for before, after in pairwise(events))
        assert all(before[1] <= after[0] for before, after in pairwise(brand.intervals))
        for start_s, end_s in [*events, *brand.intervals]:
            assert start_s < end_s
            assert any(shot[0] <= start_s and end_s <= shot[1] for shot in shots)


def test_evidence_lies_in_its_event(case: tuple[Scenes, list[BrandMatch]], compiled: Callable[..., Report]) -> None:
    for event in (event for brand in compiled(*case).brands for event in brand.events):
        assert event.start_s <= event.evidence.t_s < event.end_s
        assert all(0 <= share <= 1 for point in event.evidence.polygon for share in point)
        assert event.path
        assert [point[0] for point in event.path] == sorted(point[0] for point in event.path)


def test_order_of_the_matches_changes_nothing(
    case: tuple[Scenes, list[BrandMatch]], compiled: Callable[..., Report]
) -> None:
    scenes, matches = case

    assert encode(compiled(scenes, matches)) == encode(compiled(scenes, matches[::-1]))
