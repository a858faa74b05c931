"""What an audit of a report gives: how much of what it says is true, and how much it misses.

A unit is a second. Of the seconds in which the report claims a brand a sample is looked at ("is it there?"), and of all
seconds another ("what is there that the report does not say?"); `sampling` draws them. From the answers follow
precision and recall in seconds:

- Precision is the mean over strata of the share of right answers, weighted by the strata's claimed seconds. Its
  interval is Wilson's (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927)
  for the effective number of answers (L. Kish, "Survey Sampling", 1965), (Σw)² / Σw², which is smaller the more the
  answers differ in weight.
- Missed seconds are the mean number of brands missed per second, times the seconds of the stratum. Recall is
  true / (true + missed). Its interval lies between the 2.5 % and 97.5 % points of draws: of a beta distribution for
  precision (Jeffreys' prior, H. Jeffreys, 1946, and its effective number of answers) and of a gamma distribution for
  the missed per second of every stratum, without a prior answer for the fewest and with half of one for the most, as
  exact limits of a Poisson count lie on either side of it (F. Garwood, 1936). Where several brands are missed at a time
  the number of answers is divided by how much more their counts scatter than Poisson's would.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any, Literal

import numpy as np

from detection.report.spans import DECIMALS, Floats
from mpr.pipeline.codec import Record

Kind = Literal["claimed", "any"]
Verdict = Literal["yes", "no", "unclear"]

LEVEL = 0.95
# The normal distribution's 97.5 % point.
_Z = 1.959963984540054
_DRAWS = 4_000
_SEED = 20_250


class Stratum(Record):
    """A part of what an audit draws from: claimed seconds of one brand on one placement in one band of confidence, or
    seconds of any kind, told by `what`. `units` is how many seconds it has, `seconds` the exposure claimed in them."""

    kind: Kind
    what: str
    brand: str | None
    placement: str | None
    units: int
    seconds: float


class Answer(Record):
    """What a person said of a second of a stratum. To a claimed one: is the brand there? To any: is there one that the
    report does not say, and then which (`missed`)?"""

    stratum: int
    brand: str | None
    verdict: Verdict
    missed: list[str] = []


class Interval(Record):
    """An estimate between the ends of its 95 % interval; None of them is known without answers."""

    low: float | None
    estimate: float | None
    high: float | None


class Accuracy(Record):
    """Of one brand, or of all (`brand` None). `true_s` estimates for how long it was really seen."""

    brand: str | None
    claimed_s: float
    precision: Interval
    recall: Interval
    true_s: Interval
    claimed_answers: int
    any_answers: int


class Audited(Record):
    """The result of an audit as far as it is answered. `unclear` answers count for nothing."""

    level: float
    asked: int
    answered: int
    unclear: int
    all_brands: Accuracy
    brands: list[Accuracy]


def estimate(
    claimed_s: Mapping[str, float], strata: Sequence[Stratum], answers: Sequence[Answer], *, asked: int
) -> Audited:
    """Precision and recall from the answers given so far; `claimed_s` is by brand what the report claims."""
    clear = [answer for answer in answers if answer.verdict != "unclear"]
    return Audited(
        level=LEVEL,
        asked=asked,
        answered=len(answers),
        unclear=len(answers) - len(clear),
        all_brands=_accuracy(None, sum(claimed_s.values()), strata, clear),
        brands=[_accuracy(brand, seconds, strata, clear) for brand, seconds in sorted(claimed_s.items())],
    )


def wilson(share: float, count: float) -> tuple[float, float]:
    """The 95 % interval of a share found in `count` answers, which need not be whole."""
    middle = share + _Z**2 / (2 * count)
    reach = _Z * sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2))
    whole = 1 + _Z**2 / count
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def _accuracy(brand: str | None, claimed_s: float, strata: Sequence[Stratum], answers: Sequence[Answer]) -> Accuracy:
    right, weight = _claimed(brand, strata, answers)
    missed = _missed(brand, strata, answers)
    draws = np.random.default_rng(_SEED)
    precision, shares = _precision(right, weight, draws)
    recall = true_s = Interval(low=None, estimate=None, high=None)
    if precision.estimate is not None and missed:
        found_s, found = claimed_s * precision.estimate, claimed_s * shares
        lost_s = sum(units * float(counts.mean()) for units, counts in missed)
        fewest, most = _lost(missed, draws)
        true_s = _interval(found_s + lost_s, found + fewest, found + most)
        recall = _interval(
            found_s / max(found_s + lost_s, 1e-9),
            found / np.maximum(found + most, 1e-9),
            found / np.maximum(found + fewest, 1e-9),
        )
    return Accuracy(
        brand=brand,
        claimed_s=round(claimed_s, DECIMALS),
        precision=precision,
        recall=recall,
        true_s=true_s,
        claimed_answers=len(right),
        any_answers=sum(len(counts) for _, counts in missed),
    )


def _claimed(brand: str | None, strata: Sequence[Stratum], answers: Sequence[Answer]) -> tuple[Floats, Floats]:
    """Of each answer to a claim whether it was right, and for how many seconds it stands."""
    claimed = [answer for answer in answers if strata[answer.stratum].kind == "claimed"]
    of_stratum = Counter(answer.stratum for answer in claimed)
    mine = [answer for answer in claimed if brand in (None, answer.brand)]
    right = np.array([answer.verdict == "yes" for answer in mine], float)
    weight = np.array([strata[answer.stratum].seconds / of_stratum[answer.stratum] for answer in mine], float)
    return right, weight


def _missed(brand: str | None, strata: Sequence[Stratum], answers: Sequence[Answer]) -> list[tuple[float, Floats]]:
    """By stratum of any seconds with an answer: its seconds, and by answer how many brands were missed. Seconds of
    strata without an answer are spread over the others."""
    counts: dict[int, list[int]] = {}
    for answer in answers:
        if strata[answer.stratum].kind == "any":
            missed = [name for name in answer.missed if brand in (None, name)] if answer.verdict == "yes" else []
            counts.setdefault(answer.stratum, []).append(len(missed))
    every = sum(stratum.units for stratum in strata if stratum.kind == "any")
    known = sum(strata[number].units for number in counts)
    return [(strata[number].units * every / known, np.array(found, float)) for number, found in sorted(counts.items())]


def _precision(right: Floats, weight: Floats, draws: Any) -> tuple[Interval, Floats]:
    """The interval, and draws of the share."""
    if not len(right) or weight.sum() <= 0:
        return Interval(low=None, estimate=None, high=None), np.zeros(_DRAWS)
    share = float((right * weight).sum() / weight.sum())
    count = float(weight.sum() ** 2 / (weight**2).sum())
    low, high = wilson(share, count)
    shares: Floats = draws.beta(count * share + 0.5, count * (1 - share) + 0.5, _DRAWS)
    return Interval(low=_rounded(low), estimate=_rounded(share), high=_rounded(high)), shares


def _scatter(counts: Sequence[Floats]) -> float:
    """Variance over mean of the counts, within strata; 1 for Poisson's, and where nothing tells more."""
    squares = sum(float(((some - some.mean()) ** 2).sum()) for some in counts)
    expected = sum(float(some.mean()) * (len(some) - 1) for some in counts)
    return max(1.0, squares / expected) if expected > 0 else 1.0


def _lost(missed: Sequence[tuple[float, Floats]], draws: Any) -> tuple[Floats, Floats]:
    """Draws of the seconds missed in all strata, for the lower end of their interval and for the upper: with no prior
    answer, and with one half of one in every stratum."""
    scatter = _scatter([counts for _, counts in missed])
    fewest, most = np.zeros(_DRAWS), np.zeros(_DRAWS)
    for units, counts in missed:
        found, rate = counts.sum() / scatter, units * scatter / len(counts)
        fewest += rate * draws.gamma(found, 1.0, _DRAWS) if found else 0.0
        most += rate * draws.gamma(found + 0.5, 1.0, _DRAWS)
    return fewest, most


def _interval(estimate_: float, for_low: Floats, for_high: Floats) -> Interval:
    low, high = np.quantile(for_low, (1 - LEVEL) / 2), np.quantile(for_high, (1 + LEVEL) / 2)
    return Interval(
        low=_rounded(min(low, estimate_)), estimate=_rounded(estimate_), high=_rounded(max(high, estimate_))
    )


def _rounded(value: float) -> float:
    return round(float(value), DECIMALS)
