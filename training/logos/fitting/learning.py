"""From evidence to the rule's numbers: logistic regression, and a bound beyond which next to nothing false lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from detection.logos.matching import Rule
from mpr.errors import MprError
from training.logos.fitting.evidence import TERMS, Evidence

SURE = 0.93
"""The confidence from which one frame is enough (sure_confidence of match_logos, least_confidence of a search)."""
_FALSE_SHARE = 0.01
# The bound lies so much beyond that (in log odds): brands that it was not learnt on have other doubles.
_MARGIN = 0.36
_DAMPING, _ROUNDS = 1.0, 60
# Looks that find less than this are decided whatever else there is; they would only bend the weights.
_LEAST_COSINE = 0.7
# So many of the logos that are seen at all may be left out for promising too little: each more costs many closer looks.
_LEFT_OUT = 0.01
# The odds of what was not even looked at.
_NEVER = -100.0


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """The rule, and how it does on rounds that its weights were not learnt on: the share of asked logos that are found
    from `SURE` on, how many those are, and the pictures without brands in which something is claimed."""

    rule: Rule
    recall: float
    asked: int
    false: int
    bare: int


def learn_rule(rounds: Sequence[Evidence]) -> Learnt:
    """Weights from all rounds; the bound from odds of each round by weights of the others. Needs two rounds."""
    promise = _promise(rounds)
    rounds = [one.part(_promised(one, promise) >= promise.least) for one in rounds]
    odds = [_odds(one, _weights([other for other in rounds if other is not one])) for one in rounds]
    false = np.concatenate([_highest_false(one, total) for one, total in zip(rounds, odds, strict=True)])
    right = np.concatenate([_highest_right(one, total) for one, total in zip(rounds, odds, strict=True)])
    bound = float(np.sort(false)[::-1][int(_FALSE_SHARE * len(false))]) + _MARGIN
    weights = _weights(rounds)
    steepness = float(weights[0])
    if steepness <= 0:
        raise MprError("The cosine speaks against a brand in these pictures; train the logo network first.")
    # Where the odds are those of the bound, the confidence shall be SURE.
    threshold = (bound - log(SURE / (1 - SURE)) - float(weights[-1])) / steepness
    shares = {
        f"per_{name}": round(float(weight) / steepness, 4)
        for name, weight in zip(TERMS[1:], weights[1:-1], strict=True)
    }
    return Learnt(
        rule=Rule(
            threshold=round(threshold, 4), steepness=round(steepness, 2), **shares, first_lead=promise.per_lead,
            first_plainness=promise.per_plainness, least_promise=promise.least,
        ),
        recall=round(float((right > bound).mean()), 4), asked=len(right), false=int((false > bound).sum()),
        bare=len(false),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Promise:
    """What lead and plainness count for before a closer look, in units of a cosine, and from where on one is taken."""

    per_lead: float
    per_plainness: float
    least: float


def _promise(rounds: Sequence[Evidence]) -> _Promise:
    """Learnt on all looks; of the logos that are asked for and looked at all but a few promise that much."""
    known = [one.part(~one.unclear) for one in rounds]
    cosine, lead, plainness, _ = logistic(
        np.concatenate([_first(one) for one in known]), np.concatenate([one.right for one in known])
    )
    learnt = _Promise(
        per_lead=round(float(lead / cosine), 4), per_plainness=round(float(plainness / cosine), 4), least=-np.inf
    )
    best = np.concatenate([_highest_right(one, _promised(one, learnt)) for one in rounds])
    least = np.quantile(best[best > _NEVER], _LEFT_OUT)
    return replace(learnt, least=round(float(least), 3))


def _first(evidence: Evidence) -> NDArray[np.float64]:
    """What is known before a closer look: cosine, lead and plainness (n, 3)."""
    return np.column_stack([evidence.firsts, evidence.terms[:, 1:3]])


def _promised(evidence: Evidence, promise: _Promise) -> NDArray[np.float64]:
    return np.asarray(_first(evidence) @ (1.0, promise.per_lead, promise.per_plainness))


def _weights(rounds: Sequence[Evidence]) -> NDArray[np.float64]:
    """What each term and, last, a constant count for: learnt on the looks that could be taken for the brand."""
    chosen = [~one.unclear & (one.terms[:, 0] >= _LEAST_COSINE) for one in rounds]
    terms = np.concatenate([one.terms[rows] for one, rows in zip(rounds, chosen, strict=True)])
    right = np.concatenate([one.right[rows] for one, rows in zip(rounds, chosen, strict=True)])
    return logistic(terms, right)


def _odds(evidence: Evidence, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(evidence.terms @ weights[:-1] + weights[-1])


def _highest_false(evidence: Evidence, totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each picture without brands the highest odds."""
    return np.array([totals[evidence.pictures == picture].max(initial=_NEVER) for picture in evidence.bare])


def _highest_right(evidence: Evidence, totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each logo asked for the highest odds."""
    best = dict.fromkeys(evidence.asked, _NEVER)
    for picture, logo, total in zip(evidence.pictures.tolist(), evidence.logos.tolist(), totals.tolist(), strict=True):
        if (picture, logo) in best:
            best[picture, logo] = max(best[picture, logo], total)
    return np.array(list(best.values()))


def logistic(terms: NDArray[np.float64], right: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The weights of each term and, last, of a constant, by Newton's method with a little damping."""
    middle, spread = terms.mean(axis=0), terms.std(axis=0) + 1e-9
    even = np.column_stack([(terms - middle) / spread, np.ones(len(terms))])
    damping = _DAMPING * np.diag([*np.ones(terms.shape[1]), 1e-6])
    weights = np.zeros(even.shape[1])
    for _ in range(_ROUNDS):
        chances = 1 / (1 + np.exp(-even @ weights))
        slope = even.T @ (chances - right) + damping @ weights
        bend = (even.T * (chances * (1 - chances))) @ even + damping
        weights -= np.linalg.solve(bend, slope)
    each = weights[:-1] / spread
    return np.append(each, weights[-1] - (each * middle).sum())
