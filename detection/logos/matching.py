"""Is it the brand: what the network says, what geometry says, and both together.

Local features are matched by the ratio test and must agree on one affine map (RANSAC). They are sure of lettering and
crests and blind to plain shapes; the network is the other way round, so each counts where the other is silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.features import Features, find_features
from detection.logos.gallery import Candidate, Exemplar
from detection.quads import quad_of
from detection.records import Quad
from mpr.pipeline.frames import Image

_RATIO = 0.85
_REPROJECTION_PX = 5.0
# An affine map explains three points always.
_FREE_INLIERS = 3
_LEAST_MATCHES = 4
# How far a logo on a wall may be squeezed and sheared.
_MOST_SQUEEZE = 3.5
_LEAST_SCALE, _MOST_SCALE = 0.25, 3.0
_MOST_COUNTED = 12


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What geometry says: features that agree on one map, a score of it (0: nothing agrees; 1: no doubt), and the
    exemplar's outline in the crop, None where no map is found."""

    inliers: int
    score: float
    quad: Quad | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How evidence adds up. A candidate is accepted when its cosine, and `per_score` times the geometric score, and
    `per_lead` times the lead over the next brand reach `threshold`."""

    threshold: float = 0.72
    per_score: float = 0.35
    per_lead: float = 0.2
    most_lead: float = 0.2
    least_mark: float = 0.2
    steepness: float = 14.0


def verify(crop: Image, exemplar: Exemplar) -> Verified:
    """Whether the exemplar lies in a crop made by `check_crop` (BGR)."""
    return agree(find_features(crop), exemplar)


def agree(found: Features, exemplar: Exemplar) -> Verified:
    """As `verify`, from the crop's features."""
    best = Verified(inliers=0, score=0.0, quad=None)
    for features in exemplar.features:
        checked = _fit(features, found, exemplar.check_view.shape[:2])
        if checked.inliers > best.inliers:
            best = checked
    return best


def decide(candidate: Candidate, mark: float, verified: Verified | None, rule: Rule = Rule()) -> float | None:
    """The confidence (0.5 to 1) that the candidate's brand is there; None when it is not taken for it. `mark` is how
    likely the region is a mark at all."""
    if mark < rule.least_mark:
        return None
    total = candidate.score + rule.per_lead * min(candidate.lead, rule.most_lead)
    if verified is not None:
        total += rule.per_score * verified.score
    surplus = total - rule.threshold
    if surplus < 0:
        return None
    return float(1 / (1 + np.exp(-rule.steepness * surplus)))


def _fit(exemplar: Features, crop: Features, size: tuple[int, ...]) -> Verified:
    nothing = Verified(inliers=0, score=0.0, quad=None)
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
    return Verified(inliers=inliers, score=min(inliers - _FREE_INLIERS, _MOST_COUNTED) / _MOST_COUNTED, quad=quad)


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
