"""How brands are written in the drawn clips: typefaces, colours also faint, letters one below another."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from detection.sample.cast import Brand
from detection.sample.icons import ICONS
from detection.sample.ripmap import Pixels, Ripmap
from detection.sample.typefaces import DISPLAY_FACES, Mask, ink
from detection.sample.typefaces import SCRIPT_FACES as FIRST_SCRIPTS
from detection.sample.wordmarks import Advert, Colour, Mark, Style, Wordmark, board_advert, tint

FACES = (
    *DISPLAY_FACES, "Alfa Slab One", "Archivo Black", "Barlow Condensed", "Black Ops One", "Bungee", "Cinzel",
    "DM Serif Display", "Fjalla One", "Luckiest Guy", "Pacifico", "Permanent Marker", "Playfair Display", "Poppins",
    "Titan One", "Yellowtail", "Zilla Slab",
)  # fmt: skip
SCRIPTS = FIRST_SCRIPTS | {"Pacifico", "Yellowtail"}
PLAIN_FACE = "Noto Sans"
_EM_PX = 220
_LETTER_GAP = 0.18
# Differences of luma (0..255) between letters and ground.
_CLEAR, _FAINT = (105.0, 255.0), (48.0, 66.0)


@dataclass(frozen=True)
class Column(Wordmark):
    """A brand whose letters stand upright, one below another."""

    @cached_property
    def word(self) -> Mask:
        letters = [ink(letter.upper(), self.style.face, _EM_PX) for letter in self.brand.name if letter != " "]
        gap = round(_LETTER_GAP * _EM_PX)
        columns = max(letter.shape[1] for letter in letters)
        mask = np.zeros((sum(letter.shape[0] for letter in letters) + gap * (len(letters) - 1), columns), np.uint8)
        top = 0
        for letter in letters:
            left = (columns - letter.shape[1]) // 2
            mask[top : top + letter.shape[0], left : left + letter.shape[1]] = letter
            top += letter.shape[0] + gap
        return mask

    @cached_property
    def lines(self) -> int:
        return len(self.brand.name.replace(" ", ""))

    @property
    def line_px(self) -> float:
        gap = round(_LETTER_GAP * _EM_PX)
        return float((self.word.shape[0] - (self.lines - 1) * gap) / self.lines)


def choose_marks(brands: Sequence[Brand], rng: np.random.Generator, *, faint: float = 0.0) -> dict[str, Wordmark]:
    """One wordmark per brand; typefaces are dealt out so that neighbours differ. `faint` is the share of brands whose
    letters hardly differ from their ground."""
    faces = [FACES[index] for index in rng.permutation(len(FACES))]
    marks = {}
    for index, brand in enumerate(brands):
        face = faces[index % len(faces)]
        script = face in SCRIPTS
        short = len(brand.name) <= 4
        ground, letters, accent = _colours(rng, _FAINT if rng.random() < faint else _CLEAR)
        marks[brand.name] = Wordmark(
            brand,
            Style(
                face=face, upper=not script and bool(rng.random() < 0.5), stretch=float(rng.uniform(0.88, 1.18)),
                slant=float(0.0 if script or rng.random() < 0.65 else rng.uniform(0.08, 0.28)),
                tracking_em=float(0.0 if script else rng.choice([0.0, 0.0, 0.03, 0.08, 0.16])),
                stacked=" " in brand.name and bool(rng.random() < 0.35),
                outlined=not short and bool(rng.random() < 0.15),
                icon=str(rng.choice(ICONS)) if rng.random() < 0.3 else None,
                ground=ground, ink=letters, accent=accent,
            ),
        )  # fmt: skip
    return marks


def repeated_advert(
    mark: Wordmark, width_m: float, height_m: float, *, texels_per_m: float, times: int, gap_em: float
) -> Advert:
    """A board that says a name several times, with little between."""
    columns, rows = round(width_m * texels_per_m), round(height_m * texels_per_m)
    texture = np.full((rows, columns, 3), mark.style.ground, np.uint8)
    word = mark.word
    gap = gap_em * word.shape[0]
    share = min(0.62 * rows / word.shape[0], 0.96 * columns / (times * word.shape[1] + (times - 1) * gap))
    size = (max(1, round(word.shape[1] * share)), max(1, round(word.shape[0] * share)))
    small = np.asarray(cv2.resize(word, size, interpolation=cv2.INTER_AREA), np.uint8)
    step = size[0] + gap * share
    first, top = (columns - (step * times - gap * share)) / 2, (rows - size[1]) // 2
    marks = []
    for index in range(times):
        left = round(first + index * step)
        tint(texture, small, left, top, mark.style.ink)
        box = (left / texels_per_m, top / texels_per_m, (left + size[0]) / texels_per_m, (top + size[1]) / texels_per_m)
        height = mark.line_px * share / texels_per_m
        marks.append(Mark(brand=mark.brand.name, mode="word", box=box, line_height=height))
    art = np.asarray(cv2.cvtColor(texture, cv2.COLOR_BGR2BGRA), np.uint8)
    return Advert(art=Ripmap(art, width_m, height_m), marks=tuple(marks))


def upright_advert(mark: Wordmark, width_m: float, height_m: float, *, texels_per_m: float) -> Advert:
    """A narrow banner with the letters one below another."""
    column = Column(mark.brand, mark.style)
    return board_advert(column, width_m, height_m, texels_per_m=texels_per_m, mode="word", look=0)


def running_text(text: str, height_px: int, colour: Colour, face: str = PLAIN_FACE) -> Pixels:
    """A line of text as a premultiplied BGRA layer as high as the line, descenders and accents included."""
    mask = ink(text, face, height_px)
    return np.asarray(cv2.merge([*(cv2.convertScaleAbs(mask, alpha=value / 255) for value in colour), mask]), np.uint8)


def _colours(rng: np.random.Generator, contrast: tuple[float, float]) -> tuple[Colour, Colour, Colour]:
    """Ground, letters and accent, BGR: random, but for the difference of luma between ground and letters."""
    while True:
        ground, letters, accent = _colour(rng), _colour(rng), _colour(rng)
        if contrast[0] <= abs(luma(ground) - luma(letters)) <= contrast[1]:
            return ground, letters, accent


def _colour(rng: np.random.Generator) -> Colour:
    """Any colour, white and black more often than others."""
    if rng.random() < 0.25:
        level = int(rng.choice([16, 28, 236, 252]))
        return level, level, level
    red, green, blue = colorsys.hsv_to_rgb(rng.random(), float(rng.uniform(0.15, 1.0)), float(rng.uniform(0.12, 1.0)))
    return round(blue * 255), round(green * 255), round(red * 255)


def luma(colour: Colour) -> float:
    """ITU-R BT.601."""
    return 0.114 * colour[0] + 0.587 * colour[1] + 0.299 * colour[2]
