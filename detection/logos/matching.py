"""Is it the brand: what the network says, what geometry says, and both together.

Local features are matched by the ratio test and must agree on one affine map (RANSAC). They are sure of lettering and
crests and blind to plain shapes; the network is the other way round, so each counts where the other is silent. Plain
shapes are laid upon the crop and compared as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.alignment import Sketch, crop_side_px, likeness, lying_under, sketch
from detection.logos.crops import ROOM
from detection.logos.embedding import SIDE_PX
from detection.logos.features import Features, find_features
from detection.logos.gallery import USUAL_PLAINNESS, Candidate, Exemplar
from detection.quads import quad_of
from detection.records import Quad
from mpr.pipeline.frames import Image

_RATIO = 0.85
_REPROJECTION_PX = 5.0
# An affine map explains three points always.
_LEAST_MATCHES = 4
# Between letters so many agree by chance.
_CHANCE_INLIERS, _MOST_INLIERS = 5, 8
# How far a logo on a wall may be squeezed and sheared.
_MOST_SQUEEZE = 3.5
_LEAST_SCALE, _MOST_SCALE = 0.25, 3.0


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What a closer look says: local features that agree on one map, a score of them (0: no more than by chance; 1: no
    doubt), and the exemplar's outline in the crop by them (None where there is no map); then how alike both are when
    laid upon one another, in lightness and in edges, and the cosine of what then lies under the exemplar."""

    inliers: int
    score: float
    quad: Quad | None
    light: float = 0.0
    edges: float = 0.0
    second: float = 0.0


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
    """How evidence adds up. The higher cosine of both looks, and `per_score` times the score of the local features, and
    `per_lead` times the lead over the next brand, less `per_plainness` times the exemplar's plainness beyond the usual,
    make the total; at `threshold` both answers are equally likely, and each 1 / `steepness` beyond it makes the odds e
    times better. Learnt on drawn scenes with logos that the network never saw (docs/logos.md)."""

    threshold: float = 0.885
    per_score: float = 1.0
    per_lead: float = 0.24
    most_lead: float = 0.3
    per_plainness: float = 0.55
    least_mark: float = 0.1
    steepness: float = 27.0


def verify(crop: Image, exemplar: Exemplar) -> Verified:
    """Whether the exemplar lies in a crop made by `check_crop` (BGR)."""
    return agree(Closeup(crop), exemplar)


def agree(closeup: Closeup, exemplar: Exemplar) -> Verified:
    """As `verify`, for one of several exemplars. What lies under the exemplar, once that is laid upon the crop as well
    as it can be, is shown to the network again: the box it saw first was seldom exact."""
    alike = likeness(exemplar.sketch, closeup.sketch)
    second = exemplar.cosine(lying_under(closeup.crop, alike, SIDE_PX, crop_side_px(ROOM)))
    inliers, quad = 0, None
    for features in exemplar.features:
        agreed, outline = fit(features, closeup.features, exemplar.check_view.shape[:2])
        if agreed > inliers:
            inliers, quad = agreed, outline
    score = min(max(0, inliers - _CHANCE_INLIERS), _MOST_INLIERS) / _MOST_INLIERS
    return Verified(inliers=inliers, score=score, quad=quad, light=alike.light, edges=alike.edges, second=second)


def decide(candidate: Candidate, mark: float, verified: Verified | None, rule: Rule | None = None) -> float | None:
    """The confidence (0.5 to 1) that the candidate's brand is there; None when it is not taken for it. `mark` is how
    likely the region is a mark at all; without `verified` geometry is taken to say nothing."""
    rule = rule or Rule()
    if mark < rule.least_mark:
        return None
    total = candidate.score if verified is None else max(candidate.score, verified.second)
    total += rule.per_lead * min(candidate.lead, rule.most_lead)
    total -= rule.per_plainness * (candidate.exemplar.plainness - USUAL_PLAINNESS)
    if verified is not None:
        total += rule.per_score * verified.score
    if total < rule.threshold:
        return None
    return float(1 / (1 + np.exp(-rule.steepness * (total - rule.threshold))))


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
