from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from detection.records import BrandMatch, Matches, Scenes, StoredMatches
from detection.report.compiling import compile_report
from detection.report.measured import Rung, measure
from detection.report.sampling import ANY_STRATA, Sample, draw, share_out
from detection.report.seen import Seen
from detection.report.settings import Config
from mpr.pipeline.codec import decode, encode

SHOTS = 12


@pytest.fixture
def seen(film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], question: Any) -> Seen:
    """Twelve shots of ten seconds: Aldermoor in half of them, sure and less sure, Quillon in one, a question in one."""
    matches = [
        sighting(20 * shot + seq, confidence=0.95 if shot % 4 else 0.75)
        for shot in range(0, SHOTS, 2)
        for seq in range(4, 20)
    ]
    matches += [sighting(seq, "Quillon", box=(0.1, 0.1, 0.3, 0.2)) for seq in range(8, 14)]
    given = Matches(matches=matches, unresolved=[question([28, 29, 30, 31], nearest_brand="Quillon")])
    rung = Rung(method="ocr", found=decode(encode(given), StoredMatches))
    return compile_report(measure(film(*[20] * SHOTS), [rung]), Config()).seen


def claimed(sample: Sample) -> list[Any]:
    return [item for item in sample.items if item.kind == "claimed"]


def test_half_is_claimed_and_half_is_any_time(seen: Seen) -> None:
    sample = draw(seen, size=40, seed=1)

    assert Counter(item.kind for item in sample.items) == {"claimed": 20, "any": 20}
    assert [item.t_s for item in sample.items] == sorted(item.t_s for item in sample.items)


def test_the_same_seed_draws_the_same_and_another_does_not(seen: Seen) -> None:
    assert encode(draw(seen, size=30, seed=1)) == encode(draw(seen, size=30, seed=1))
    assert encode(draw(seen, size=30, seed=1)) != encode(draw(seen, size=30, seed=2))


def test_every_claimed_second_was_claimed_for_its_brand(seen: Seen) -> None:
    sample = draw(seen, size=60, seed=4)

    for item in claimed(sample):
        found, at = seen.sightings, round(item.t_s * 1e6)
        assert seen.names[found.brand[item.row]] == item.brand
        assert found.start_us[item.row] < at + 1_000_000
        assert found.end_us[item.row] > at
        assert item.brand in item.claims
        stratum = sample.strata[item.stratum]
        assert stratum.brand == item.brand


def test_strata_hold_all_that_is_claimed_and_all_the_time(seen: Seen) -> None:
    sample = draw(seen, size=40, seed=1)
    by_kind = {
        kind: [stratum for stratum in sample.strata if stratum.kind == kind] for kind in ("claimed", "any")
    }  # fmt: skip

    assert sample.claimed_s == {"Aldermoor": 48.0, "Quillon": 3.0}
    assert sum(stratum.seconds for stratum in by_kind["claimed"]) == 51.0
    assert [stratum.what for stratum in by_kind["any"]] == list(ANY_STRATA)
    assert sum(stratum.units for stratum in by_kind["any"]) == 10 * SHOTS
    assert by_kind["any"][0].units == 2


def test_the_smallest_stratum_is_looked_at_too(seen: Seen) -> None:
    assert {item.brand for item in claimed(draw(seen, size=12, seed=3))} == {"Aldermoor", "Quillon"}


def test_a_sample_smaller_than_its_strata_takes_the_small_ones_together(seen: Seen) -> None:
    sample = draw(seen, size=4, seed=1)

    assert len(claimed(sample)) == 2
    assert [(one.brand, one.what) for one in sample.strata if one.kind == "claimed"] == [
        ("Aldermoor", "confidence 0.7 to 0.9"),
        (None, "smaller ones together"),
    ]


def test_more_than_there_is_draws_everything_once(seen: Seen) -> None:
    sample = draw(seen, size=10_000, seed=1)

    assert len({(item.kind, item.t_s, item.brand) for item in sample.items}) == len(sample.items)
    assert sum(item.kind == "any" for item in sample.items) == 10 * SHOTS
    assert len(claimed(sample)) == sum(one.units for one in sample.strata if one.kind == "claimed")


def test_nothing_claimed_leaves_time_to_look_at(film: Callable[..., Scenes]) -> None:
    given = decode(encode(Matches(matches=[], unresolved=[])), StoredMatches)
    seen = compile_report(measure(film(20), [Rung(method="ocr", found=given)]), Config()).seen

    sample = draw(seen, size=10, seed=1)

    assert (len(claimed(sample)), len(sample.items), sample.claimed_s) == (0, 5, {})


@pytest.mark.parametrize(
    ("size", "weights", "limits", "shares"),
    [
        pytest.param(10, (1, 1), (9, 9), [5, 5], id="by weight"),
        pytest.param(10, (98, 1, 1), (99, 99, 99), [8, 1, 1], id="one each first"),
        pytest.param(10, (1, 9), (9, 3), [7, 3], id="no more than there are"),
        pytest.param(2, (1, 5, 3), (9, 9, 9), [0, 1, 1], id="the heaviest when there are not enough"),
        pytest.param(99, (1, 5), (2, 3), [2, 3], id="all of them"),
        pytest.param(4, (0, 0), (9, 9), [2, 2], id="without weights"),
        pytest.param(0, (1, 5), (2, 3), [0, 0], id="none"),
    ],
)
def test_a_sample_is_shared_out(size: int, weights: Any, limits: Any, shares: list[int]) -> None:
    assert share_out(size, np.array(weights, float), np.array(limits)).tolist() == shares
