from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from detection.records import BrandMatch, BrandReport, Matches, Scenes, StoredMatches
from detection.report.compiling import compile_report
from detection.report.measured import Rung, measure
from detection.report.reviews import Reviews
from detection.report.settings import Config
from detection.report.spans import Stretches, covered_us
from mpr.pipeline.codec import decode, encode


@pytest.fixture
def reviewed(film: Callable[..., Scenes], sighting: Callable[..., BrandMatch]) -> Callable[..., BrandReport]:
    """Aldermoor, seen for four seconds at confidence 0.8, with what people said of it."""

    def make(**reviews: Any) -> BrandReport | None:
        given = Matches(matches=[sighting(seq, confidence=0.8) for seq in range(8)], unresolved=[])
        measured = measure(film(8), [Rung(method="ocr", found=decode(encode(given), StoredMatches))])
        brands = compile_report(measured, Config(), reviews=Reviews(**reviews)).report.brands
        return brands[0] if brands else None

    return make


def test_nothing_reviewed_is_nothing_verified(reviewed: Callable[..., BrandReport]) -> None:
    brand = reviewed()

    assert (brand.exposure_s, brand.confirmed_s, brand.verified_share, brand.exposure_low_s) == (4.0, 0.0, 0.0, 0.0)


def test_confirmed_seconds_count_for_the_lower_bound(reviewed: Callable[..., BrandReport]) -> None:
    brand = reviewed(accepted={"Aldermoor": [(0.0, 1.25)], "Quillon": [(2.0, 3.0)]})

    assert (brand.confirmed_s, brand.exposure_low_s) == (1.25, 1.25)
    assert brand.verified_share == pytest.approx(1.25 / 4, abs=1e-6)


def test_what_was_rejected_is_no_exposure(reviewed: Callable[..., BrandReport]) -> None:
    assert reviewed(rejected={"Aldermoor": [(0.0, 1.0)]}).exposure_s == 3.0
    assert reviewed(rejected={"Aldermoor": [(0.0, 4.0)]}) is None
    assert reviewed(rejected={"Quillon": [(0.0, 4.0)]}).exposure_s == 4.0


def test_covered_time_is_that_of_a_count_over_every_microsecond() -> None:
    dice = np.random.default_rng(5)
    start, group = dice.integers(0, 60, 200), dice.integers(0, 3, 200)
    end = start + dice.integers(0, 30, 200)
    by_start, by_brand = dice.integers(0, 60, 12), dice.integers(0, 3, 12)
    by = Stretches(brand=by_brand, start_us=by_start, end_us=by_start + dice.integers(1, 9, 12))
    line = np.zeros((3, 120), bool)
    for brand, first, last in zip(by.brand, by.start_us, by.end_us, strict=True):
        line[brand, first:last] = True

    found = covered_us(group, start, end, by)

    assert found.tolist() == [int(line[g, a:b].sum()) for g, a, b in zip(group, start, end, strict=True)]
    assert covered_us(group, start, end, Stretches.none()).tolist() == [0] * 200
