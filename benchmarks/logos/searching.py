"""Ways to search a picture for exemplars: the shipped one, and its parts alone for comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detection.logos.embedding import Embedder
from detection.logos.features import find_features
from detection.logos.finding import describe, find
from detection.logos.gallery import Gallery
from detection.logos.matching import Networks, fit
from detection.logos.scout import Scout
from detection.records import Quad
from mpr.pipeline.frames import Image

_MOST_FEATURES = 4000
_LEAST_INLIERS = 5


@dataclass(frozen=True)
class Sighting:
    """A brand that a method claims, where, and how sure it is (more is surer)."""

    brand: str
    quad: Quad
    score: float


Method = Callable[[Image, Gallery], list[Sighting]]


def shipped(scout: Scout, networks: Networks) -> Method:
    """Scout, networks and geometry together."""

    def search(image: Image, gallery: Gallery) -> list[Sighting]:
        described = describe(image, [], networks.embedder, None, scout)
        return [Sighting(one.brand, one.quad, one.confidence) for one in find(image, described, gallery, networks)]

    return search


def network_only(scout: Scout, embedder: Embedder, threshold: float) -> Method:
    """The likeliest brand of each region by its cosine; what lies on one another is one."""

    def search(image: Image, gallery: Gallery) -> list[Sighting]:
        described = describe(image, [], embedder, None, scout)
        found = [
            Sighting(one.brand, described.regions[one.region].quad, one.score)
            for one in gallery.nearest(described.vectors, top=1, least=threshold)
        ]
        return sorted(found, key=lambda one: -one.score)

    return search


def features_only(image: Image, gallery: Gallery) -> list[Sighting]:
    """RootSIFT over the whole picture, each exemplar by ratio test and RANSAC."""
    whole = find_features(image, most=_MOST_FEATURES)
    found = []
    for exemplar in gallery.exemplars:
        best, outline = 0, None
        for features in exemplar.features:
            inliers, quad = fit(features, whole, exemplar.check_view.shape[:2])
            if inliers > best:
                best, outline = inliers, quad
        if outline is not None and best >= _LEAST_INLIERS:
            found.append(Sighting(exemplar.brand, outline, float(best)))
    return found
