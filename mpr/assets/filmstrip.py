"""The filmstrip: small pictures of an asset's keyframes, and where its shots seem to begin. Pure: no Django.

Only keyframes are decoded, which takes seconds for what plays for minutes. A stretch is one `Strip`: its pictures in
one sheet, and of each keyframe how it looks, from which shots are told at once, for the whole asset.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.pipeline.blobs import Blobs
from mpr.pipeline.codec import Record
from mpr.pipeline.context import Span
from mpr.pipeline.frames import encode_jpeg
from mpr.pipeline.playback import Converter, shown_frames
from mpr.pipeline.timeline import TimelineFacts

TILE_WIDTH_PX, TILE_HEIGHT_PX = 160, 90
COLUMNS = 10
_QUALITY = 70
# Pictures nearer to each other than this are not kept; of a short file more of them are.
_STEP_S = 2.0
_LEAST_STEP_S = 0.4
_MOST_TILES = 150
_LOOK_COLUMNS, _LOOK_ROWS = 16, 9
# Mean difference of two looks, in grey levels: a camera that pans for two seconds stays below, another picture seldom
# does. It must also stand out among its neighbours.
_LEAST_CHANGE = 22.0
_STANDS_OUT = 1.8
_NEIGHBOURS = 4


class Strip(Record):
    """The filmstrip of a stretch. `tiles_s` are the times of the pictures in `sheet`, a JPEG of tiles of 160 × 90
    pixels in rows of ten; `looks_s` those of all keyframes and `looks` their 16 × 9 pixels in BGR, one after the
    other."""

    tiles_s: list[float]
    sheet: bytes
    looks_s: list[float]
    looks: bytes


def draw_strip(facts: TimelineFacts, span: Span, media: Blobs, progress: Callable[[float], None]) -> Strip:
    """Decode the keyframes of a stretch. A stretch without any has an empty strip. Raises BadVideo, NotFound."""
    converter = Converter(TILE_WIDTH_PX, TILE_HEIGHT_PX)
    step_s = min(_STEP_S, max(_LEAST_STEP_S, facts.duration_s / _MOST_TILES))
    tiles: list[NDArray[np.uint8]] = []
    tiles_s: list[float] = []
    looks: list[bytes] = []
    looks_s: list[float] = []
    frames = shown_frames(
        facts, span, media, threads=1, keyframes_only=True, deblocks_all=False, on_damage=lambda chunk, count: None
    )
    for shown in frames:
        picture = converter.picture(shown.frame)
        looks_s.append(shown.time_s)
        looks.append(cv2.resize(picture, (_LOOK_COLUMNS, _LOOK_ROWS), interpolation=cv2.INTER_AREA).tobytes())
        if not tiles_s or shown.time_s - tiles_s[-1] >= step_s - 1e-3:
            tiles_s.append(shown.time_s)
            tiles.append(_fitted(picture, facts))
        progress((shown.time_s - span.start_s) / (span.end_s - span.start_s))
    return Strip(tiles_s=tiles_s, sheet=_sheet(tiles), looks_s=looks_s, looks=b"".join(looks))


def shot_starts(strips: Iterable[Strip]) -> list[float]:
    """When shots begin, the first one left out, as far as keyframes tell: at the first keyframe of the new shot."""
    times_s: list[float] = []
    looks: list[NDArray[np.int16]] = []
    for strip in strips:
        times_s += strip.looks_s
        found = np.frombuffer(strip.looks, np.uint8).reshape(len(strip.looks_s), -1)
        looks += list(found.astype(np.int16))
    changes = [float(np.abs(after - before).mean()) for before, after in pairwise(looks)]
    return [times_s[place + 1] for place, change in enumerate(changes) if _is_cut(changes, place, change)]


def _is_cut(changes: Sequence[float], place: int, change: float) -> bool:
    around = [*changes[max(0, place - _NEIGHBOURS) : place], *changes[place + 1 : place + 1 + _NEIGHBOURS]]
    usual = float(np.median(around)) if around else 0.0
    return change >= _LEAST_CHANGE and change >= _STANDS_OUT * usual


def _fitted(picture: NDArray[np.uint8], facts: TimelineFacts) -> NDArray[np.uint8]:
    """The picture in its own proportions, with black beside it."""
    share = facts.width_px / facts.height_px
    width_px = min(TILE_WIDTH_PX, max(1, round(TILE_HEIGHT_PX * share)))
    height_px = min(TILE_HEIGHT_PX, max(1, round(TILE_WIDTH_PX / share)))
    if (width_px, height_px) == (TILE_WIDTH_PX, TILE_HEIGHT_PX):
        return picture
    tile = np.zeros((TILE_HEIGHT_PX, TILE_WIDTH_PX, 3), np.uint8)
    left, top = (TILE_WIDTH_PX - width_px) // 2, (TILE_HEIGHT_PX - height_px) // 2
    tile[top : top + height_px, left : left + width_px] = cv2.resize(
        picture, (width_px, height_px), interpolation=cv2.INTER_AREA
    )
    return tile


def _sheet(tiles: Sequence[NDArray[np.uint8]]) -> bytes:
    if not tiles:
        return b""
    rows = math.ceil(len(tiles) / COLUMNS)
    sheet = np.zeros((rows * TILE_HEIGHT_PX, min(COLUMNS, len(tiles)) * TILE_WIDTH_PX, 3), np.uint8)
    for place, tile in enumerate(tiles):
        top, left = place // COLUMNS * TILE_HEIGHT_PX, place % COLUMNS * TILE_WIDTH_PX
        sheet[top : top + TILE_HEIGHT_PX, left : left + TILE_WIDTH_PX] = tile
    return encode_jpeg(sheet, quality=_QUALITY)
