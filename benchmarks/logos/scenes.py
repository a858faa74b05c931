"""Pictures to search, with their truth: logos laid at known size and blur into drawn scenes and photographs, signs on
the boards and shirts of drawn broadcasts, and pictures with none of the brands: other logos, other words, nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

from benchmarks.accuracy.draw.plan import KINDS, plan_clip
from benchmarks.accuracy.draw.scenes import SCENES, Set
from detection.quads import quad_of
from detection.records import Quad
from detection.sample.cast import Brand
from detection.sample.picture import Picture
from detection.sample.typefaces import Mask
from detection.sample.wordmarks import Style, Wordmark
from mpr.pipeline.frames import Image, decode_jpeg, encode_jpeg
from training.logos import photographs as albums
from training.logos.sources import LOGO_PACKS, Drawing, icons

SIZES_PX = (24, 32, 48, 64, 96, 144)
BLURS = (0.0, 0.02, 0.04, 0.08)
"""Standard deviations of blur, as shares of the logo's shorter side."""
SHOWING = ("laid", "boards", "on photographs")
"""Kinds of pictures that show what is looked for."""
_WIDE_PX, _HIGH_PX = 1280, 720
_LAID_A_FRAME = 6
_EXEMPLARS = 100
# The scenes whose boards take any mark; on the others letters are set one below another.
_BOARD_SCENES = ("court", "press", "close")
_JPEG_QUALITY = 85


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A logo in a picture: `size_px` is its shorter side, `blur` as in BLURS, `visible` the share that can be seen."""

    brand: str
    quad: Quad
    size_px: float
    blur: float
    visible: float = 1.0


@dataclass(frozen=True)
class Scene:
    """One picture (BGR), what it is (one of SHOWING; "other logos", "words", "bare", "photographs"), its logos, and the
    brands that it may show more of than is known (a shirt's side, a board that fades)."""

    kind: str
    image: Image
    shown: tuple[Shown, ...]
    brands: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Sign(Wordmark):
    """A brand that is written as its logo: in one tone, wherever a name would stand."""

    cover: Mask

    @cached_property
    def word(self) -> Mask:
        return np.asarray(self.cover, np.uint8)

    @cached_property
    def lines(self) -> int:
        return 1


@dataclass(frozen=True)
class Benchmark:
    """The icons that are looked for, all of the benchmark's half that are `known`, and the pictures."""

    known: list[Drawing]
    targets: list[Drawing]
    scenes: list[Scene]


def benchmark(cache: Path, *, pictures: int, seed: int) -> Benchmark:
    """So many pictures of each kind, with 100 icons of brands that nothing learnt from to look for; another seed draws
    others. Raises MprError when npm gives no logo sets."""
    known = icons(LOGO_PACKS[:2], cache, of_rule=False)
    order = np.random.default_rng(seed).permutation(len(known))
    targets, others = ([known[place] for place in part] for part in np.split(order, [min(_EXEMPLARS, len(order) // 2)]))
    grounds = albums.photographs(albums.TO_MEASURE, cache)
    return Benchmark(known, targets, list(scenes(targets, others, grounds, count=pictures, seed=seed)))


def scenes(
    targets: Sequence[Drawing], others: Sequence[Drawing], photographs: Sequence[Image], *, count: int, seed: int
) -> Iterator[Scene]:
    """`count` pictures of each kind that show targets, and as many that show none."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        yield laid(targets, rng, "laid", _bare(seed, number + 5000, words=False))
        yield boards(targets, rng, "boards", seed=seed, number=number)
        if number % 2:
            yield laid(others, rng, "other logos", _bare(seed, number + count + 5000, words=False))
        else:
            yield boards(others, rng, "other logos", seed=seed, number=number + count)
        yield Scene(kind="words" if number % 2 else "bare", image=_bare(seed, number, words=bool(number % 2)), shown=())
        yield laid(targets, rng, "on photographs", photograph(photographs, rng))
        ground = photograph(photographs, rng)
        yield laid(others, rng, "photographs", ground) if number % 2 else Scene("photographs", ground, ())


def photograph(known: Sequence[Image], rng: np.random.Generator) -> Image:
    """A part of one of them, as large as it can be, at the size of all pictures."""
    picture = known[int(rng.integers(len(known)))]
    height, width = picture.shape[:2]
    scale = max(_WIDE_PX / width, _HIGH_PX / height)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    size = max(_WIDE_PX, round(width * scale)), max(_HIGH_PX, round(height * scale))
    whole = cv2.resize(picture, size, interpolation=how)
    left, top = (int(rng.integers(room + 1)) for room in (size[0] - _WIDE_PX, size[1] - _HIGH_PX))
    return np.asarray(whole[top : top + _HIGH_PX, left : left + _WIDE_PX], np.uint8)


def laid(targets: Sequence[Drawing], rng: np.random.Generator, kind: str, ground: Image) -> Scene:
    """Logos in their own colours, or in one, on plates, shirts' cloth or straight on a picture."""
    image = ground.astype(np.float32)
    cells = rng.permutation(12)[:_LAID_A_FRAME]
    shown = []
    for cell in cells:
        drawing = targets[int(rng.integers(len(targets)))]
        size_px = float(SIZES_PX[int(rng.integers(len(SIZES_PX)))]) * float(rng.uniform(1.0, 1.15))
        blur = float(BLURS[int(rng.integers(len(BLURS)))])
        middle = (int(cell % 4) + 0.5) * _WIDE_PX / 4, (int(cell // 4) + 0.5) * _HIGH_PX / 3
        shown.append(_lay(image, drawing, middle, size_px, blur, rng))
    seen = decode_jpeg(encode_jpeg(np.clip(image, 0, 255).astype(np.uint8), quality=_JPEG_QUALITY))
    brands = frozenset(one.brand for one in shown)
    return Scene(kind=kind, image=seen, shown=tuple(shown), brands=brands)


def boards(targets: Sequence[Drawing], rng: np.random.Generator, kind: str, *, seed: int, number: int) -> Scene:
    """A court, a press wall or boards close by, whose boards and shirts show targets in one tone."""
    plain = [target for target in targets if _is_one_tone(target)]
    chosen = [plain[int(place)] for place in rng.permutation(len(plain))[:6]]
    made = Set(
        marks=[_sign(drawing, rng) for drawing in chosen], words=(), width_px=_WIDE_PX, height_px=_HIGH_PX, fps=25,
        rng=rng,
    )  # fmt: skip
    view = SCENES[_BOARD_SCENES[number % len(_BOARD_SCENES)]](made, 4.0)
    picture = Picture.blank(_WIDE_PX, _HIGH_PX)
    view.paint(picture, float(rng.uniform(0.3, 3.5)))
    pixels = np.clip(picture.pixels.astype(np.float32) + rng.normal(0, 2.0, picture.pixels.shape), 0, 255)
    shown = []
    for row in picture.ledger.settle():
        quad = quad_of(np.array(row["quad"]))
        size_px = _shorter_px(quad)
        shown.append(
            Shown(
                brand=str(row["brand"]), quad=quad, size_px=size_px, blur=float(str(row["blur_px"])) / max(size_px, 1),
                visible=float(str(row["visible"])),
            )
        )  # fmt: skip
    image = decode_jpeg(encode_jpeg(pixels.astype(np.uint8), quality=_JPEG_QUALITY))
    return Scene(kind=kind, image=image, shown=tuple(shown), brands=frozenset(drawing.brand for drawing in chosen))


def _bare(seed: int, number: int, *, words: bool) -> Image:
    """A frame of a drawn clip that shows no brand."""
    kind = KINDS.index("words" if words else "bare")
    reel = plan_clip(number * len(KINDS) + kind, seed=seed, size_px=(_WIDE_PX, _HIGH_PX)).reel
    return reel.frame(reel.frame_count // 2)[0].pixels.copy()


def _sign(drawing: Drawing, rng: np.random.Generator) -> Sign:
    ground = rng.uniform(0, 255, 3)
    ink = rng.uniform(0, 255, 3)
    while abs(float(ground.mean() - ink.mean())) < 60:
        ground, ink = rng.uniform(0, 255, 3), rng.uniform(0, 255, 3)
    colours = [tuple(int(value) for value in colour) for colour in (ground, ink)]
    style = Style(
        face="Anton", upper=False, stretch=1.0, slant=0.0, tracking_em=0.0, stacked=False, outlined=False, icon=None,
        ground=colours[0], ink=colours[1], accent=colours[1],
    )  # fmt: skip
    return Sign(Brand(name=drawing.brand, aliases=()), style, drawing.picture[..., 3])


def _lay(
    image: np.ndarray,
    drawing: Drawing,
    middle: tuple[float, float],
    size_px: float,
    blur: float,
    rng: np.random.Generator,
) -> Shown:
    """Paint one logo about a point; half of them on a plate of their own."""
    height, width = drawing.picture.shape[:2]
    scale = size_px / min(height, width)
    half = np.array([width, height]) * scale / 2
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * half
    turn = math.radians(float(rng.normal(0, 6)))
    spin = np.array([(math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))])
    squeeze = np.array([float(rng.uniform(0.75, 1)), 1.0]) if rng.random() < 0.4 else np.ones(2)
    moved = (corners * squeeze) @ spin.T
    moved = moved / (1 + moved @ (rng.normal(0, 0.06, 2) / half))[:, None]
    placed = moved * size_px / _shorter_px(quad_of(moved)) + np.array(middle)
    picture = drawing.picture.astype(np.float32)
    kind = rng.random()
    tone = rng.uniform(0, 255, 3)
    if kind < 0.35 and _is_one_tone(drawing):
        picture[..., :3] = tone
    to_px = cv2.getPerspectiveTransform(
        np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32), placed.astype(np.float32)
    )
    if kind > 0.5 or _stands_out_too_little(picture, image, middle):
        _plate(image, to_px, (width, height), _ink_tone(picture), rng)
    cover = picture[..., 3:] / 255
    # Drawn at four times the size, so that small logos are averaged as a camera would.
    left, top = np.floor(placed.min(axis=0) - 0.4 * size_px - 2).astype(int)
    right, bottom = np.ceil(placed.max(axis=0) + 0.4 * size_px + 2).astype(int)
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, _WIDE_PX), min(bottom, _HIGH_PX)
    finer = 4 if size_px < 120 else 2
    fine = np.array([(finer, 0, -left * finer), (0, finer, -top * finer), (0, 0, 1)]) @ to_px
    layer = cv2.warpPerspective(
        np.concatenate([picture[..., :3] * cover, cover], axis=2),
        fine,
        ((right - left) * finer, (bottom - top) * finer),
    )
    layer = cv2.resize(layer, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
    part = image[top:bottom, left:right]
    part[:] = layer[..., :3] + part * (1 - layer[..., 3:])
    if blur:
        sigma = blur * size_px
        room = math.ceil(3 * sigma)
        part[:] = cv2.GaussianBlur(part, (0, 0), sigma) if room else part
    part += rng.normal(0, 2.5, part.shape)
    return Shown(brand=drawing.brand, quad=quad_of(placed), size_px=size_px, blur=blur)


def _plate(
    image: np.ndarray, to_px: np.ndarray, size: tuple[int, int], tone: np.ndarray, rng: np.random.Generator
) -> None:
    """A board, disc or patch behind a logo that it stands out from."""
    colour = rng.uniform(0, 255, 3)
    while np.abs(colour - tone).max() < 70:
        colour = rng.uniform(0, 255, 3)
    room = float(rng.uniform(0.1, 0.7)) * min(size)
    wide, tall = size
    if rng.random() < 0.7:
        outline = np.array([(-room, -room), (wide + room, -room), (wide + room, tall + room), (-room, tall + room)])
    else:
        turn = np.linspace(0, 2 * np.pi, 48)
        radius = math.hypot(wide, tall) / 2 + room * 0.4
        outline = np.array([wide / 2, tall / 2]) + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    points = cv2.perspectiveTransform(outline[None], to_px)[0]
    cv2.fillPoly(image, [np.round(points * 16).astype(np.int32)], colour.tolist(), cv2.LINE_AA, 4)


def _stands_out_too_little(picture: np.ndarray, image: np.ndarray, middle: tuple[float, float]) -> bool:
    x, y = round(middle[0]), round(middle[1])
    around = image[max(0, y - 40) : y + 40, max(0, x - 40) : x + 40]
    return bool(np.abs(around.mean(axis=(0, 1)) - _ink_tone(picture)).max() < 70 or around.std() > 30)


def _is_one_tone(drawing: Drawing) -> bool:
    """Whether its outline alone shows the logo."""
    picture = drawing.picture.astype(np.float32)
    inked = picture[..., 3] > 128
    return bool(inked.mean() < 0.9 and np.abs(picture[..., :3] - _ink_tone(picture)).max(axis=2)[inked].mean() < 20)


def _ink_tone(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture[..., :3][picture[..., 3] > 128].mean(axis=0))


def _shorter_px(quad: Quad) -> float:
    points = np.array(quad)
    across = (np.linalg.norm(points[1] - points[0]) + np.linalg.norm(points[2] - points[3])) / 2
    down = (np.linalg.norm(points[3] - points[0]) + np.linalg.norm(points[2] - points[1])) / 2
    return float(min(across, down))
