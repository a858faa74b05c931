"""Claims: regions that the network finds like an exemplar, linked from frame to frame where they are one thing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import dist, hypot

from detection.logos.gallery import Candidate
from detection.quads import area, bounds, common_area
from detection.recognition.looked import Look
from detection.records import Quad

# Two regions of one frame are one place when they share so much of their union, or of the smaller of them.
_SAME_UNION, _SAME_SMALLER = 0.3, 0.7
# From one look to the next a thing moves by so many of its diagonals or by this share of the frame's width, and becomes
# so many times larger or smaller.
_STEP_DIAGONALS, _STEP_SHARE, _STEP_SIZE = 1.5, 0.15, 1.8
# A thing may be missed in so many looks.
_MISSED_LOOKS = 1
# What moves with a track is known for longer, so it is taken unless another region is likelier by more.
_TRACK_BONUS = 0.05


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A region may show a brand. `track` is (shard, number) of what it moves with, None for nothing."""

    look: Look
    quad: Quad
    candidate: Candidate
    mark: float
    sharpness: float
    contrast: float
    track: tuple[int, int] | None

    @property
    def brand(self) -> str:
        return self.candidate.brand

    @cached_property
    def middle(self) -> tuple[float, float]:
        left, top, right, bottom = bounds(self.quad)
        return (left + right) / 2, (top + bottom) / 2

    @cached_property
    def diagonal(self) -> float:
        """That of the upright box about it, in pixels."""
        left, top, right, bottom = bounds(self.quad)
        return hypot(right - left, bottom - top)

    @property
    def worth(self) -> float:
        return self.candidate.score + (_TRACK_BONUS if self.track else 0.0)


@dataclass(kw_only=True)
class Chain:
    """Claims of one brand that are one thing: on one track, or linked through consecutive looks of one shot. One claim
    a frame, in time order. `looks` says in how many frames the track was looked at, 0 without one."""

    claims: list[Claim] = field(default_factory=list)
    looks: int = 0

    @property
    def brand(self) -> str:
        return self.claims[0].brand

    @property
    def track(self) -> tuple[int, int] | None:
        return self.claims[0].track


def chains(claims: Iterable[Claim], looks: Mapping[tuple[int, int], int]) -> list[Chain]:
    """All claims as chains, in the order of their first frames. `looks` says in how many frames each track was looked
    at."""
    by_frame: dict[tuple[str, int], list[Claim]] = defaultdict(list)
    for claim in claims:
        by_frame[claim.brand, claim.look.seq].append(claim)
    riding: dict[tuple[str, tuple[int, int]], list[Claim]] = defaultdict(list)
    loose: dict[tuple[str, int], list[list[Claim]]] = defaultdict(list)
    for (brand, _), found in sorted(by_frame.items(), key=lambda item: (item[0][1], item[0][0])):
        places = one_each(found)
        for claim in places:
            if claim.track is not None:
                riding[brand, claim.track].append(claim)
        free = [claim for claim in places if claim.track is None]
        if free:
            loose[brand, free[0].look.kept.shot].append(free)
    made = [Chain(claims=_best_of_each_frame(found), looks=looks[track]) for (_, track), found in riding.items()]
    made += [chain for frames in loose.values() for chain in _linked(frames)]
    return sorted(made, key=lambda chain: (chain.claims[0].look.seq, chain.brand, chain.claims[0].quad))


def one_each(claims: Iterable[Claim]) -> list[Claim]:
    """Of claims on one place of a frame the likeliest."""
    kept: list[Claim] = []
    for claim in sorted(claims, key=lambda claim: (-claim.worth, claim.quad)):
        if not any(same_place(claim.quad, other.quad) for other in kept):
            kept.append(claim)
    return kept


def same_place(a: Quad, b: Quad) -> bool:
    """Whether two regions of a frame lie on one thing."""
    shared = common_area(a, b)
    if shared <= 0:
        return False
    smaller, both = min(area(a), area(b)), area(a) + area(b) - shared
    return shared >= _SAME_UNION * both or shared >= _SAME_SMALLER * smaller


def _best_of_each_frame(claims: Sequence[Claim]) -> list[Claim]:
    best: dict[int, Claim] = {}
    for claim in claims:
        known = best.get(claim.look.seq)
        if known is None or (claim.worth, known.quad) > (known.worth, claim.quad):
            best[claim.look.seq] = claim
    return [best[seq] for seq in sorted(best)]


def _linked(frames: Sequence[Sequence[Claim]]) -> list[Chain]:
    """Claims of one brand in one shot, frame by frame: each goes on with the nearest chain that it can belong to."""
    made: list[Chain] = []
    for claims in frames:
        place = claims[0].look.place
        open_chains = [chain for chain in made if place - chain.claims[-1].look.place <= 1 + _MISSED_LOOKS]
        pairs = sorted(
            (step, number, chain_number)
            for number, claim in enumerate(claims)
            for chain_number, chain in enumerate(open_chains)
            if (step := _step(chain.claims[-1], claim)) is not None
        )
        taken: set[int] = set()
        grown: set[int] = set()
        for _, number, chain_number in pairs:
            if number not in taken and chain_number not in grown:
                open_chains[chain_number].claims.append(claims[number])
                taken.add(number)
                grown.add(chain_number)
        made += [Chain(claims=[claim]) for number, claim in enumerate(claims) if number not in taken]
    return made


def _step(before: Claim, after: Claim) -> float | None:
    """How far a thing would have moved, in pixels a look, None when it is too far or too different in size."""
    diagonal, other = before.diagonal, after.diagonal
    if max(diagonal, other) > _STEP_SIZE * min(diagonal, other):
        return None
    looks = after.look.place - before.look.place
    moved = dist(before.middle, after.middle) / looks
    most = max(_STEP_DIAGONALS * max(diagonal, other), _STEP_SHARE * before.look.kept.frame.width_px)
    return moved if moved <= most else None
