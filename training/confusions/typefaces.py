"""The typefaces that letters are drawn in: text faces, display faces and scripts, none of which the sample broadcast
or the clips of the accuracy benchmark use, so that those stay a test."""

from __future__ import annotations

import random
from functools import lru_cache

import fontpkg
from PIL import ImageFont

FACES = (
    "Acme", "Alumni Sans", "Archivo", "Archivo Narrow", "Arvo", "Baloo 2", "Bitter", "Bodoni Moda", "Chakra Petch",
    "Changa One", "Comfortaa", "Dosis", "Exo 2", "Fredoka", "Gravitas One", "Hammersmith One", "Josefin Sans", "Jost",
    "Kanit", "League Spartan", "Lexend", "Lilita One", "Marcellus", "Montserrat", "Play", "Press Start 2P", "Quicksand",
    "Rajdhani", "Ramabhadra", "Roboto Condensed", "Roboto Slab", "Rowdies", "Saira", "Saira Condensed", "Share Tech",
    "Space Mono", "Spectral", "Syne", "Teko", "Titillium Web", "Unbounded", "Varela Round", "Viga", "Vollkorn",
    "Yanone Kaffeesatz",
)  # fmt: skip
# Unreadable in capitals.
SCRIPT_FACES = ("Caveat", "Dancing Script", "Great Vibes", "Kalam", "Lobster Two", "Oleo Script", "Satisfy")
_SIZE_PX = 64


@lru_cache(maxsize=512)
def _loaded(path: str, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(path, _SIZE_PX)
    if weight:
        axes = font.get_variation_axes()
        values = [float(axis["default"] or 0) for axis in axes]
        for number, axis in enumerate(axes):
            if b"Weight" in bytes(axis["name"] or b""):
                values[number] = min(max(float(weight), float(axis["minimum"] or 0)), float(axis["maximum"] or 0))
        font.set_variation_by_axes(values)
    return font


def draw_face(draw: random.Random) -> tuple[ImageFont.FreeTypeFont, bool]:
    """A face in any of its weights, upright or slanted, and whether it is a script."""
    script = draw.random() < 0.08
    family = fontpkg.family(draw.choice(SCRIPT_FACES if script else FACES))
    file = draw.choice(sorted(family.files, key=lambda one: str(one.path)))
    weight = draw.choice((400, 500, 600, 700, 800, 900)) if "[" in file.path.name else 0
    return _loaded(str(file.path), weight), script
