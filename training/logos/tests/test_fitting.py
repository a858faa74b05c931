from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from detection.logos import matching
from detection.logos.matching import shipped_rule
from mpr.errors import MprError
from training.logos.fitting.evidence import TERMS, Evidence
from training.logos.fitting.learning import Learnt, learn_rule, logistic
from training.logos.fitting.step import write_rule

PICTURES, LOOKS = 80, 12


def evidence(seed: int, *, telling: tuple[float, ...] = (6.0, 1.0, 0.5, 3.0, 0.4)) -> Evidence:
    """Half of the pictures show one logo each, which the first of their looks sees; `telling` says how much higher each
    term is there, in its standard deviations of .5."""
    rng = np.random.default_rng(seed)
    count = PICTURES * LOOKS
    pictures = np.repeat(np.arange(PICTURES), LOOKS)
    logos = np.where((np.arange(count) % LOOKS == 0) & (pictures < PICTURES // 2), 0, -1)
    terms = rng.normal(0, 0.5, (count, len(TERMS))) + (logos >= 0)[:, None] * np.array(telling) * 0.5
    return Evidence(
        terms=terms, firsts=rng.normal(0.0, 0.5, count) + 0.7 * (logos >= 0), pictures=pictures, logos=logos,
        unclear=np.zeros(count, bool),
        asked=tuple((picture, 0) for picture in range(PICTURES // 2)), bare=tuple(range(PICTURES // 2, PICTURES)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def learnt() -> Learnt:
    return learn_rule([evidence(seed) for seed in range(3)])


def test_logistic_finds_the_weights_that_made_the_truth() -> None:
    rng = np.random.default_rng(4)
    terms = rng.normal(0, 1, (20000, 3)) * (1.0, 5.0, 0.2)
    right = rng.random(20000) < 1 / (1 + np.exp(-(terms @ (1.5, -0.2, 4.0) - 1.0)))
    assert logistic(terms, right) == pytest.approx([1.5, -0.2, 4.0, -1.0], rel=0.12)


def test_what_tells_more_counts_more(learnt: Learnt) -> None:
    rule = learnt.rule
    assert 0 < rule.per_same < rule.per_score < 1
    assert rule.per_plainness < rule.per_score


def test_nearly_nothing_false_is_sure(learnt: Learnt) -> None:
    assert learnt.bare == 3 * PICTURES // 2
    assert learnt.false <= 0.01 * learnt.bare
    assert learnt.asked == 3 * PICTURES // 2
    assert learnt.recall > 0.8


def test_of_what_is_not_promising_next_to_nothing_is_a_logo() -> None:
    rounds = [evidence(seed) for seed in range(3)]
    rule = learn_rule(rounds).rule
    left_out = looks = lost = 0
    for one in rounds:
        first = one.firsts + rule.first_lead * one.terms[:, 1] + rule.first_plainness * one.terms[:, 2]
        left_out += int((first < rule.least_promise).sum())
        lost += int((one.right & (first < rule.least_promise)).sum())
        looks += len(first)
    assert left_out > looks / 4
    assert 0 < lost <= 0.01 * 3 * PICTURES // 2 + 1


def test_better_evidence_finds_more() -> None:
    poor = learn_rule([evidence(seed, telling=(2.0, 0.5, 0.2, 1.0, 0.2)) for seed in range(3)])
    assert poor.recall < 0.6


def test_the_same_evidence_gives_the_same_rule(learnt: Learnt) -> None:
    assert learn_rule([evidence(seed) for seed in range(3)]) == learnt


def test_looks_at_a_brand_that_is_elsewhere_in_the_picture_teach_nothing(learnt: Learnt) -> None:
    rounds = [evidence(seed) for seed in range(3)]
    for one in rounds:
        one.terms[1::LOOKS] += 50
        one.unclear[1::LOOKS] = one.pictures[1::LOOKS] < PICTURES // 2
        one.terms[1::LOOKS][one.pictures[1::LOOKS] >= PICTURES // 2] -= 50
    assert learn_rule(rounds).rule.per_score == pytest.approx(learnt.rule.per_score, abs=0.1)


def test_evidence_that_says_the_contrary_is_refused() -> None:
    rounds = [evidence(seed) for seed in range(2)]
    for one in rounds:
        one.terms[:, 0] = np.where(one.right, 0.75, 0.8 + np.abs(one.terms[:, 0]) / 100)
    with pytest.raises(MprError, match="cosine"):
        learn_rule(rounds)


def test_a_written_rule_is_what_is_read(learnt: Learnt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rule.json"
    write_rule(learnt, path, seed=5)
    assert json.loads(path.read_text())["learnt"]["seed"] == 5
    monkeypatch.setattr(matching, "RULE", path)
    shipped_rule.cache_clear()
    try:
        assert shipped_rule() == learnt.rule
    finally:
        shipped_rule.cache_clear()
