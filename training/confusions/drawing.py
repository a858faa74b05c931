"""Lines of letters as a camera sees them on a board, cut out as `preprocess` cuts boxes."""

from __future__ import annotations

import random
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mpr.pipeline.frames import Image as Picture
from mpr.pipeline.frames import decode_jpeg, encode_jpeg

_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxz", "aeiouy"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_CROP_HEIGHT_PX = 48


def draw_text(draw: random.Random, *, script: bool) -> str:
    """Letters without order, so that every pair is seen; words that could be names, in which readers err otherwise;
    and now and then digits."""
    length = draw.randint(3, 10)
    kind = draw.random()
    if kind < 0.5:
        text = "".join(draw.choices(_LETTERS, k=length))
    elif kind < 0.6:
        text = "".join(draw.choices(_LETTERS + "0123456789", k=length))
    else:
        start = draw.random() < 0.5
        text = "".join(draw.choice(_VOWELS if (place % 2) == start else _CONSONANTS) for place in range(length))
    case = draw.random()
    if script or case < 0.25:
        return text.title()
    return text.upper() if case < 0.75 else text


def picture_of(text: str, font: ImageFont.FreeTypeFont, draw: random.Random) -> Picture:
    """A crop of 48 px height (BGR) of the text: small, blurred, slanted, in two colours, compressed."""
    mask = _ink(text, font, tracking_px=draw.choice((0, 0, draw.uniform(-3, 12))), draw=draw)
    mask = _warped(mask, draw)
    height_px = draw.choice((draw.uniform(9, 20), draw.uniform(14, 40)))
    scale = height_px / mask.shape[0]
    size = (max(4, round(mask.shape[1] * scale)), max(4, round(height_px)))
    small = np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32)
    frame = _coloured(np.asarray(small / 255, np.float32), draw)
    sigma = draw.choice((0.0, draw.uniform(0.3, 0.11 * height_px)))
    if sigma:
        along = sigma * draw.choice((1.0, 1.0, draw.uniform(1.0, 2.5)))
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), sigmaX=along, sigmaY=sigma), np.float32)
    noise = np.random.default_rng(draw.randrange(2**32)).normal(0, draw.choice((0, 4, 10)), frame.shape)
    noisy = np.clip(frame + noise, 0, 255).astype(np.uint8)
    packed = encode_jpeg(noisy, quality=draw.randint(40, 95))
    seen = decode_jpeg(packed)
    width_px = max(1, round(seen.shape[1] * _CROP_HEIGHT_PX / seen.shape[0]))
    return cast(Picture, cv2.resize(seen, (width_px, _CROP_HEIGHT_PX), interpolation=cv2.INTER_LINEAR))


def _ink(text: str, font: ImageFont.FreeTypeFont, *, tracking_px: float, draw: random.Random) -> NDArray[np.uint8]:
    """Coverage of the letters with room around them as detectors leave it."""
    size_px = round(font.size)
    canvas = Image.new("L", (round(font.getlength(text) + (12 * len(text)) + 4 * size_px), size_px * 3))
    pen = ImageDraw.Draw(canvas)
    x_px = 2.0 * size_px
    outline_px = 2 if draw.random() < 0.05 else 0
    if tracking_px == 0:
        pen.text((x_px, size_px), text, font=font, fill=255, stroke_width=outline_px)
    else:
        for letter in text:
            pen.text((x_px, size_px), letter, font=font, fill=255, stroke_width=outline_px)
            x_px += font.getlength(letter) + tracking_px
    ink = np.asarray(canvas)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not rows.size:
        return np.zeros((size_px, size_px), np.uint8)
    tall = int(rows[-1] - rows[0] + 1)
    above, below, left, right = (round(draw.uniform(0.0, 0.25) * tall) for _ in range(4))
    return np.pad(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], ((above, below), (left, right)))


def _warped(mask: NDArray[np.uint8], draw: random.Random) -> NDArray[np.uint8]:
    """What is left of slant and perspective in a crop."""
    height, width = mask.shape
    lean = draw.choice((0.0, draw.uniform(-0.25, 0.25))) * height
    rise = draw.choice((0.0, draw.uniform(-0.12, 0.12))) * height
    narrow = draw.choice((0.0, draw.uniform(0.0, 0.12))) * height
    left, right = max(0.0, -lean), max(0.0, lean)
    top, bottom = max(0.0, -rise), max(0.0, rise)
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    target = np.array(
        [
            (right, bottom),
            (width + right, top + narrow),
            (width + left, height + top - narrow),
            (left, height + bottom),
        ],
        np.float32,
    )
    size = (round(width + left + right) + 1, round(height + top + bottom) + 1)
    return np.asarray(cv2.warpPerspective(mask, cv2.getPerspectiveTransform(source, target), size), np.uint8)


def _coloured(mask: NDArray[np.float32], draw: random.Random) -> NDArray[np.float32]:
    """The letters in one colour upon another, at least a little apart in brightness."""
    while True:
        ink, ground = (np.array([draw.uniform(0, 255) for _ in range(3)], np.float32) for _ in range(2))
        if abs(float(ink.mean() - ground.mean())) > draw.choice((30, 70)):
            break
    light = np.linspace(1.0, draw.uniform(0.7, 1.0), mask.shape[1], dtype=np.float32)[None, :, None]
    return np.asarray((ground + mask[..., None] * (ink - ground)) * light, np.float32)
