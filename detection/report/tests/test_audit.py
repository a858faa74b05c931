"""Whether an audit's intervals hold what they say: the truth lies in 95 of 100."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from detection.report.audit import Answer, Audited, Interval, Stratum, estimate, wilson
from detection.report.sampling import share_out

AUDITS = 300
# What 95 of 100 come to in so many audits, give or take three standard errors.
LEAST = 0.95 - 3 * sqrt(0.95 * 0.05 / AUDITS)


class World:
    """A report on two hours with a truth: claimed strata with their share of right seconds, any strata with the brands
    missed in each second."""

    def __init__(self, dice: np.random.Generator, *, shares: tuple[float, ...], missing: tuple[float, ...]) -> None:
        self.brands = [f"brand {number % 7}" for number in range(len(shares))]
        self.right = [dice.random(int(dice.integers(30, 900))) < share for share in shares]
        # Several brands at once when the picture is missed: the counts scatter more than Poisson's.
        self.missed = [
            np.where(dice.random(size) < rate / 2, dice.integers(1, 4, size), 0)
            for size, rate in zip((200, 300, 3500, 3200), missing, strict=True)
        ]
        claimed = [Stratum(kind="claimed", what="", brand=brand, placement="", units=len(right), seconds=len(right))
                   for brand, right in zip(self.brands, self.right, strict=True)]  # fmt: skip
        others = [Stratum(kind="any", what="", brand=None, placement=None, units=len(counts), seconds=0.0)
                  for counts in self.missed]  # fmt: skip
        self.strata = [*claimed, *others]
        self.claimed_s: dict[str, float] = {}
        for stratum in claimed:
            self.claimed_s[stratum.brand] = self.claimed_s.get(stratum.brand, 0.0) + stratum.seconds
        true, lost = sum(map(np.sum, self.right)), sum(map(np.sum, self.missed))
        self.precision = true / sum(map(len, self.right))
        self.recall = true / (true + lost)
        self.true_s = true + lost

    def audit(self, dice: np.random.Generator, size: int) -> Audited:
        answers = []
        sizes = np.array([len(right) for right in self.right])
        for stratum, count in enumerate(share_out(size // 2, sizes.astype(float), sizes).tolist()):
            for right in dice.choice(self.right[stratum], count, replace=False):
                answers.append(
                    Answer(stratum=stratum, brand=self.brands[stratum], verdict="yes" if right else "no")
                )  # fmt: skip
        units = np.array([len(counts) for counts in self.missed])
        for number, count in enumerate(share_out(size // 2, units * np.array([3.0, 3.0, 1.0, 1.0]), units).tolist()):
            for missed in dice.choice(self.missed[number], count, replace=False).tolist():
                answers.append(
                    Answer(
                        stratum=len(self.right) + number, brand=None, verdict="yes" if missed else "no",
                        missed=[f"brand {place}" for place in range(missed)],
                    )
                )  # fmt: skip
        return estimate(self.claimed_s, self.strata, answers, asked=len(answers))


def holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


@pytest.mark.parametrize(
    ("shares", "missing", "size"),
    [
        pytest.param((0.97,) * 12, (0.3, 0.2, 0.05, 0.01), 200, id="a good report"),
        pytest.param((0.99, 0.99, 0.95, 0.9, 0.6, 0.3), (0.6, 0.5, 0.3, 0.1), 200, id="a report of uneven quality"),
        pytest.param((0.99,) * 30, (0.1, 0.1, 0.1, 0.1), 120, id="many strata, a small sample"),
        pytest.param((0.8,) * 8, (0.2, 0.0, 0.0, 0.0), 300, id="nothing missed in most of it"),
    ],
)
def test_the_truth_lies_in_the_interval_as_often_as_it_says(
    shares: tuple[float, ...], missing: tuple[float, ...], size: int
) -> None:
    dice = np.random.default_rng(11)
    hits = {"precision": 0, "recall": 0, "true_s": 0}
    widths = []
    for _ in range(AUDITS):
        world = World(dice, shares=shares, missing=missing)
        found = world.audit(dice, size).all_brands
        hits["precision"] += holds(found.precision, world.precision)
        hits["recall"] += holds(found.recall, world.recall)
        hits["true_s"] += holds(found.true_s, world.true_s)
        widths.append(found.precision.high - found.precision.low)

    coverage = {name: count / AUDITS for name, count in hits.items()}
    print(coverage, np.mean(widths))
    assert all(share >= LEAST for share in coverage.values()), coverage
    # No interval is right by being so wide that it says nothing.
    assert np.mean(widths) < 0.16


def test_more_answers_narrow_the_interval() -> None:
    dice = np.random.default_rng(3)
    world = World(dice, shares=(0.9,) * 6, missing=(0.3, 0.2, 0.1, 0.05))
    few, many = (world.audit(dice, size).all_brands for size in (60, 1200))

    assert many.precision.high - many.precision.low < (few.precision.high - few.precision.low) / 2
    assert many.recall.high - many.recall.low < (few.recall.high - few.recall.low) / 1.5


@pytest.mark.parametrize(
    ("share", "count", "interval"),
    [
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
        pytest.param(81 / 263, 263, (0.2553, 0.3662), id="81 of 263"),
        pytest.param(15 / 148, 148, (0.0624, 0.1605), id="15 of 148"),
        pytest.param(0 / 20, 20, (0.0000, 0.1611), id="0 of 20"),
        pytest.param(1 / 29, 29, (0.0061, 0.1718), id="1 of 29"),
    ],
)
def test_wilsons_interval_is_the_published_one(share: float, count: int, interval: tuple[float, float]) -> None:
    assert wilson(share, count) == pytest.approx(interval, abs=5e-5)


def test_nothing_is_estimated_without_answers() -> None:
    strata = [Stratum(kind="claimed", what="", brand="Aldermoor", placement="board", units=4, seconds=3.5)]

    found = estimate({"Aldermoor": 3.5}, strata, [], asked=4)

    assert (found.answered, found.all_brands.claimed_s) == (0, 3.5)
    assert found.all_brands.precision == found.all_brands.recall == Interval(low=None, estimate=None, high=None)


def test_unclear_answers_count_for_nothing() -> None:
    strata = [Stratum(kind="claimed", what="", brand="Aldermoor", placement="board", units=9, seconds=9.0)]
    answers = [Answer(stratum=0, brand="Aldermoor", verdict=verdict) for verdict in ("yes", "no", "unclear")]

    found = estimate({"Aldermoor": 9.0}, strata, answers, asked=9)

    assert (found.answered, found.unclear, found.all_brands.claimed_answers) == (3, 1, 2)
    assert found.all_brands.precision.estimate == 0.5


def test_a_brands_own_answers_are_its_own() -> None:
    strata = [Stratum(kind="claimed", what="", brand=brand, placement="board", units=9, seconds=9.0)
              for brand in ("Aldermoor", "Quillon")]  # fmt: skip
    strata.append(Stratum(kind="any", what="", brand=None, placement=None, units=100, seconds=0.0))
    answers = [Answer(stratum=0, brand="Aldermoor", verdict="yes"), Answer(stratum=1, brand="Quillon", verdict="no")]
    answers += [Answer(stratum=2, brand=None, verdict="yes", missed=["Quillon"])] + [
        Answer(stratum=2, brand=None, verdict="no") for _ in range(9)
    ]

    alder, quillon = estimate({"Aldermoor": 9.0, "Quillon": 9.0}, strata, answers, asked=12).brands

    assert (alder.precision.estimate, alder.recall.estimate) == (1.0, 1.0)
    assert (quillon.precision.estimate, quillon.recall.estimate) == (0.0, 0.0)
    assert (alder.true_s.estimate, quillon.true_s.estimate) == (9.0, 10.0)
