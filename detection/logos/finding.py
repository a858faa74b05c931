"""A frame searched for the exemplars of a gallery, in two steps: what is in it, and which brand that is.

The first knows no brand, so what it gives can be kept and compared with brands that are added later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detection.logos.crops import check_crop, cut
from detection.logos.embedding import Embedder, Vectors
from detection.logos.gallery import Candidate, Gallery
from detection.logos.matching import Closeup, Networks, Rule, Verified, decide, is_open, look_closer, shipped_rule
from detection.logos.proposals import ProposalConfig, Region, propose
from detection.logos.scout import Scout
from detection.quads import common_area
from detection.records import Quad
from mpr.pipeline.frames import Image

# Two sightings are of one thing when this much of the smaller lies in the other.
_SAME = 0.5


@dataclass(frozen=True, kw_only=True)
class Described:
    """The regions of a frame, their vectors (n, 128), and how likely each is a mark."""

    regions: Sequence[Region]
    vectors: Vectors
    marks: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A brand in a frame: where, by which region and exemplar, how sure (0.5 to 1), and what a closer look said."""

    brand: str
    quad: Quad
    region: int
    exemplar: int
    confidence: float
    verified: Verified


@dataclass(frozen=True, kw_only=True)
class Search:
    """How a frame is searched. Of each region the `top` brands are looked at from a cosine of `least_score` and at most
    `most_behind` behind the first, where they promise enough, of each frame the `most_checked` most promising regions,
    `at_once` at the same time; what is less sure than `least_confidence` is left out."""

    top: int = 2
    least_score: float = 0.5
    most_behind: float = 0.1
    most_checked: int = 40
    at_once: int = 7
    least_confidence: float = 0.93
    rule: Rule = field(default_factory=shipped_rule)


def describe(
    image: Image,
    boxes: Sequence[Quad],
    embedder: Embedder,
    config: ProposalConfig | None = None,
    scout: Scout | None = None,
) -> Described:
    """What is in a frame (BGR); no brand is known here."""
    regions = propose(image, boxes, config, scout)
    embedded = embedder.embed([cut(image, region.quad) for region in regions])
    return Described(regions=regions, vectors=embedded.vectors, marks=embedded.marks)


def find(
    image: Image, described: Described, gallery: Gallery, networks: Networks, search: Search | None = None
) -> list[Found]:
    """Which brands of the gallery a described frame shows, the surest first; one for each thing seen."""
    search = search or Search()
    candidates = gallery.nearest(described.vectors, top=search.top, least=search.least_score)
    waiting = shortlist(candidates, described, search)
    found: list[Found] = []
    while waiting:
        waiting = [
            (region, rivals)
            for region, rivals in waiting
            if not any(_on_one_another(described.regions[region].quad, one.quad) for one in found)
        ]
        found += _looked_at(image, waiting[: search.at_once], described, networks, search)
        waiting = waiting[search.at_once :]
    return _one_each(found)


def _looked_at(
    image: Image,
    regions: Sequence[tuple[int, list[Candidate]]],
    described: Described,
    networks: Networks,
    search: Search,
) -> list[Found]:
    """What a closer look at some regions at the same time finds."""
    asked = []
    for region, rivals in regions:
        closeup = Closeup(check_crop(image, described.regions[region].quad)[0])
        asked += [(candidate, closeup) for candidate in rivals]

    def undecided(place: int, verified: Verified) -> bool:
        candidate = asked[place][0]
        mark = float(described.marks[candidate.region])
        return is_open(candidate, mark, verified, search.rule, search.least_confidence)

    said = look_closer([(closeup, candidate) for candidate, closeup in asked], networks, undecided)
    looked = [
        _found(candidate, described, verified, search) for (candidate, _), verified in zip(asked, said, strict=True)
    ]
    return [one for one in looked if one is not None]


def _found(candidate: Candidate, described: Described, verified: Verified, search: Search) -> Found | None:
    confidence = decide(candidate, float(described.marks[candidate.region]), verified, search.rule)
    if confidence is None or confidence < search.least_confidence:
        return None
    return Found(
        brand=candidate.brand, quad=described.regions[candidate.region].quad, region=candidate.region,
        exemplar=candidate.exemplar.number, confidence=confidence, verified=verified,
    )  # fmt: skip


def shortlist(
    candidates: Iterable[Candidate], described: Described, search: Search
) -> list[tuple[int, list[Candidate]]]:
    """The regions worth a closer look, the likeliest first, each with its brands."""
    rule = search.rule
    by_region: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        if described.marks[candidate.region] >= rule.least_mark and rule.promise(candidate) >= rule.least_promise:
            rivals = by_region.setdefault(candidate.region, [])
            if not rivals or candidate.score >= rivals[0].score - search.most_behind:
                rivals.append(candidate)
    kept: list[tuple[int, list[Candidate]]] = []
    for region, rivals in sorted(by_region.items(), key=lambda item: (-rule.promise(item[1][0]), item[0])):
        quad = described.regions[region].quad
        if not any(_is_looked_at(quad, rivals[0], described.regions[other].quad, known) for other, known in kept):
            kept.append((region, rivals))
            if len(kept) == search.most_checked:
                break
    return kept


def _is_looked_at(quad: Quad, likeliest: Candidate, other: Quad, known: Sequence[Candidate]) -> bool:
    """Whether the closer look at another region, which sets boxes right, will see the same brand at the same place."""
    return known[0].brand == likeliest.brand and _on_one_another(quad, other)


def _one_each(found: list[Found]) -> list[Found]:
    """The surest of those that lie on one another."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (-one.confidence, one.region, one.brand)):
        if not any(_on_one_another(one.quad, other.quad) for other in kept):
            kept.append(one)
    return kept


def _on_one_another(a: Quad, b: Quad) -> bool:
    smaller = min(_area(a), _area(b))
    return common_area(a, b) > _SAME * smaller


def _area(quad: Quad) -> float:
    return common_area(quad, quad)
