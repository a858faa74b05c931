"""Is it the brand: what the network says, what geometry says, and both together.

Local features are matched by the ratio test and must agree on one affine map (RANSAC). They are sure of lettering and
crests and blind to plain shapes; the network is the other way round, so each counts where the other is silent. Plain
shapes are laid upon the crop and compared as a whole.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.alignment import Sketch, crop_side_px, likeness, lying_under, sketch
from detection.logos.crops import ROOM
from detection.logos.embedding import SIDE_PX, Embedder
from detection.logos.features import Features, find_features
from detection.logos.gallery import USUAL_PLAINNESS, Candidate, Exemplar
from detection.logos.pairing import Comparer
from detection.quads import quad_of
from detection.records import Quad
from mpr.errors import MprError
from mpr.pipeline.frames import Image

RULE = Path(__file__).parent / "weights" / "rule.json"
"""The numbers of the rule that ships."""
_RATIO = 0.85
_REPROJECTION_PX = 5.0
# An affine map explains three points always.
_LEAST_MATCHES = 4
# Between letters so many agree by chance.
_CHANCE_INLIERS, _MOST_INLIERS = 5, 8
# What the pair network says beyond these odds (their logarithm) is no surer.
_MOST_ODDS = 8.0
# It is asked where either look of the logo network finds a cosine from this on; of others it would mostly say this.
_WORTH_PAIRING, _UNLIKE = 0.64, -3.0
# How far a logo on a wall may be squeezed and sheared.
_MOST_SQUEEZE = 3.5
_LEAST_SCALE, _MOST_SCALE = 0.25, 3.0


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a closer look says: local features that agree on one map, a score of them (0: no more than by chance; 1: no
    doubt), and the exemplar's outline in the crop by them (None where there is no map); then how alike both are when
    laid upon one another, in lightness and in edges, the cosine of what then lies under the exemplar, and the logarithm
    of the odds that both show one mark, -8 to 8 (-3 where the pair network was not worth asking)."""

    inliers: int
    score: float
    quad: Quad | None
    light: float = 0.0
    edges: float = 0.0
    second: float = 0.0
    same: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Networks:
    """What a closer look is taken with."""

    embedder: Embedder
    comparer: Comparer


@dataclass(frozen=True)
class Closeup:
    """A crop made by `check_crop`, for comparison with any number of exemplars."""

    crop: Image

    @cached_property
    def features(self) -> Features:
        return find_features(self.crop)

    @cached_property
    def sketch(self) -> Sketch:
        return sketch(self.crop, crop_side_px(ROOM))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How evidence adds up. The higher cosine of both looks, `per_lead` times the lead over the next brand (up to
    `most_lead`), less `per_plainness` times the exemplar's plainness beyond the usual, and, after a closer look,
    `per_score` times the score of the local features and `per_same` times what the pair network says, make the total;
    at `threshold` both answers are equally likely, and each 1 / `steepness` beyond it makes the odds e times better.
    What is less likely to be a mark than `least_mark` is no brand.

    Before a closer look `first_lead` and `first_plainness` take the place of `per_lead` and `per_plainness`; what comes
    to less than `least_promise` is not worth one."""

    threshold: float
    steepness: float
    per_lead: float
    per_plainness: float
    per_score: float
    per_same: float
    first_lead: float
    first_plainness: float
    least_promise: float
    most_lead: float = 0.3
    least_mark: float = 0.1

    def promise(self, candidate: Candidate) -> float:
        """How likely the first look makes the brand, in units of a cosine."""
        plain = candidate.exemplar.plainness - USUAL_PLAINNESS
        lead = min(candidate.lead, self.most_lead)
        return candidate.score + self.first_lead * lead - self.first_plainness * plain

    def promises(self, scores: NDArray[np.float32], plainness: NDArray[np.float32]) -> NDArray[np.float32]:
        """The most that each region can promise each exemplar by their cosines (n, exemplars), whatever the lead."""
        handicaps = self.first_plainness * (plainness - USUAL_PLAINNESS) - self.first_lead * self.most_lead
        return np.asarray(scores - handicaps, np.float32)

    def total(self, candidate: Candidate, verified: Verified) -> float:
        """All evidence, in units of a cosine."""
        plain = candidate.exemplar.plainness - USUAL_PLAINNESS
        total = max(candidate.score, verified.second)
        total += self.per_lead * min(candidate.lead, self.most_lead) - self.per_plainness * plain
        return total + self.per_score * verified.score + self.per_same * verified.same


@cache
def shipped_rule() -> Rule:
    """The rule that belongs to the weights, learnt on drawn scenes with logos that the networks never saw
    (training/logos/fitting). Raises MprError when it is missing or not for this version."""
    try:
        return Rule(**json.loads(RULE.read_text())["rule"])
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise MprError(
            f"{RULE.name}, which belongs to the weights of the logo networks, is missing or damaged; install MPR again."
        ) from error


def look_closer(
    asked: Sequence[tuple[Closeup, Candidate]],
    networks: Networks,
    undecided: Callable[[int, Verified], bool] | None = None,
) -> list[Verified]:
    """What a closer look says of each crop and the candidate for it.

    The exemplar is laid upon the crop as well as it can be. What then lies under it goes through the logo network
    again, since the box that was seen first was seldom exact, and is compared with the exemplar by the pair network.
    Local features, which are dear, are asked for where `undecided(place, verified)` says that they could change
    anything; without it everywhere."""
    likes = [likeness(candidate.exemplar.sketch, closeup.sketch) for closeup, candidate in asked]
    under = [
        lying_under(closeup.crop, alike, SIDE_PX, crop_side_px(ROOM))
        for (closeup, _), alike in zip(asked, likes, strict=True)
    ]
    vectors = networks.embedder.embed(under).vectors
    seconds = [candidate.exemplar.likest(vector) for (_, candidate), vector in zip(asked, vectors, strict=True)]
    odds = np.full(len(asked), _UNLIKE, np.float32)
    worth = [
        place
        for place, ((_, candidate), (second, _)) in enumerate(zip(asked, seconds, strict=True))
        if max(candidate.score, second) >= _WORTH_PAIRING
    ]
    odds[worth] = networks.comparer.odds([(seconds[place][1], under[place]) for place in worth])
    found = []
    for place, ((closeup, candidate), alike) in enumerate(zip(asked, likes, strict=True)):
        verified = Verified(
            inliers=0, score=0.0, quad=None, light=alike.light, edges=alike.edges, second=seconds[place][0],
            same=float(np.clip(odds[place], -_MOST_ODDS, _MOST_ODDS)),
        )  # fmt: skip
        if undecided is None or undecided(place, verified):
            inliers, quad = _agreeing(closeup, candidate.exemplar)
            score = min(max(0, inliers - _CHANCE_INLIERS), _MOST_INLIERS) / _MOST_INLIERS
            verified = replace(verified, inliers=inliers, score=score, quad=quad)
        found.append(verified)
    return found


def _agreeing(closeup: Closeup, exemplar: Exemplar) -> tuple[int, Quad | None]:
    """The local features that agree, and the exemplar's outline by them, as a positive or as a negative."""
    inliers, quad = 0, None
    for features in exemplar.features:
        agreed, outline = fit(features, closeup.features, exemplar.check_view.shape[:2])
        if agreed > inliers:
            inliers, quad = agreed, outline
    return inliers, quad


def log_odds(candidate: Candidate, mark: float, verified: Verified, rule: Rule) -> float:
    """The logarithm of the odds that the candidate's brand is there. `mark` is how likely the region is a mark at all;
    what is none is no brand for certain (minus infinity)."""
    if mark < rule.least_mark:
        return -math.inf
    return rule.steepness * (rule.total(candidate, verified) - rule.threshold)


def decide(candidate: Candidate, mark: float, verified: Verified, rule: Rule | None = None) -> float | None:
    """The confidence (0.5 to 1) that the candidate's brand is there; None when it is not taken for it."""
    odds = log_odds(candidate, mark, verified, rule or shipped_rule())
    return 1 / (1 + math.exp(-odds)) if odds >= 0 else None


def is_open(candidate: Candidate, mark: float, verified: Verified, rule: Rule, confidence: float) -> bool:
    """Whether a brand is not that sure yet and would be if all its local features agreed."""
    now, best = (decide(candidate, mark, one, rule) for one in (verified, replace(verified, score=1.0)))
    return (now or 0.0) < confidence <= (best or 0.0)


def fit(exemplar: Features, crop: Features, size: tuple[int, ...]) -> tuple[int, Quad | None]:
    """Features that agree on one map, and the outline of the exemplar by it; 0 and None where there is none."""
    nothing = 0, None
    pairs = _pairs(exemplar, crop)
    if len(pairs) < _LEAST_MATCHES:
        return nothing
    source, target = exemplar.points[pairs[:, 0]], crop.points[pairs[:, 1]]
    cv2.setRNGSeed(1)
    affine, kept = cv2.estimateAffine2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_REPROJECTION_PX, maxIters=1000, confidence=0.995
    )
    if affine is None or not _is_plausible(np.asarray(affine, np.float64)):
        return nothing
    places = np.unique(np.round(target[kept.ravel() > 0]).astype(int), axis=0)
    inliers = len(places)
    if inliers < _LEAST_MATCHES:
        return nothing
    height, width = size
    outline = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    quad = quad_of(outline @ affine[:, :2].T + affine[:, 2])
    return inliers, quad


def _pairs(exemplar: Features, crop: Features) -> NDArray[np.intp]:
    """Rows (place in the exemplar, place in the crop) of descriptors that are much nearer than the second nearest."""
    if len(exemplar.points) < _LEAST_MATCHES or len(crop.points) < _LEAST_MATCHES:
        return np.zeros((0, 2), np.intp)
    likeness = exemplar.descriptors @ crop.descriptors.T
    nearest = likeness.argmax(axis=1)
    rows = np.arange(len(nearest))
    first = likeness[rows, nearest]
    likeness[rows, nearest] = -1.0
    second = likeness.max(axis=1)
    distance, other = np.sqrt(np.maximum(2 - 2 * first, 0)), np.sqrt(np.maximum(2 - 2 * second, 0))
    good = distance < _RATIO * other
    return np.stack([rows[good], nearest[good]], axis=1)


def _is_plausible(affine: NDArray[np.float64]) -> bool:
    """No mirror image, and neither squeezed nor scaled beyond belief."""
    linear = affine[:, :2]
    if np.linalg.det(linear) <= 0:
        return False
    large, small = np.linalg.svd(linear, compute_uv=False)
    return bool(small > 0 and large / small <= _MOST_SQUEEZE and _LEAST_SCALE <= np.sqrt(large * small) <= _MOST_SCALE)
