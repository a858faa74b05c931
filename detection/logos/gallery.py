"""The exemplars to look for: each rendered in the ways a logo is seen, with its vectors and its local features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.alignment import Sketch, sketch
from detection.logos.crops import check_scale, scaled, squashed
from detection.logos.embedding import DIMENSIONS, SIDE_PX, Embedder, Vectors, other_vectors
from detection.logos.features import Features, find_features
from mpr.errors import BadInput
from mpr.pipeline.frames import Image

# What a picture without transparency may differ from its border by and still be ground (0 to 255).
_GROUND_STEP = 18
# Ink lower or narrower than this many pixels shows no logo.
_LEAST_PX = 8
# Larger ink is made smaller: neither network nor geometry sees more.
_MOST_PX = 400
_ROOM = 0.06
_NEAREST_OTHERS = 10
USUAL_PLAINNESS = 0.6
"""The plainness of a mark that is neither intricate nor plain."""
_LIGHT, _DARK, _GREY = (244, 244, 244), (24, 24, 24), (128, 128, 128)
# Ink whose tones differ less than this from their mean is of one tone.
_ONE_TONE = 24.0
# Ink that differs less than this from a ground cannot be seen on it.
_LEAST_CONTRAST = 40.0


@dataclass(frozen=True, kw_only=True)
class ExemplarPicture:
    """A picture of a brand's logo: BGRA, uint8, any size of 8 px and more; what is transparent is ground."""

    brand: str
    picture: Image


@dataclass(frozen=True, kw_only=True)
class Exemplar:
    """One picture of a brand, made ready. `number` is its place in the list it came from, `aspect` width over height
    of its ink, `views` its renderings (BGR) and `vectors` what `embedder` says of these, `plainness` the cosine that
    things which are no logos reach with it: high for a disc, low for an intricate mark."""

    brand: str
    number: int
    aspect: float
    views: tuple[Image, ...]
    vectors: Vectors = field(default_factory=lambda: np.zeros((0, DIMENSIONS), np.float32), repr=False)
    plainness: float = USUAL_PLAINNESS

    def likest(self, vector: Vectors) -> tuple[float, Image]:
        """The rendering that a vector is likest, squashed to a square, and before it the cosine of the two."""
        cosines = self.vectors @ vector
        place = int(cosines.argmax())
        return float(cosines[place]), self.squares[place]

    @cached_property
    def squares(self) -> tuple[Image, ...]:
        """The renderings as the networks see them."""
        return tuple(squashed(view, SIDE_PX) for view in self.views)

    @cached_property
    def check_view(self) -> Image:
        """The rendering that geometry is checked against."""
        return scaled(self.views[0], check_scale(self.views[0]))

    @cached_property
    def sketch(self) -> Sketch:
        return sketch(self.views[0])

    @cached_property
    def features(self) -> tuple[Features, Features]:
        """Local features of the logo and of its negative."""
        return find_features(self.check_view), find_features(np.asarray(255 - self.check_view, np.uint8))


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A region may show a brand: the region's place in the list asked for, and the cosine of the two, -1 to 1.
    `lead` is by how much the next brand is farther."""

    region: int
    exemplar: Exemplar
    score: float
    lead: float

    @property
    def brand(self) -> str:
        return self.exemplar.brand


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """Exemplars, ready to be compared with."""

    exemplars: tuple[Exemplar, ...]

    @cached_property
    def plainness(self) -> NDArray[np.float32]:
        """That of each exemplar."""
        return np.array([exemplar.plainness for exemplar in self.exemplars], np.float32)

    def scores(self, vectors: Vectors) -> NDArray[np.float32]:
        """The cosine of each vector (n, 128) and its likest rendering of each exemplar: (n, exemplars)."""
        given = np.asarray(vectors, np.float32)
        best = np.full((len(given), len(self.exemplars)), -1.0, np.float32)
        for views in self._by_place:
            np.maximum(best, given @ views, out=best)
        return best

    @cached_property
    def _by_place(self) -> list[Vectors]:
        """The first rendering of every exemplar, the second ones, and so on: (128, exemplars) each. Who has fewer is
        asked for its last one again."""
        most = max((len(exemplar.vectors) for exemplar in self.exemplars), default=0)
        return [
            np.stack([exemplar.vectors[:place][-1] for exemplar in self.exemplars]).T for place in range(1, most + 1)
        ]

    def nearest(self, vectors: Vectors, *, top: int = 3, least: float = 0.0) -> list[Candidate]:
        """For each region the likest `top` brands, each by its likest exemplar, from a cosine of `least`; in the order
        of regions, the likest first."""
        if not self.exemplars or not len(vectors):
            return []
        scores = self.scores(vectors)
        regions = np.flatnonzero(scores.max(axis=1) >= least)
        order = np.argsort(-scores[regions], axis=1, kind="stable")
        found: list[Candidate] = []
        for region, likest in zip(regions.tolist(), order, strict=True):
            best: dict[str, tuple[Exemplar, float]] = {}
            for place in likest:
                exemplar = self.exemplars[place]
                best.setdefault(exemplar.brand, (exemplar, float(scores[region, place])))
                if len(best) > top:
                    break
            rivals = list(best.values())
            for rank, (exemplar, score) in enumerate(rivals[:top]):
                if score < least:
                    break
                lead = 1.0 if len(rivals) == 1 else score - rivals[1 if rank == 0 else 0][1]
                found.append(Candidate(region=region, exemplar=exemplar, score=score, lead=lead))
        return found


def build_gallery(pictures: Sequence[ExemplarPicture], embedder: Embedder) -> Gallery:
    """The gallery of these pictures, in their order. Raises BadInput for a picture that shows nothing."""
    exemplars = [_exemplar(number, given) for number, given in enumerate(pictures)]
    vectors = embedder.embed([view for exemplar in exemplars for view in exemplar.views]).vectors
    parts = np.split(vectors, np.cumsum([len(exemplar.views) for exemplar in exemplars])[:-1])
    return Gallery(
        exemplars=tuple(
            replace(exemplar, vectors=part, plainness=_plainness(part))
            for exemplar, part in zip(exemplars, parts, strict=bool(exemplars))
        )
    )


def _plainness(vectors: Vectors) -> float:
    """The mean cosine of the nearest of what is no logo with an exemplar's renderings."""
    nearest = np.sort((vectors @ other_vectors().T).max(axis=0))[-_NEAREST_OTHERS:]
    return float(nearest.mean())


def _exemplar(number: int, given: ExemplarPicture) -> Exemplar:
    ink, cover = _ink(given)
    views = tuple(_views(ink, cover))
    return Exemplar(brand=given.brand, number=number, aspect=ink.shape[1] / ink.shape[0], views=views)


def _ink(given: ExemplarPicture) -> tuple[Image, NDArray[np.uint8]]:
    """The picture cropped to its ink (BGR), and how much each pixel of it covers."""
    picture = given.picture
    cover = picture[..., 3].copy()
    if cover.min() > 250:
        cover = _off_ground(picture[..., :3])
    rows, columns = np.flatnonzero((cover > 24).any(axis=1)), np.flatnonzero((cover > 24).any(axis=0))
    if len(rows) < _LEAST_PX or len(columns) < _LEAST_PX:
        raise BadInput(
            f"An exemplar of {given.brand} shows nothing: give a picture with at least {_LEAST_PX} × {_LEAST_PX} px."
        )
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    scale = min(1.0, _MOST_PX / max(len(rows), len(columns)))
    return scaled(picture[part][..., :3], scale), scaled(cover[part], scale)


def _off_ground(colours: Image) -> NDArray[np.uint8]:
    """Cover of a picture without transparency: what differs from its border, when that has one colour."""
    border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]]).astype(np.int16)
    ground = np.median(border, axis=0)
    if (np.abs(border - ground).max(axis=1) <= _GROUND_STEP).mean() < 0.95:
        return np.full(colours.shape[:2], 255, np.uint8)
    step = np.abs(colours.astype(np.int16) - ground).max(axis=2)
    return np.asarray(np.where(step > _GROUND_STEP, 255, 0), np.uint8)


def _views(ink: Image, cover: NDArray[np.uint8]) -> Iterator[Image]:
    """The logo as it is on the ground that shows it best, on the others that show it, with room around it; and flat in
    black and in white, or, where that would lose its inner shapes, its negative."""
    grounds = [ground for ground in (_LIGHT, _DARK, _GREY) if _contrast(ink, cover, ground) >= _LEAST_CONTRAST]
    ordered = sorted(grounds or [_LIGHT, _DARK], key=lambda ground: -_contrast(ink, cover, ground))
    yield from (_laid(ink, cover, ground, 0.0) for ground in ordered)
    yield _laid(ink, cover, ordered[0], _ROOM)
    if _is_one_tone(ink, cover):
        yield _laid(np.zeros_like(ink), cover, _LIGHT, 0.0)
        yield _laid(np.full_like(ink, 255), cover, _DARK, 0.0)
    else:
        yield np.asarray(255 - _laid(ink, cover, ordered[0], 0.0), np.uint8)


def _is_one_tone(ink: Image, cover: NDArray[np.uint8]) -> bool:
    """Whether the shape alone shows the logo: made flat, a badge in two tones would be a blank disc."""
    shown = ink[cover > 128].astype(np.float32)
    if not len(shown) or (cover > 128).all():
        return False
    return bool(np.abs(shown - shown.mean(axis=0)).max(axis=1).mean() <= _ONE_TONE)


def _contrast(ink: Image, cover: NDArray[np.uint8], ground: tuple[int, int, int]) -> float:
    shown = ink[cover > 128].astype(np.float32)
    return float(np.abs(shown - np.array(ground, np.float32)).max(axis=1).mean()) if len(shown) else 0.0


def _laid(ink: Image, cover: NDArray[np.uint8], ground: tuple[int, int, int], room: float) -> Image:
    """The ink on a ground of one colour, with room around it as a share of its longer side."""
    share = cover[..., None].astype(np.float32) / 255
    flat = np.asarray(np.round(ink * share + np.array(ground, np.float32) * (1 - share)), np.uint8)
    pad = round(room * max(ink.shape[:2]))
    if not pad:
        return flat
    return np.asarray(cv2.copyMakeBorder(flat, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=ground), np.uint8)
