from __future__ import annotations

import pytest

from detection.logos.matching import Rule, Verified
from detection.recognition.claims import Chain, Claim
from detection.recognition.judging import Ballot, judge, together

from .conftest import Make

RULE = Rule(threshold=0.7, per_score=0.3, per_lead=0.0, most_lead=0.0, least_mark=0.2, steepness=10.0)
BALLOT = Ballot(rule=RULE, sure=0.85, agreeing=2, checked=2)


class Geometry:
    """Says the same of every claim, and remembers what it was asked."""

    def __init__(self, score: float) -> None:
        self._said = Verified(inliers=9, score=score, quad=None)
        self.asked: list[int] = []

    def __call__(self, claim: Claim) -> Verified:
        self.asked.append(claim.look.seq)
        return self._said


def test_one_sure_frame_is_enough_and_needs_no_geometry(claim: Make) -> None:
    geometry = Geometry(0.0)
    verdict = judge(Chain(claims=[claim(0, score=0.95)]), BALLOT, geometry)
    assert verdict is not None
    assert verdict.counts
    assert not geometry.asked


def test_one_doubtful_frame_is_not_enough_two_are(claim: Make) -> None:
    alone = judge(Chain(claims=[claim(0, score=0.72)]), BALLOT, Geometry(0.0))
    assert alone is not None
    assert not alone.counts
    both = judge(Chain(claims=[claim(0, score=0.72), claim(1, score=0.74)]), BALLOT, Geometry(0.0))
    assert both is not None
    assert both.counts
    assert both.confidence > alone.confidence


def test_geometry_makes_a_doubtful_frame_sure(claim: Make) -> None:
    verdict = judge(Chain(claims=[claim(0, score=0.66)]), BALLOT, Geometry(1.0))
    assert verdict is not None
    assert verdict.counts
    assert verdict.sure_claims[0].look.seq == 0


def test_geometry_is_asked_in_the_likeliest_frames_until_one_is_sure(claim: Make) -> None:
    claims = [claim(seq, score=score) for seq, score in enumerate((0.60, 0.62, 0.61, 0.58))]
    silent = Geometry(0.0)
    assert judge(Chain(claims=claims), BALLOT, silent) is None
    assert silent.asked == [1, 2]
    agreeing = Geometry(1.0)
    verdict = judge(Chain(claims=claims), BALLOT, agreeing)
    assert verdict is not None
    assert agreeing.asked == [1]
    assert [one.look.seq for one in verdict.sure_claims] == [1]


def test_where_no_geometry_could_help_none_is_asked(claim: Make) -> None:
    geometry = Geometry(1.0)
    assert judge(Chain(claims=[claim(0, score=0.3), claim(1, score=0.35)]), BALLOT, geometry) is None
    assert not geometry.asked


def test_what_is_no_mark_speaks_for_nothing(claim: Make) -> None:
    assert judge(Chain(claims=[claim(0, score=0.99, mark=0.1)]), BALLOT, Geometry(1.0)) is None


def test_frames_together_are_surer_but_never_certain() -> None:
    assert together([0.6]) == pytest.approx(0.6)
    assert 0.6 < together([0.6, 0.6]) < together([0.6, 0.6, 0.6]) < 0.85
    assert together([0.99] * 20) == 0.99
    assert together([1.0]) == 0.99
