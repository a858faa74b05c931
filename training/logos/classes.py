"""What is learnt to be told apart: every drawing of the free sets and drawn wordmarks, each a class of its own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL import ImageDraw

from mpr.pipeline.frames import Image
from training.confusions.drawing import draw_text
from training.confusions.typefaces import draw_face
from training.logos.sources import LOGO_PACKS, SIGN_PACKS, Drawing, drawings, held_out

SQUARE_PX = 96
WORDMARKS = 2500
# Longer wordmarks than this are for the text reader.
_LONGEST = 7.0
# Drawings alike beyond this (cosine of their outlines) are not learnt to be told apart.
_ALIKE = 0.93
_OUTLINE_PX = 24


@dataclass(frozen=True, kw_only=True)
class Classes:
    """`pictures` (n, 96, 96, 4) BGRA squashed to squares, `aspects` their widths over heights, `brands` whose they are,
    `kinds` "logo", "sign" or "word"."""

    pictures: NDArray[np.uint8]
    aspects: NDArray[np.float32]
    brands: NDArray[np.str_]
    kinds: NDArray[np.str_]

    def part(self, chosen: NDArray[np.bool_]) -> Classes:
        return Classes(
            pictures=self.pictures[chosen], aspects=self.aspects[chosen], brands=self.brands[chosen],
            kinds=self.kinds[chosen],
        )  # fmt: skip

    @property
    def held_out(self) -> NDArray[np.bool_]:
        return np.array([held_out(str(brand)) for brand in self.brands])

    def twins(self) -> list[NDArray[np.intp]]:
        """For each class those, itself among them, that are of its brand or look like it."""
        outlines = np.stack([_outline(picture) for picture in self.pictures])
        order = np.argsort(self.brands, kind="stable")
        same: dict[str, list[int]] = {}
        for place in order:
            same.setdefault(str(self.brands[place]), []).append(int(place))
        found = []
        for first in range(0, len(outlines), 512):
            likeness = np.abs(outlines[first : first + 512] @ outlines.T)
            for row, values in enumerate(likeness):
                alike = np.flatnonzero(values > _ALIKE)
                found.append(np.unique(np.concatenate([alike, same[str(self.brands[first + row])]])))
        return found


def load_classes(cache_dir: Path) -> Classes:
    """All classes, drawn once and kept in the cache folder."""
    path = cache_dir / "classes.npz"
    if not path.is_file():
        rows = list(_rows(cache_dir))
        np.savez(
            path, pictures=np.stack([_square(drawing.picture) for drawing, _ in rows]),
            aspects=np.array([drawing.picture.shape[1] / drawing.picture.shape[0] for drawing, _ in rows], np.float32),
            brands=np.array([drawing.brand for drawing, _ in rows]), kinds=np.array([kind for _, kind in rows]),
        )  # fmt: skip
    with np.load(path) as kept:
        return Classes(**{name: kept[name] for name in ("pictures", "aspects", "brands", "kinds")})


def _rows(cache_dir: Path) -> Iterator[tuple[Drawing, str]]:
    for packs, kind in ((LOGO_PACKS, "logo"), (SIGN_PACKS, "sign")):
        for pack in packs:
            for drawing in drawings(pack, cache_dir):
                if 1 / _LONGEST <= drawing.picture.shape[1] / drawing.picture.shape[0] <= _LONGEST:
                    yield drawing, kind
            print(f"{pack.package} {pack.version} ({pack.licence}) drawn", flush=True)
    for number in range(WORDMARKS):
        yield wordmark(random.Random(f"wordmark {number}")), "word"


def wordmark(draw: random.Random) -> Drawing:
    """A name that is none, in one of the training typefaces."""
    font, script = draw_face(draw)
    text = draw_text(draw, script=script)
    canvas = PilImage.new("L", (round(font.getlength(text)) + 200, 220))
    ImageDraw.Draw(canvas).text((80, 60), text, font=font, fill=255, stroke_width=2 if draw.random() < 0.1 else 0)
    ink = np.asarray(canvas)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else np.full((40, 90), 255, np.uint8)
    colour = tuple(draw.randrange(0, 200) for _ in range(3)) if draw.random() < 0.5 else (17, 17, 17)
    picture = np.dstack([np.full((*ink.shape, 3), colour, np.uint8), ink])
    return Drawing(brand=f"word {text.lower()}", picture=picture)


def _square(picture: Image) -> Image:
    """BGRA squashed to a square, colours not mixed with those of clear pixels."""
    cover = picture[..., 3:].astype(np.float32) / 255
    laid = np.concatenate([picture[..., :3] * cover, cover], axis=2)
    small = cv2.resize(laid, (SQUARE_PX, SQUARE_PX), interpolation=cv2.INTER_AREA)
    colours = small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    return np.asarray(np.clip(np.concatenate([colours, small[..., 3:] * 255], axis=2), 0, 255), np.uint8)


def _outline(square: Image) -> NDArray[np.float32]:
    """A small grey picture of a class about its mean, of unit length."""
    cover = square[..., 3].astype(np.float32) / 255
    grey = cv2.cvtColor(square[..., :3], cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    shade = grey * cover + (1 - cover) * (0.0 if (grey * cover).sum() > 0.6 * cover.sum() else 1.0)
    small = cv2.resize(shade, (_OUTLINE_PX, _OUTLINE_PX), interpolation=cv2.INTER_AREA).ravel()
    small = small - small.mean()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)
