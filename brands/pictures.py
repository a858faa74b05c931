"""Pictures of logos as people have them (SVG, PNG, JPEG), made into what is stored: one small PNG."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from brands.svg import draw_svg, is_svg
from mpr.errors import BadInput

MOST_BYTES = 10_000_000
_MOST_PIXELS = 50_000_000
_LONGEST_PX = 1024
_LEAST_PX = 8
_MOST_RATIO = 20
# Cover from which a pixel shows ink, and what an opaque picture may differ from the one colour of its border by and
# still be ground (0 to 255). detection.logos takes the ink of an exemplar in the same way.
_COVER, _GROUND_STEP, _SHARE_OF_BORDER = 24, 18, 0.95


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A logo as it is stored: PNG with RGB or RGBA of 8 bits each, no side longer than 1024 px."""

    png: bytes
    width_px: int
    height_px: int


def read_picture(data: bytes, *, called: str) -> Picture:
    """The picture in the bytes of an SVG, PNG or JPEG file, whatever its name says. `called` names it in messages.

    Raises BadInput with a sentence for what is none of them, damaged, too large, or shows nothing.
    """
    if not data:
        raise BadInput(f"{called} is empty; choose a picture of the logo.")
    if len(data) > MOST_BYTES:
        raise BadInput(f"{called} is larger than {MOST_BYTES // 1_000_000} MB; a logo needs far less, make it smaller.")
    image = _read(draw_svg(data, called=called) if is_svg(data) else data, called)
    if max(image.size) > _LONGEST_PX:
        image = _smaller(image)
    _refuse_empty(image, called)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=9)
    return Picture(png=out.getvalue(), width_px=image.width, height_px=image.height)


def _read(data: bytes, called: str) -> Image.Image:
    """The first picture in a file, upright, as RGB or RGBA."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG")) as file:
            width, height = file.size
            if width * height > _MOST_PIXELS:
                raise BadInput(
                    f"{called} has {width} × {height} pixels; a logo needs no more than {_LONGEST_PX} on its longer "
                    "side, make it smaller."
                )
            if min(width, height) < _LEAST_PX:
                raise BadInput(
                    f"{called} has {width} × {height} pixels; give a picture of at least {_LEAST_PX} × {_LEAST_PX}."
                )
            if max(width, height) > _MOST_RATIO * min(width, height):
                raise BadInput(f"{called} is more than {_MOST_RATIO} times longer than wide; cut it to the logo.")
            upright = ImageOps.exif_transpose(file)
            return _in_colour(upright)
    except UnidentifiedImageError as error:
        raise BadInput(f"{called} is no SVG, PNG or JPEG; save the logo as one of them.") from error
    except (OSError, SyntaxError, ValueError, zlib.error, Image.DecompressionBombError) as error:
        raise BadInput(f"{called} is damaged and cannot be read; save it again.") from error


def _in_colour(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Grey with 16 bits, which Pillow would clip.
        return Image.fromarray((np.asarray(image, np.uint32) >> 8).astype(np.uint8)).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("RGB")


def _smaller(image: Image.Image) -> Image.Image:
    """At most so large; colours are averaged by their cover, so that nothing shines through at edges."""
    scale = _LONGEST_PX / max(image.size)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    if image.mode == "RGBA":
        return image.convert("RGBa").resize(size, Image.Resampling.BOX).convert("RGBA")
    return image.resize(size, Image.Resampling.BOX)


def _refuse_empty(image: Image.Image, called: str) -> None:
    ink = _ink(image)
    if min(int(ink.any(axis=0).sum()), int(ink.any(axis=1).sum())) < _LEAST_PX:
        raise BadInput(f"{called} shows nothing but one colour, or only a speck; give a picture of the logo.")


def _ink(image: Image.Image) -> NDArray[np.bool_]:
    pixels = np.asarray(image)
    if pixels.shape[2] == 4 and pixels[..., 3].min() <= 250:
        return np.asarray(pixels[..., 3] > _COVER)
    colours = pixels[..., :3].astype(np.int16)
    border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
    ground = np.median(border, axis=0)
    plain = (np.abs(border - ground).max(axis=1) <= _GROUND_STEP).mean() >= _SHARE_OF_BORDER
    if not plain:
        return np.ones(colours.shape[:2], np.bool_)
    return np.asarray(np.abs(colours - ground).max(axis=2) > _GROUND_STEP)
