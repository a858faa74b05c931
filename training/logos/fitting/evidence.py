"""What the networks and geometry say of logos in drawn pictures, with the truth beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.logos.measure import MODERATE_BLUR, asked, lies_on
from benchmarks.logos.scenes import SHOWING, Scene, scenes
from detection.logos.crops import check_crop
from detection.logos.finding import Search, describe, shortlist
from detection.logos.gallery import USUAL_PLAINNESS, ExemplarPicture, Gallery, build_gallery
from detection.logos.matching import Closeup, Networks, look_closer, shipped_rule
from detection.logos.scout import Scout
from detection.records import Quad
from mpr.pipeline.frames import Image
from training.logos.sources import Drawing

# Cosines from which regions are looked at, and how many of a picture: both beyond where anything is found.
_LEAST_SCORE, _MOST_CHECKED = 0.55, 60
# Logos from this size on should be found.
_LEAST_PX = 32
TERMS = ("cosine", "lead", "plainness", "score", "same")
"""The columns of evidence, as `Rule.total` adds them up."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Of each closer look its `terms` (n, 5), the cosine that it was taken for (`firsts`), the picture, the logo in it
    that was looked at (-1: none of the brand), and whether the picture shows the brand somewhere (`unclear` where it
    does, elsewhere or too little). `asked` are the logos (picture, place) that should be found, `bare` the pictures
    that show none of the brands."""

    terms: NDArray[np.float64]
    firsts: NDArray[np.float64]
    pictures: NDArray[np.intp]
    logos: NDArray[np.intp]
    unclear: NDArray[np.bool_]
    asked: tuple[tuple[int, int], ...]
    bare: tuple[int, ...]

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.asarray(self.logos >= 0)

    def part(self, looks: NDArray[np.bool_]) -> Evidence:
        """The evidence without the looks that are left out."""
        return replace(
            self, terms=self.terms[looks], firsts=self.firsts[looks], pictures=self.pictures[looks],
            logos=self.logos[looks], unclear=self.unclear[looks],
        )  # fmt: skip


def collect(
    rounds: Sequence[tuple[Sequence[Drawing], Sequence[Drawing], int]],
    photographs: Sequence[Image],
    count: int,
    scout: Scout,
    networks: Networks,
) -> list[Evidence]:
    """The evidence of each round: brands that are looked for, others that are not, and a seed; `count` pictures of each
    kind."""
    found = []
    for targets, others, seed in rounds:
        pictures = [ExemplarPicture(brand=drawing.brand, picture=drawing.picture) for drawing in targets]
        gallery = build_gallery(pictures, networks.embedder)
        found.append(_evidence(scenes(targets, others, photographs, count=count, seed=seed), gallery, scout, networks))
        print(f"round {seed}: {len(found[-1].terms)} closer looks", flush=True)
    return found


def _evidence(drawn: Iterator[Scene], gallery: Gallery, scout: Scout, networks: Networks) -> Evidence:
    terms: list[tuple[float, ...]] = []
    firsts: list[float] = []
    pictures: list[int] = []
    logos: list[int] = []
    unclear: list[bool] = []
    wanted: list[tuple[int, int]] = []
    bare: list[int] = []
    for number, scene in enumerate(drawn):
        if scene.shown and scene.kind in SHOWING:
            wanted += [(number, place) for place in asked(scene, least_px=_LEAST_PX, most_blur=MODERATE_BLUR)]
        else:
            bare.append(number)
        for row, first, brand, quad in _looks(scene, gallery, scout, networks):
            on = [
                place for place, shown in enumerate(scene.shown) if shown.brand == brand and lies_on(quad, shown.quad)
            ]
            terms.append(row)
            firsts.append(first)
            pictures.append(number)
            logos.append(on[0] if on else -1)
            unclear.append(brand in scene.brands and not on)
    return Evidence(
        terms=np.array(terms, np.float64).reshape(-1, len(TERMS)), firsts=np.array(firsts, np.float64),
        pictures=np.array(pictures, np.intp), logos=np.array(logos, np.intp), unclear=np.array(unclear, bool),
        asked=tuple(wanted), bare=tuple(bare),
    )  # fmt: skip


def _looks(
    scene: Scene, gallery: Gallery, scout: Scout, networks: Networks
) -> Iterator[tuple[tuple[float, ...], float, str, Quad]]:
    """Every closer look at a picture: its terms, the cosine of the first look, the brand, and where."""
    described = describe(scene.image, [], networks.embedder, None, scout)
    rule = replace(shipped_rule(), least_promise=-math.inf)
    search = Search(least_score=_LEAST_SCORE, most_checked=_MOST_CHECKED, rule=rule)
    candidates = gallery.nearest(described.vectors, top=search.top, least=search.least_score)
    looked = [
        (candidate, Closeup(check_crop(scene.image, described.regions[region].quad)[0]))
        for region, rivals in shortlist(candidates, described, search)
        for candidate in rivals
    ]
    said = look_closer([(closeup, candidate) for candidate, closeup in looked], networks)
    for (candidate, _), verified in zip(looked, said, strict=True):
        row = (
            max(candidate.score, verified.second), min(candidate.lead, search.rule.most_lead),
            USUAL_PLAINNESS - candidate.exemplar.plainness, verified.score, verified.same,
        )  # fmt: skip
        yield row, candidate.score, candidate.brand, described.regions[candidate.region].quad
