"""Is the brand there: geometry for the likeliest frames of a chain, and a vote of all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log

from detection.logos.matching import Rule, Verified, decide
from detection.recognition.claims import Chain, Claim

# A further frame that agrees tells less than the one before: the same picture is mistaken in the same way.
_FURTHER = 0.5
_MOST_SURE = 0.99

Check = Callable[[Claim], Verified]


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """When a chain counts. One frame is enough from `sure` on; below it so many frames must agree, each from the
    threshold of `rule` on. Geometry is asked in the `checked` likeliest frames, where it can decide."""

    rule: Rule
    sure: float
    agreeing: int
    checked: int


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A chain, how sure each of its claims is (None: not at all), and how sure they are together. `counts` says
    whether that is enough; what does not count may still agree with what is read beside it."""

    chain: Chain
    votes: Sequence[float | None]
    confidence: float
    counts: bool

    @property
    def sure_claims(self) -> list[Claim]:
        """The claims that are taken for the brand."""
        return [claim for claim, vote in zip(self.chain.claims, self.votes, strict=True) if vote is not None]


def judge(chain: Chain, ballot: Ballot, check: Check) -> Verdict | None:
    """The verdict on a chain, None when no frame of it is taken for the brand. `check` is called for few claims."""
    claims = chain.claims
    votes = [decide(claim.candidate, claim.mark, None, ballot.rule) for claim in claims]
    if not _is_settled(votes, ballot):
        likely = sorted(range(len(claims)), key=lambda place: (-claims[place].candidate.score, place))
        for place in likely[: ballot.checked]:
            if _is_hopeless(claims[place], ballot):
                break
            votes[place] = decide(claims[place].candidate, claims[place].mark, check(claims[place]), ballot.rule)
            if _is_settled(votes, ballot):
                break
    agreeing = sorted((vote for vote in votes if vote is not None), reverse=True)
    if not agreeing:
        return None
    return Verdict(
        chain=chain,
        votes=votes,
        confidence=together(agreeing),
        counts=agreeing[0] >= ballot.sure or len(agreeing) >= ballot.agreeing,
    )


def together(votes: Sequence[float]) -> float:
    """How sure several frames are together, the surest first: their log odds, each further one for half as much."""
    odds = 0.0
    for number, vote in enumerate(votes):
        capped = min(vote, _MOST_SURE)
        odds += log(capped / (1 - capped)) * _FURTHER**number
    return round(min(1 / (1 + exp(-odds)), _MOST_SURE), 4)


def _is_settled(votes: Sequence[float | None], ballot: Ballot) -> bool:
    """Whether no check can change that the chain counts."""
    agreeing = [vote for vote in votes if vote is not None]
    return any(vote >= ballot.sure for vote in agreeing)


def _is_hopeless(claim: Claim, ballot: Ballot) -> bool:
    """Whether not even the best geometry would bring the claim to the threshold."""
    best = Verified(inliers=0, score=1.0, quad=None)
    return decide(claim.candidate, claim.mark, best, ballot.rule) is None
