from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from detection.logos.matching import Rule, Verified
from detection.recognition.claims import Chain, Claim
from detection.recognition.judging import Ballot, Verdict, judge, together

from .conftest import Make

RULE = Rule(
    threshold=0.7,
    per_score=0.3,
    per_same=0.0,
    per_lead=0.0,
    most_lead=0.0,
    per_plainness=0.0,
    first_lead=0.0,
    first_plainness=0.0,
    least_promise=0.0,
    least_mark=0.2,
    steepness=10.0,
)
BALLOT = Ballot(rule=RULE, sure=0.85, agreeing=2, checked=2, most_checks=100)


class Geometry:
    """Says the same of every claim, and remembers what it was asked."""

    def __init__(self, score: float) -> None:
        self._said = Verified(inliers=9, score=score, quad=None)
        self.asked: list[int] = []

    def __call__(self, claims: Sequence[Claim]) -> list[Verified]:
        self.asked += [claim.look.seq for claim in claims]
        return [self._said] * len(claims)


def verdict(claims: list[Claim], geometry: Geometry, ballot: Ballot = BALLOT) -> Verdict | None:
    found = judge([Chain(claims=claims)], ballot, geometry)
    return found[0] if found else None


class Odds(Geometry):
    """Says of each frame what makes these odds (logarithms) of claims with a low cosine."""

    def __init__(self, **odds: float) -> None:
        super().__init__(0.0)
        self._odds = {int(name[1:]): value for name, value in odds.items()}

    def __call__(self, claims: Sequence[Claim]) -> list[Verified]:
        self.asked += [claim.look.seq for claim in claims]
        return [
            Verified(inliers=0, score=0.0, quad=None, second=0.7 + self._odds[claim.look.seq] / RULE.steepness)
            for claim in claims
        ]


def test_one_sure_frame_is_enough_where_there_is_no_other(claim: Make) -> None:
    geometry = Geometry(0.0)
    found = verdict([claim(0, score=0.95)], geometry)
    assert found is not None
    assert found.counts
    assert geometry.asked == [0]


def test_a_sure_frame_is_held_against_a_second_one(claim: Make) -> None:
    claims = [claim(seq, score=0.3 - seq / 100) for seq in range(4)]
    geometry = Odds(_0=2.5, _1=2.5)
    sure = verdict(claims, geometry)
    assert sure is not None
    assert sure.counts
    assert geometry.asked == [0, 1]
    assert {one.look.seq for one in sure.claims} == {0, 1, 2, 3}


@pytest.mark.parametrize(("second", "counts"), [(-0.5, True), (-3.0, False)])
def test_a_second_frame_that_says_no_speaks_against_the_first(claim: Make, second: float, counts: bool) -> None:
    found = verdict([claim(seq, score=0.3 - seq / 100) for seq in range(4)], Odds(_0=2.5, _1=second))
    assert found is not None
    assert found.counts == counts
    assert found.confidence < together([2.5])


def test_where_the_first_two_differ_a_third_one_decides(claim: Make) -> None:
    three_asked = replace(BALLOT, checked=3)
    claims = [claim(seq, score=0.3 - seq / 100) for seq in range(4)]
    geometry = Odds(_0=2.5, _1=-3.0, _2=3.0)
    found = verdict(claims, geometry, three_asked)
    assert found is not None
    assert found.counts
    assert geometry.asked == [0, 1, 2]
    assert {one.look.seq for one in found.claims} == {0, 2, 3}


def test_what_is_clearly_another_thing_is_looked_at_once(claim: Make) -> None:
    geometry = Odds(_0=-3.5)
    assert verdict([claim(seq, score=0.3) for seq in range(3)], geometry) is None
    assert geometry.asked == [0]


def test_however_like_it_is_nothing_counts_without_a_closer_look(claim: Make) -> None:
    assert verdict([claim(0, score=0.95)], Geometry(0.0), replace(BALLOT, most_checks=0)) is None


def test_doubtful_frames_count_when_enough_of_them_are_sure_together(claim: Make) -> None:
    doubtful = [claim(seq, score=0.8) for seq in range(4)]
    four_asked = replace(BALLOT, checked=4)
    alone, two, four = (verdict(doubtful[:count], Geometry(0.0), four_asked) for count in (1, 2, 4))
    assert alone is not None
    assert two is not None
    assert four is not None
    assert alone.confidence < two.confidence < BALLOT.sure < four.confidence
    assert [alone.counts, two.counts, four.counts] == [False, False, True]
    three = verdict(doubtful, Geometry(0.0), replace(four_asked, agreeing=5))
    assert three is not None
    assert not three.counts


def test_frames_that_hardly_agree_are_not_enough_together(claim: Make) -> None:
    found = verdict([claim(seq, score=0.71) for seq in range(4)], Geometry(0.0))
    assert found is not None
    assert found.confidence < BALLOT.sure
    assert not found.counts


def test_geometry_makes_a_doubtful_frame_sure(claim: Make) -> None:
    found = verdict([claim(0, score=0.66)], Geometry(1.0))
    assert found is not None
    assert found.counts
    assert found.claims[0].look.seq == 0


def test_geometry_is_asked_in_the_likeliest_frames_until_two_are_sure(claim: Make) -> None:
    claims = [claim(seq, score=score) for seq, score in enumerate((0.60, 0.62, 0.61, 0.58))]
    three_asked = replace(BALLOT, checked=3)
    silent = Geometry(0.0)
    assert verdict(claims, silent, three_asked) is None
    assert silent.asked == [1, 2, 0]
    agreeing = Geometry(1.0)
    assert verdict(claims, agreeing, three_asked) is not None
    assert agreeing.asked == [1, 2]


def test_what_geometry_says_of_some_frames_is_believed_of_the_others(claim: Make) -> None:
    claims = [claim(seq, score=0.62 if seq != 4 else 0.41) for seq in range(6)]
    found = verdict(claims, Geometry(0.8))
    assert found is not None
    assert [one.look.seq for one in found.claims] == [0, 1, 2, 3, 5]


def test_so_many_claims_are_asked_those_of_the_likeliest_chains_first(claim: Make) -> None:
    chains = [Chain(claims=[claim(seq, score=0.5 + seq / 100)]) for seq in range(10)]
    geometry = Geometry(1.0)
    judge(chains, Ballot(rule=RULE, sure=0.85, agreeing=2, checked=2, most_checks=5), geometry)
    assert sorted(geometry.asked) == [6, 7, 8, 9]
    longer = Geometry(1.0)
    run = Chain(claims=[claim(seq, score=0.55) for seq in range(5)])
    judge(
        [Chain(claims=[claim(9, score=0.57)]), run],
        Ballot(rule=RULE, sure=1.0, agreeing=2, checked=1, most_checks=1),
        longer,
    )
    assert len(longer.asked) == 1
    assert longer.asked[0] < 5


def test_second_frames_are_asked_where_the_first_one_agreed(claim: Make) -> None:
    class Once(Geometry):
        def __call__(self, claims: Sequence[Claim]) -> list[Verified]:
            self.asked += [claim.look.seq for claim in claims]
            score = {0: 0.5, 10: 0.0}
            return [Verified(inliers=4, score=score.get(claim.look.seq, 0.5), quad=None) for claim in claims]

    geometry = Once(0.0)
    chains = [Chain(claims=[claim(10, score=0.64), claim(11, score=0.63)]),
              Chain(claims=[claim(0, score=0.62), claim(1, score=0.61)])]  # fmt: skip
    judge(chains, Ballot(rule=RULE, sure=0.99, agreeing=2, checked=2, most_checks=3), geometry)
    assert geometry.asked == [10, 0, 1]


def test_what_promises_too_little_is_not_asked_about(claim: Make) -> None:
    picky = replace(BALLOT, rule=replace(RULE, least_promise=0.62))
    claims = [claim(0, score=0.63), claim(1, score=0.61)]
    geometry = Geometry(0.0)
    verdict(claims, geometry, picky)
    assert geometry.asked == [0]
    verdict(claims[1:], geometry, picky)
    assert geometry.asked == [0]


@pytest.mark.parametrize(
    ("score", "mark", "could_matter"), [(0.95, 0.9, False), (0.7, 0.9, True), (0.5, 0.9, False), (0.7, 0.1, False)]
)
def test_a_frame_is_open_where_local_features_could_make_it_enough(
    claim: Make, score: float, mark: float, could_matter: bool
) -> None:
    said = Verified(inliers=0, score=0.0, quad=None)
    assert BALLOT.is_open(claim(0, score=score, mark=mark), said) == could_matter


def test_what_is_no_mark_speaks_for_nothing(claim: Make) -> None:
    assert verdict([claim(0, score=0.99, mark=0.1)], Geometry(1.0)) is None


def test_frames_together_are_surer_but_never_certain() -> None:
    assert together([0.0]) == 0.5
    assert together([1.0]) == pytest.approx(0.7311)
    assert 0.73 < together([1.0, 1.0]) < together([1.0, 1.0, 1.0]) < 0.9
    assert together([1.0, -1.0]) < together([1.0])
    assert together([9.0] * 20) == 0.99
    assert together([math.inf]) == 0.99
    assert together([2.0, -math.inf]) < 0.5
