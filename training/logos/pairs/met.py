"""Pairs as a search meets them: scenes drawn with logos to learn from, searched for some of these, and what came to lie
under each exemplar that was looked at more closely.

    python -m training.logos.pairs.met CACHE_DIR --rounds 1-16

What the pair network is asked in a search is seldom a logo nearly in place and seldom one of the forty that are most
like it: it is half a logo, its plate, the wrong letter of a word, as the alignment laid the exemplar upon it.
CACHE_DIR is that of `training.logos`. The networks are those that ship. Rounds that were drawn before are not drawn
again, so two of these programs can share the work.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.logos.measure import lies_on
from benchmarks.logos.scenes import Scene, scenes
from detection.logos.alignment import crop_side_px, likeness, lying_under
from detection.logos.crops import ROOM, check_crop
from detection.logos.embedding import SIDE_PX, Embedder, load_embedder
from detection.logos.finding import describe
from detection.logos.gallery import Candidate, ExemplarPicture, Gallery, build_gallery
from detection.logos.matching import Closeup
from detection.logos.scout import Scout, load_scout
from detection.records import Quad
from mpr.errors import BadInput
from mpr.pipeline.frames import Image
from training.logos.classes import Classes, load_classes
from training.logos.pairs.pictures import Pairs
from training.logos.photographs import TO_LEARN, photographs
from training.logos.sources import Drawing

TARGETS, OTHERS, PICTURES = 300, 300, 40
"""Logos that a round looks for, logos that it shows as others, and pictures of each kind."""
# What is less like an exemplar in both looks is not asked of the pair network, and of no use to it.
_LEAST_SCORE, _LEAST_SECOND = 0.57, 0.6
_TOP = 3
_MOST_A_PICTURE = 60
# Drawings that cover less of their box, or are nearly clear, cannot be laid into a scene.
_LEAST_INK = 0.02
MET_A_BATCH = 96


@dataclass(frozen=True, kw_only=True)
class Met:
    """The pairs of one round: `crops` (n, 64, 64, 3), which of `squares` (m, 64, 64, 3) each was laid under, and `same`
    (n,) whether both show one mark."""

    crops: NDArray[np.uint8]
    squares: NDArray[np.uint8]
    exemplars: NDArray[np.intp]
    same: NDArray[np.bool_]


def load_met(cache: Path) -> list[Met]:
    """All rounds that were drawn so far."""
    found = []
    for path in sorted((cache / "met").glob("*.npz")):
        with np.load(path) as kept:
            found.append(Met(**{name: kept[name] for name in ("crops", "squares", "exemplars", "same")}))
    return found


def draw_met(met: Sequence[Met], number: int, *, seed: int) -> Pairs:
    """A batch of pairs that were met, the same every time; each is seen in another light, lies a little elsewhere, and
    both of its pictures may be mirrored, recoloured or negatives."""
    draw = np.random.default_rng([seed, number])
    ends = np.cumsum([len(one.same) for one in met])
    pictures, same = [], []
    for row in draw.integers(int(ends[-1]), size=MET_A_BATCH):
        place = int(np.searchsorted(ends, row, side="right"))
        of_round, one = int(row - (ends[place - 1] if place else 0)), met[place]
        pair = np.concatenate([one.squares[one.exemplars[of_round]], _shaken(one.crops[of_round], draw)], axis=2)
        pictures.append(_varied(pair, draw))
        same.append(bool(one.same[of_round]))
    return Pairs(pictures=np.stack(pictures), same=np.array(same))


def _shaken(crop: Image, draw: np.random.Generator) -> Image:
    """In other light, with noise, and a little elsewhere."""
    lit = crop.astype(np.float32)
    if draw.random() < 0.5:
        lit = lit * draw.uniform(0.6, 1.2) + draw.uniform(-30, 30)
    if draw.random() < 0.5:
        turn, scale = draw.normal(0, 1.5), np.exp(draw.normal(0, 0.015))
        way = cv2.getRotationMatrix2D((SIDE_PX / 2, SIDE_PX / 2), turn, scale)
        way[:, 2] += draw.normal(0, 0.8, 2)
        lit = cv2.warpAffine(lit, way, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if draw.random() < 0.2:
        lit = cv2.GaussianBlur(lit, (0, 0), draw.uniform(0.4, 1.5))
    if draw.random() < 0.4:
        lit = lit + draw.normal(0, draw.uniform(1, 7), lit.shape)
    return np.asarray(np.clip(lit, 0, 255), np.uint8)


def _varied(pair: NDArray[np.uint8], draw: np.random.Generator) -> NDArray[np.uint8]:
    """Both pictures (64, 64, 6) mirrored, turned by a quarter, with other colours, or as negatives: what is one mark
    stays one."""
    if draw.random() < 0.5:
        pair = pair[:, ::-1]
    if draw.random() < 0.3:
        pair = np.rot90(pair, int(draw.integers(1, 4)))
    if draw.random() < 0.3:
        order = draw.permutation(3)
        pair = pair[..., np.concatenate([order, order + 3])]
    return np.asarray(255 - pair if draw.random() < 0.2 else pair, np.uint8)


def main() -> None:
    """Draw rounds and keep them in the cache folder."""
    parser = argparse.ArgumentParser(prog="python -m training.logos.pairs.met", description=main.__doc__)
    parser.add_argument("cache", type=Path, help="the folder of training.logos")
    parser.add_argument("--rounds", default="1-16", help="the first and the last of them (%(default)s)")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    first, last = map(int, given.rounds.split("-"))
    classes = load_classes(given.cache)
    inked = (classes.pictures[..., 3] > 128).mean(axis=(1, 2)) >= _LEAST_INK
    known = classes.part(~classes.held_out & (classes.kinds == "logo") & inked)
    scout, embedder = load_scout(1, "cpu"), load_embedder(1, "cpu")
    grounds = photographs(TO_LEARN, given.cache)
    (given.cache / "met").mkdir(exist_ok=True)
    for number in range(first, last + 1):
        path = given.cache / "met" / f"{number:03d}.npz"
        if path.is_file():
            continue
        met = drawn_round(known, grounds, number, scout, embedder)
        with path.with_suffix(".tmp").open("wb") as file:
            np.savez(file, **vars(met))
        path.with_suffix(".tmp").replace(path)
        print(f"round {number}: {len(met.same)} pairs, {int(met.same.sum())} of one mark", flush=True)


def drawn_round(
    known: Classes,
    grounds: Sequence[Image],
    number: int,
    scout: Scout,
    embedder: Embedder,
    count: int = PICTURES,
) -> Met:
    """One round: logos that it looks for, others, and `count` pictures of each kind."""
    order = np.random.default_rng([17, number]).permutation(len(known.brands))
    most = min(TARGETS, len(order) // 2)
    chosen, rest = order[:most], order[most : most + OTHERS]
    asked = set(known.brands[chosen].tolist())
    targets = [one for one in (_drawing(known, place) for place in chosen) if _shows_something(one, embedder)]
    others = [_drawing(known, place) for place in rest if known.brands[place] not in asked]
    gallery = build_gallery([_exemplar(one) for one in targets], embedder)
    alike = _alike(known.part(np.isin(np.arange(len(order)), np.concatenate([chosen, rest]))))
    firsts = np.cumsum([0, *(len(exemplar.squares) for exemplar in gallery.exemplars)])
    crops: list[Image] = []
    exemplars: list[int] = []
    same: list[bool] = []
    for scene in scenes(targets, others, grounds, count=count, seed=90_000 + number):
        for candidate, view, crop, right in _pairs(scene, gallery, scout, embedder, alike):
            crops.append(crop)
            exemplars.append(int(firsts[candidate.exemplar.number]) + view)
            same.append(right)
    return Met(
        crops=np.stack(crops), squares=np.stack([square for one in gallery.exemplars for square in one.squares]),
        exemplars=np.array(exemplars, np.intp), same=np.array(same, np.bool_),
    )  # fmt: skip


def _drawing(known: Classes, place: int) -> Drawing:
    """A class in its own shape again, as large as it was drawn."""
    picture, aspect = known.pictures[place], float(known.aspects[place])
    high, wide = picture.shape[:2]
    size = (round(wide * aspect), high) if aspect >= 1 else (wide, round(high / aspect))
    shaped = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    return Drawing(brand=str(known.brands[place]), picture=np.asarray(shaped, np.uint8))


def _exemplar(drawing: Drawing) -> ExemplarPicture:
    return ExemplarPicture(brand=drawing.brand, picture=drawing.picture)


def _shows_something(drawing: Drawing, embedder: Embedder) -> bool:
    """Whether it could be an exemplar: not a square of one colour."""
    try:
        build_gallery([_exemplar(drawing)], embedder)
    except BadInput:
        return False
    return True


def _alike(known: Classes) -> set[tuple[str, str]]:
    """Brands one of whose drawings look like one of the other's."""
    pairs = set()
    for place, twins in enumerate(known.twins()):
        pairs |= {(str(known.brands[place]), str(known.brands[twin])) for twin in twins}
    return pairs


def _pairs(
    scene: Scene, gallery: Gallery, scout: Scout, embedder: Embedder, alike: set[tuple[str, str]]
) -> Iterator[tuple[Candidate, int, Image, bool]]:
    """The closer looks at a scene of which it is known what they see: the candidate, the rendering that is likest, what
    lies under it, and whether that is its brand."""
    described = describe(scene.image, [], embedder, None, scout)
    known = [
        (candidate, right)
        for candidate in gallery.nearest(described.vectors, top=_TOP, least=_LEAST_SCORE)
        if (right := _is_right(scene, described.regions[candidate.region].quad, candidate.brand, alike)) is not None
    ]
    known = sorted(known, key=lambda one: -one[0].score)[:_MOST_A_PICTURE]
    closeups = [Closeup(check_crop(scene.image, described.regions[one.region].quad)[0]) for one, _ in known]
    under = [
        lying_under(closeup.crop, likeness(one.exemplar.sketch, closeup.sketch), SIDE_PX, crop_side_px(ROOM))
        for (one, _), closeup in zip(known, closeups, strict=True)
    ]
    for (candidate, right), vector, crop in zip(known, embedder.embed(under).vectors, under, strict=True):
        cosines = candidate.exemplar.vectors @ vector
        if cosines.max() >= _LEAST_SECOND:
            yield candidate, int(cosines.argmax()), crop, right


def _is_right(scene: Scene, quad: Quad, brand: str, alike: set[tuple[str, str]]) -> bool | None:
    """Whether the region shows the brand; None where that cannot be said."""
    if any(shown.brand == brand and lies_on(quad, shown.quad) for shown in scene.shown):
        return True
    return None if any(other == brand or (brand, other) in alike for other in scene.brands) else False


if __name__ == "__main__":
    main()
