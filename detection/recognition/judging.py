"""Is the brand there: closer looks at the likeliest frames of a chain, and a vote of them.

A closer look costs some milliseconds, so so many are taken at most, those of the likeliest chains first. Where one
agrees a second one must not say no: what is taken for a logo in passing is seldom taken for it twice. What the looks
say of some frames of a chain is believed of the others, which are like the exemplar too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, log

from detection.logos.matching import Rule, Verified, is_open, log_odds
from detection.recognition.claims import Chain, Claim

# A further frame tells less than the one before: the same picture is mistaken in the same way.
_FURTHER = 0.5
_MOST_SURE = 0.99
_MOST_ODDS = log(_MOST_SURE / (1 - _MOST_SURE))
# Where an agreeing frame could have been taken for the brand in passing, so many are looked at.
_LEAST_LOOKS = 2
# Where the likeliest frame says this or less, no other one is asked: a confidence of .05.
_CLEARLY_NOT = -3.0
# A chain is as likely as so many of its best frames on average, and a little more for each frame up to so many.
_BEST, _A_FRAME, _MOST_FRAMES = 3, 0.02, 5
# So much of what may be asked goes to the first frame of each chain, the rest to second and third ones.
_FIRST_SHARE = 0.7

Check = Callable[[Sequence[Claim]], Sequence[Verified]]


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """When a chain counts: when the frames that were looked at are `sure` together, and one of them by itself, or so
    many that agree, each from the threshold of `rule` on. At most the `checked` likeliest frames of a chain are looked
    at, where a look can decide, and `most_checks` claims in all."""

    rule: Rule
    sure: float
    agreeing: int
    checked: int
    most_checks: int

    def is_open(self, claim: Claim, verified: Verified) -> bool:
        """Whether local features could make one frame enough of which this is known."""
        return is_open(claim.candidate, claim.mark, verified, self.rule, self.sure)

    def odds(self, claim: Claim, verified: Verified) -> float:
        """The logarithm of the odds that the claim is right."""
        return log_odds(claim.candidate, claim.mark, verified, self.rule)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A chain, the claims of it that are taken for the brand, and how sure they are together. `counts` says whether
    that is enough; what does not count may still agree with what is read beside it."""

    chain: Chain
    claims: Sequence[Claim]
    confidence: float
    counts: bool


@dataclass(kw_only=True)
class _Case:
    """A chain under judgment: its claims by how likely they are, and the odds that closer looks gave some of them."""

    chain: Chain
    order: list[int]
    likelihood: float
    said: dict[int, Verified] = field(default_factory=dict)
    odds: dict[int, float] = field(default_factory=dict)

    @property
    def votes(self) -> list[float]:
        """The odds of the frames that were looked at, the surest first."""
        return sorted(self.odds.values(), reverse=True)

    def next(self, ballot: Ballot) -> Claim | None:
        """The claim to look at, None when no answer could change anything."""
        if len(self.odds) >= min(ballot.checked, len(self.order)):
            return None
        claim = self.chain.claims[self.order[len(self.odds)]]
        if ballot.rule.promise(claim.candidate) < ballot.rule.least_promise:
            return None
        votes = self.votes
        settled = len(votes) >= _LEAST_LOOKS and together(votes) >= ballot.sure
        hopeless = bool(votes) and votes[0] <= _CLEARLY_NOT
        return None if settled or hopeless else claim

    def take(self, verified: Verified, ballot: Ballot) -> None:
        place = self.order[len(self.odds)]
        self.said[place] = verified
        self.odds[place] = ballot.odds(self.chain.claims[place], verified)


def judge(chains: Sequence[Chain], ballot: Ballot, check: Check) -> list[Verdict]:
    """The verdicts on chains in which any frame agrees, in their order. `check` is asked for many claims at once."""
    cases = [_case(chain, ballot.rule) for chain in chains]
    waiting = sorted(cases, key=lambda case: -case.likelihood)
    left = ballot.most_checks
    for number in range(ballot.checked):
        room = round(_FIRST_SHARE * left) if number == 0 else left
        asked = [(case, claim) for case in waiting if (claim := case.next(ballot)) is not None][:room]
        left -= len(asked)
        for (case, _), verified in zip(asked, check([claim for _, claim in asked]), strict=True):
            case.take(verified, ballot)
        # Where a frame agrees another one says whether that was in passing.
        waiting = sorted((case for case, _ in asked), key=lambda case: -case.votes[0])
    return [verdict for case in cases if (verdict := _verdict(case, ballot)) is not None]


def together(votes: Sequence[float]) -> float:
    """How sure frames are together, by their odds (logarithms), the surest first: each further one counts half as
    much, for the brand or against it."""
    odds = sum(max(-_MOST_ODDS, min(vote, _MOST_ODDS)) * _FURTHER**number for number, vote in enumerate(votes))
    return round(min(1 / (1 + exp(-odds)), _MOST_SURE), 4)


def _case(chain: Chain, rule: Rule) -> _Case:
    evidence = [rule.promise(claim.candidate) for claim in chain.claims]
    order = sorted(range(len(evidence)), key=lambda place: (-evidence[place], place))
    best = [evidence[place] for place in order[:_BEST]]
    likelihood = sum(best) / len(best) + _A_FRAME * min(len(evidence), _MOST_FRAMES)
    return _Case(chain=chain, order=order, likelihood=likelihood)


def _verdict(case: _Case, ballot: Ballot) -> Verdict | None:
    votes = case.votes
    agreeing = [place for place, odds in case.odds.items() if odds >= 0]
    if not agreeing:
        return None
    # Of frames that were not looked at it is believed what the least sure of those that agreed says.
    believed = case.said[min(agreeing, key=lambda place: case.odds[place])]
    claims = [
        claim
        for place, claim in enumerate(case.chain.claims)
        if ballot.odds(claim, case.said.get(place, believed)) >= 0
    ]
    confidence = together(votes)
    alone_is_enough = together(votes[:1]) >= ballot.sure
    return Verdict(
        chain=case.chain,
        claims=claims,
        confidence=confidence,
        counts=confidence >= ballot.sure and (alone_is_enough or len(agreeing) >= ballot.agreeing),
    )
