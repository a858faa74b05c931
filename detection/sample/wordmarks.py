"""Brand art: how a brand writes its name, and the advertisements made of it.

A style is drawn from the seed, so that the same names look different in another broadcast: typeface, case, slant,
width, letter spacing, outline, colours, icon and whether two words are stacked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.cast import Brand
from detection.sample.icons import ICONS, draw_icon
from detection.sample.ripmap import Pixels, Ripmap
from detection.sample.typefaces import AILERON, DISPLAY_FACES, SCRIPT_FACES, Mask, ink

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]

_EM_PX = 220
_LINE_GAP_PX = 36
# (ground, ink, accent) as RGB hex.
_PALETTES = (
    ("0b2a5b", "ffffff", "f2b632"),
    ("f4f1e6", "7a1f3d", "c9a24b"),
    ("111417", "d8ff3e", "6b7a1c"),
    ("d7263d", "ffffff", "ffd7dc"),
    ("ffffff", "0d6b4f", "8fd3b6"),
    ("f6c90e", "1b1b1e", "8a6d00"),
    ("3a1d6e", "f5e9ff", "ff8ad4"),
    ("0f766e", "fdf6d8", "f59e0b"),
    ("ff6b1a", "20130a", "ffffff"),
    ("e8eef5", "16324f", "2f86eb"),
    ("1c1c22", "ff7a59", "ffffff"),
    ("84d8f2", "12304a", "ffffff"),
    ("2f4b26", "f2e8cf", "a7c957"),
    ("fbe3e8", "b0125b", "4a0a2a"),
)


@dataclass(frozen=True, kw_only=True)
class Style:
    """How one brand is set. Colours are BGR. `stretch` widens, `slant` leans (the tangent), `tracking_em` spaces."""

    face: str
    upper: bool
    stretch: float
    slant: float
    tracking_em: float
    stacked: bool
    outlined: bool
    icon: str | None
    ground: Colour
    ink: Colour
    accent: Colour


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A brand on a flat thing. `box` is left, top, right, bottom and `line_height` one line of its ink (of the icon,
    where there are no words), in the units of that thing."""

    brand: str
    mode: str
    box: Box
    line_height: float


@dataclass(frozen=True, kw_only=True)
class Advert:
    """Something painted: its texture and the brands on it, boxes in metres from the top left."""

    art: Ripmap
    marks: tuple[Mark, ...]
    _rimmed: dict[tuple[int, int], Pixels] = field(default_factory=dict)

    def rimmed(self, levels: tuple[int, int]) -> Pixels:
        """The art at a level with one clear texel around it, so that its edges come out smooth."""
        if levels not in self._rimmed:
            art = self.art.level(*levels)
            self._rimmed[levels] = np.asarray(cv2.copyMakeBorder(art, 1, 1, 1, 1, cv2.BORDER_CONSTANT), np.uint8)
        return self._rimmed[levels]


@dataclass(frozen=True)
class Wordmark:
    """A brand and its style; its art is drawn once."""

    brand: Brand
    style: Style

    @cached_property
    def word(self) -> Mask:
        """Coverage of the name, cropped to its ink."""
        style = self.style
        text = self.brand.name.upper() if style.upper else self.brand.name
        lines = text.split(" ") if style.stacked else [text]
        rows = [
            _lean(_widen(ink(line, style.face, _EM_PX, style.tracking_em), style.stretch), style.slant)
            for line in lines
        ]
        return _stack(rows, gap_px=_LINE_GAP_PX)

    @cached_property
    def lines(self) -> int:
        return len(self.brand.name.split(" ")) if self.style.stacked else 1

    @property
    def line_px(self) -> float:
        """The height of one line of `word`."""
        return float((self.word.shape[0] - (self.lines - 1) * _LINE_GAP_PX) / self.lines)

    def lockup(self, mode: str) -> tuple[Mask, Mask, Box, float]:
        """Coverage of the ink and of the icon on one canvas, the box of both, and the height of a line, all in px.

        `mode` is word, icon or both; without an icon in its style a brand is always a word.
        """
        if self.style.icon is None or mode == "word":
            return self.word, np.zeros_like(self.word), _whole(self.word), self.line_px
        if mode == "icon":
            sign = draw_icon(self.style.icon, _EM_PX)
            return np.zeros_like(sign), sign, _whole(sign), float(_EM_PX)
        rows, columns = self.word.shape
        sign = draw_icon(self.style.icon, rows)
        gap = rows // 3
        letters = np.zeros((rows, rows + gap + columns), np.uint8)
        shapes = np.zeros_like(letters)
        letters[:, rows + gap :] = self.word
        shapes[:, :rows] = sign
        return letters, shapes, _whole(letters), self.line_px


def choose_styles(brands: tuple[Brand, ...], rng: np.random.Generator) -> dict[str, Wordmark]:
    """One wordmark per brand name; typefaces and palettes are dealt out so that neighbours differ."""
    palettes = [_PALETTES[index] for index in rng.permutation(len(_PALETTES))]
    faces = [DISPLAY_FACES[index] for index in rng.permutation(len(DISPLAY_FACES))]
    icons = [ICONS[index] for index in rng.permutation(len(ICONS))]
    chosen: dict[str, Wordmark] = {}
    for index, brand in enumerate(brands):
        face = faces[index % len(faces)]
        ground, letter, accent = (_bgr(code) for code in palettes[index % len(palettes)])
        script = face in SCRIPT_FACES
        chosen[brand.name] = Wordmark(
            brand,
            Style(
                face=face,
                upper=not script and bool(rng.random() < 0.55),
                stretch=float(
                    rng.uniform(0.92, 1.25) if face in ("Anton", "Bebas Neue", "Oswald") else rng.uniform(0.9, 1.08)
                ),
                slant=float(0.0 if script or rng.random() < 0.65 else rng.uniform(0.1, 0.25)),
                tracking_em=float(0.0 if script else rng.choice([0.0, 0.02, 0.05, 0.14 if face == AILERON else 0.08])),
                stacked=" " in brand.name and bool(rng.random() < 0.3),
                outlined=bool(rng.random() < 0.2),
                # Every third brand has a sign of its own.
                icon=icons[index // 3 % len(icons)] if index % 3 == 0 else None,
                ground=ground,
                ink=letter,
                accent=accent,
            ),
        )
    return chosen


def board_advert(
    mark: Wordmark, width_m: float, height_m: float, *, texels_per_m: float, mode: str, look: int
) -> Advert:
    """A perimeter board of one brand. `look` picks its ground: plain, shaded, barred or striped."""
    columns, rows = round(width_m * texels_per_m), round(height_m * texels_per_m)
    style = mark.style
    texture = _ground(style, columns, rows, look)
    letters, shapes, box, line_px = mark.lockup(mode)
    share = min(0.6 * rows * (1.35 if mark.lines > 1 else 1.0) / letters.shape[0], 0.84 * columns / letters.shape[1])
    size = (max(1, round(letters.shape[1] * share)), max(1, round(letters.shape[0] * share)))
    left, top = (columns - size[0]) // 2, (rows - size[1]) // 2
    letters = np.asarray(cv2.resize(letters, size, interpolation=cv2.INTER_AREA), np.uint8)
    shapes = np.asarray(cv2.resize(shapes, size, interpolation=cv2.INTER_AREA), np.uint8)
    if style.outlined:
        spread = max(3, rows // 24) | 1
        halo = cv2.dilate(
            cv2.copyMakeBorder(letters, spread, spread, spread, spread, cv2.BORDER_CONSTANT),
            cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (spread, spread)),
        )
        tint(texture, np.asarray(halo, np.uint8), left - spread, top - spread, style.accent)
    tint(texture, shapes, left, top, style.accent)
    tint(texture, letters, left, top, style.ink)
    scale = share / texels_per_m
    metres = (
        left / texels_per_m + box[0] * scale,
        top / texels_per_m + box[1] * scale,
        left / texels_per_m + box[2] * scale,
        top / texels_per_m + box[3] * scale,
    )
    shown = mode if style.icon else "word"
    placed = Mark(brand=mark.brand.name, mode=shown, box=metres, line_height=line_px * scale)
    return Advert(art=Ripmap(_with_alpha(texture), width_m, height_m), marks=(placed,))


def plain_advert(
    text: str, face: str, width_m: float, height_m: float, *, texels_per_m: float, ground: Colour, letter: Colour
) -> Advert:
    """A board that names no brand."""
    columns, rows = round(width_m * texels_per_m), round(height_m * texels_per_m)
    texture = np.full((rows, columns, 3), ground, np.uint8)
    mask = ink(text, face, _EM_PX, 0.06)
    share = min(0.5 * rows / mask.shape[0], 0.86 * columns / mask.shape[1])
    size = (round(mask.shape[1] * share), round(mask.shape[0] * share))
    small = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)
    tint(texture, small, (columns - size[0]) // 2, (rows - size[1]) // 2, letter)
    return Advert(art=Ripmap(_with_alpha(texture), width_m, height_m), marks=())


def tint(texture: Pixels, mask: Mask, left: int, top: int, colour: Colour) -> None:
    """Paints `colour` through a coverage mask whose top left lies at (left, top); what sticks out is cut off."""
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(texture.shape[1], left + mask.shape[1]), min(texture.shape[0], top + mask.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = mask[y0 - top : y1 - top, x0 - left : x1 - left, None].astype(np.uint16)
    under = texture[y0:y1, x0:x1].astype(np.uint16)
    texture[y0:y1, x0:x1] = ((under * (255 - part) + np.array(colour, np.uint16) * part + 127) // 255).astype(np.uint8)


def _ground(style: Style, columns: int, rows: int, look: int) -> Pixels:
    texture = np.full((rows, columns, 3), style.ground, np.uint8)
    ground = np.array(style.ground, np.float32)
    accent = np.array(style.accent, np.float32)
    if look % 4 == 1:
        shade = np.abs(np.linspace(-1, 1, columns, dtype=np.float32))[None, :, None] ** 2
        texture[:] = (ground * (1 - 0.35 * shade)).astype(np.uint8)
    elif look % 4 == 2:
        bar = max(2, rows // 12)
        texture[:bar] = style.accent
        texture[-bar:] = style.accent
    elif look % 4 == 3:
        soft = tuple(int(value) for value in ground * 0.72 + accent * 0.28)
        step = rows // 2
        for left in (*range(-rows, columns // 9, step), *range(columns - columns // 9, columns + rows, step)):
            corners = np.array([[left, rows], [left + step // 2, rows], [left + step // 2 + rows, 0], [left + rows, 0]])
            cv2.fillConvexPoly(texture, corners.astype(np.int32), soft, cv2.LINE_AA)
    return texture


def _with_alpha(texture: Pixels) -> Pixels:
    """As BGRA, with the dark seam that panels have between them."""
    seam = max(1, texture.shape[0] // 60)
    cv2.rectangle(texture, (0, 0), (texture.shape[1] - 1, texture.shape[0] - 1), (26, 24, 24), seam)
    return np.asarray(cv2.cvtColor(texture, cv2.COLOR_BGR2BGRA), np.uint8)


def _widen(mask: Mask, stretch: float) -> Mask:
    size = (max(1, round(mask.shape[1] * stretch)), mask.shape[0])
    return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.uint8)


def _lean(mask: Mask, slant: float) -> Mask:
    if slant == 0.0:
        return mask
    rows, columns = mask.shape
    shear = np.array([[1.0, -slant, slant * rows], [0.0, 1.0, 0.0]])
    leaned = np.asarray(cv2.warpAffine(mask, shear, (columns + int(slant * rows) + 2, rows)), np.uint8)
    inked = np.flatnonzero(leaned.max(axis=0))
    return leaned[:, inked[0] : inked[-1] + 1]


def _stack(rows: list[Mask], gap_px: int) -> Mask:
    columns = max(row.shape[1] for row in rows)
    height = sum(row.shape[0] for row in rows) + gap_px * (len(rows) - 1)
    mask = np.zeros((height, columns), np.uint8)
    top = 0
    for row in rows:
        left = (columns - row.shape[1]) // 2
        mask[top : top + row.shape[0], left : left + row.shape[1]] = row
        top += row.shape[0] + gap_px
    return mask


def _whole(mask: NDArray[np.uint8]) -> Box:
    return (0.0, 0.0, float(mask.shape[1]), float(mask.shape[0]))


def _bgr(code: str) -> Colour:
    return int(code[4:6], 16), int(code[2:4], 16), int(code[0:2], 16)
