"""The typefaces of the sample broadcast, and text as ink masks.

All come with installed packages, since a fresh machine has no fonts: SIL Open Font License families from `fontpkg`,
and Aileron, which Pillow carries itself.
"""

from __future__ import annotations

from functools import lru_cache

import fontpkg
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.uint8]

AILERON = "Aileron"
# Variable families need a weight; logos and captions are set bold.
_WEIGHTS = {"Orbitron": 800, "Oswald": 600}
DISPLAY_FACES = (
    "Abril Fatface",
    "Anton",
    "Bebas Neue",
    "Lobster",
    "Orbitron",
    "Oswald",
    "Righteous",
    "Russo One",
    AILERON,
)
# Unreadable in capitals: only ever set in upper and lower case.
SCRIPT_FACES = frozenset({"Lobster"})


@lru_cache(maxsize=128)
def typeface(face: str, size_px: int) -> ImageFont.FreeTypeFont:
    """The named face at an em size in px. Raises fontpkg.FamilyNotInstalled for an unknown name."""
    if face == AILERON:
        font = ImageFont.load_default(size_px)
        if not isinstance(font, ImageFont.FreeTypeFont):
            raise RuntimeError("Pillow was built without FreeType; install a Pillow wheel that has it.")
        return font
    font = ImageFont.truetype(str(fontpkg.path(face, nearest=True)), size_px)
    if face in _WEIGHTS:
        font.set_variation_by_axes([_WEIGHTS[face]])
    return font


@lru_cache(maxsize=512)
def ink(text: str, face: str, size_px: int, tracking_em: float = 0.0) -> Mask:
    """Anti-aliased coverage of `text`, cropped to its ink: uint8 (h, w). `tracking_em` widens each letter gap."""
    font = typeface(face, size_px)
    canvas = Image.new("L", (round(font.getlength(text) + (abs(tracking_em) * len(text) + 2) * size_px), size_px * 3))
    pen = ImageDraw.Draw(canvas)
    x_px = float(size_px)
    if tracking_em == 0.0:
        pen.text((x_px, size_px), text, font=font, fill=255)
    else:
        for index, letter in enumerate(text):
            # The advance with the next letter keeps the pair's kerning.
            pair = text[index : index + 2]
            pen.text((x_px, size_px), letter, font=font, fill=255)
            x_px += font.getlength(pair) - font.getlength(pair[1:]) + tracking_em * size_px
    box = canvas.getbbox()
    if box is None:
        raise ValueError(f"The text {text!r} leaves no ink; give it a visible letter.")
    mask = np.asarray(canvas.crop(box), np.uint8)
    mask.flags.writeable = False
    return mask
