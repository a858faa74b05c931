"""Is the brand there: geometry in the likeliest frames of a chain, and a vote of them.

Geometry costs some milliseconds a frame, so it is asked of so many claims at most, those of the likeliest chains first;
what it says of some frames of a chain is believed of the others, which are like the exemplar too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import exp, log

from detection.logos.matching import BEST_LOOK, Rule, Verified, decide, is_open
from detection.recognition.claims import Chain, Claim

# A further frame that agrees tells less than the one before: the same picture is mistaken in the same way.
_FURTHER = 0.5
_MOST_SURE = 0.99
# A chain is as likely as so many of its best frames on average, and a little more for each frame up to so many.
_BEST, _A_FRAME, _MOST_FRAMES = 3, 0.02, 5
# So much of what may be asked goes to the first frame of each chain, the rest to second and third ones.
_FIRST_SHARE = 0.7

Check = Callable[[Sequence[Claim]], Sequence[Verified]]


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """When a chain counts: from `sure` on, by one frame or by so many that agree, each from the threshold of `rule` on,
    and are that sure together. Geometry is asked in the `checked` likeliest frames of a chain, where it can decide, and
    of `most_checks` claims in all."""

    rule: Rule
    sure: float
    agreeing: int
    checked: int
    most_checks: int

    def is_open(self, claim: Claim, verified: Verified) -> bool:
        """Whether local features could make one frame enough of which this is known."""
        return is_open(claim.candidate, claim.mark, verified, self.rule, self.sure)


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
    """A chain under judgment: its claims by how likely they are, and what geometry said of some of them."""

    chain: Chain
    order: list[int]
    likelihood: float
    asked: dict[int, Verified] = field(default_factory=dict)

    def votes(self, rule: Rule) -> list[tuple[float, int]]:
        """How sure the frames are that agree, and their places, the surest first; those that geometry was not asked of
        do not vote."""
        found = ((_vote(self.chain.claims[place], verified, rule), place) for place, verified in self.asked.items())
        return sorted(((vote, place) for vote, place in found if vote is not None), reverse=True)

    def next(self, ballot: Ballot) -> Claim | None:
        """The claim to ask geometry of, None when no answer could change anything."""
        if len(self.asked) >= min(ballot.checked, len(self.order)):
            return None
        claim = self.chain.claims[self.order[len(self.asked)]]
        votes = self.votes(ballot.rule)
        settled = bool(votes) and votes[0][0] >= ballot.sure
        hopeless = ballot.rule.promise(claim.candidate) < ballot.rule.least_promise
        return None if settled or hopeless or _vote(claim, BEST_LOOK, ballot.rule) is None else claim

    def take(self, verified: Verified) -> None:
        self.asked[self.order[len(self.asked)]] = verified


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
            case.take(verified)
        # Where a frame agrees another one may make it sure.
        waiting = sorted((case for case, _ in asked), key=lambda case: (not case.votes(ballot.rule), -case.likelihood))
    return [verdict for case in cases if (verdict := _verdict(case, ballot)) is not None]


def together(votes: Sequence[float]) -> float:
    """How sure several frames are together, the surest first: their log odds, each further one for half as much."""
    odds = 0.0
    for number, vote in enumerate(votes):
        capped = min(vote, _MOST_SURE)
        odds += log(capped / (1 - capped)) * _FURTHER**number
    return round(min(1 / (1 + exp(-odds)), _MOST_SURE), 4)


def _case(chain: Chain, rule: Rule) -> _Case:
    evidence = [rule.promise(claim.candidate) for claim in chain.claims]
    order = sorted(range(len(evidence)), key=lambda place: (-evidence[place], place))
    best = [evidence[place] for place in order[:_BEST]]
    likelihood = sum(best) / len(best) + _A_FRAME * min(len(evidence), _MOST_FRAMES)
    return _Case(chain=chain, order=order, likelihood=likelihood)


def _verdict(case: _Case, ballot: Ballot) -> Verdict | None:
    votes = case.votes(ballot.rule)
    if not votes:
        return None
    # Of frames that geometry was not asked of it is believed to say what it says of the least sure that agreed.
    believed = case.asked[votes[-1][1]]
    claims = [
        claim
        for place, claim in enumerate(case.chain.claims)
        if _vote(claim, case.asked.get(place, believed), ballot.rule) is not None
    ]
    confidence = together([vote for vote, _ in votes])
    sure = votes[0][0] >= ballot.sure
    return Verdict(
        chain=case.chain,
        claims=claims,
        confidence=confidence,
        counts=sure or (len(votes) >= ballot.agreeing and confidence >= ballot.sure),
    )


def _vote(claim: Claim, verified: Verified, rule: Rule) -> float | None:
    return decide(claim.candidate, claim.mark, verified, rule)
