"""Logos as cameras see them: on boards, shirts, plates and crests, beside their wordmarks, at an angle, cut off, small,
blurred, recoloured, badly lit and compressed; and how an exemplar is rendered.

Everything happens in a square that stands for a region's box, so one warp places the logo.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.logos.embedding import SIDE_PX
from mpr.pipeline.frames import Image
from training.logos.classes import SQUARE_PX, Classes
from training.logos.grounds import crop_of

CANVAS_PX = 96
_LEAST_STEP = 26.0
# Ink whose tones differ less than this from their mean keeps its shape when it is made flat.
_ONE_TONE = 24.0
Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What crops are made of: the classes, and pictures without logos."""

    classes: Classes
    grounds: Sequence[Image]


def exemplar_of(seen: Seen, place: int, draw: random.Random) -> Image:
    """A rendering as the gallery makes them: on light, dark or grey ground or flat, filling the crop or nearly."""
    picture = seen.classes.pictures[place]
    cover, ink = split(picture)
    kind = draw.random()
    if kind < 0.3 and _spread(ink, cover) <= _ONE_TONE:
        ink = np.zeros_like(ink) if draw.random() < 0.5 else np.full_like(ink, 255)
    elif kind < 0.15:
        ink = np.repeat(ink.mean(axis=2, keepdims=True), 3, axis=2)
    shown = _mean_ink(ink, cover)
    grounds = [tone for tone in (244.0, 24.0, 128.0) if abs(shown - tone) > 40] or [244.0]
    tone = grounds[0] if draw.random() < 0.5 else draw.choice(grounds)
    crop = _laid(ink, cover, np.full((*cover.shape[:2], 3), tone, np.float32))
    pad = round(SQUARE_PX * draw.choice((0.0, 0.0, 0.06)))
    if pad:
        crop = cv2.copyMakeBorder(crop, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=(tone, tone, tone))
    return np.asarray(
        cv2.resize(np.clip(crop, 0, 255).astype(np.uint8), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA), np.uint8
    )


def seen_crop(seen: Seen, place: int, draw: random.Random, *, hardness: float = 1.0) -> Image:
    """A logo in a crop of `SIDE_PX`, BGR. Hardness 0 to 1 widens what may happen to it."""
    cover, ink = split(seen.classes.pictures[place])
    aspect = float(seen.classes.aspects[place])
    ground = ground_of(seen, draw)
    ink, cover = coloured(ink, cover, ground, draw)
    homography, true_size = _placed(aspect, draw, hardness)
    ground = with_plate(ground, ink, cover, homography, draw)
    if draw.random() < 0.22:
        neighbours(seen, ground, homography, draw)
    warped = cv2.warpPerspective(
        np.concatenate([ink * cover, cover * 255], axis=2), homography, (CANVAS_PX, CANVAS_PX), flags=cv2.INTER_LINEAR
    )
    crop = warped[..., :3] + ground * (1 - warped[..., 3:] / 255)
    if draw.random() < 0.12 * hardness:
        cover_some(seen, crop, draw)
    return camera(crop, true_size, draw, hardness)


def empty_crop(seen: Seen, draw: random.Random) -> Image:
    """A crop without a logo."""
    picture = seen.grounds[draw.randrange(len(seen.grounds))]
    crop = crop_of(picture, draw, least_px=14).astype(np.float32)
    if draw.random() < 0.5:
        crop = crop[:, ::-1]
    if draw.random() < 0.3:
        crop = crop * draw.uniform(0.5, 1.4) + draw.uniform(-40, 40)
    size = crop.shape[1], crop.shape[0]
    square = cv2.resize(crop, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA)
    return camera(np.asarray(square, np.float32), size, draw, 0.5)


def shape_crop(seen: Seen, draw: random.Random) -> Image:
    """A plain disc, polygon, board or stroke, or several of them: shapes as such are no logos."""
    crop = ground_of(seen, draw)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        paint_shape(
            crop,
            (CANVAS_PX * draw.gauss(0.5, 0.12), CANVAS_PX * draw.gauss(0.5, 0.12)),
            CANVAS_PX * draw.uniform(0.5, 1.2),
            draw,
        )
    side = math.exp(draw.uniform(math.log(14), math.log(110)))
    return camera(crop, (side * draw.uniform(0.6, 1.6), side), draw, 0.5)


def paint_shape(image: NDArray[np.float32], middle: tuple[float, float], size: float, draw: random.Random) -> None:
    """Paint a plain shape of about that size."""
    colour = list(_colour(draw))
    (x, y), kind = middle, draw.randrange(5)
    if kind == 0:
        corners = cv2.boxPoints((middle, (size * draw.uniform(0.3, 1.5), size * 0.8), draw.gauss(0, 15)))
    elif kind == 1:
        sides = draw.randint(3, 9)
        turn = np.arange(sides) * 2 * np.pi / sides + draw.uniform(0, 7)
        corners = np.array(middle) + size / 2 * np.stack([np.cos(turn), np.sin(turn) * draw.uniform(0.6, 1)], axis=1)
    elif kind == 2:
        corners = np.array(
            [(x + draw.gauss(0, size / 3), y + draw.gauss(0, size / 3)) for _ in range(draw.randint(3, 6))]
        )
    elif kind == 3:
        axes = round(size / 2), round(size / 2 * draw.uniform(0.5, 1))
        whole = draw.choice((-1, -1, max(1, round(size * draw.uniform(0.05, 0.2)))))
        cv2.ellipse(image, (round(x), round(y)), axes, draw.uniform(0, 180), 0, 360, colour, whole, cv2.LINE_AA)
        return
    else:
        turn = draw.uniform(0, np.pi)
        reach = np.array([math.cos(turn), math.sin(turn)]) * size / 2
        ends = [tuple(int(value) for value in np.round(np.array(middle) + way * reach)) for way in (-1, 1)]
        cv2.line(image, ends[0], ends[1], colour, max(1, round(size * draw.uniform(0.04, 0.3))), cv2.LINE_AA)
        return
    cv2.fillPoly(image, [np.round(np.asarray(corners) * 8).astype(np.int32)], colour, cv2.LINE_AA, 3)


def text_crop(seen: Seen, draw: random.Random) -> Image:
    """Some letters of a word that is none of the logos."""
    words = np.flatnonzero(seen.classes.kinds == "word")
    place = int(words[draw.randrange(len(words))])
    picture = seen.classes.pictures[place]
    share = draw.choice((0.15, 0.3, 0.5))
    start = draw.uniform(0, 1 - share)
    part = picture[:, int(start * SQUARE_PX) : max(int(start * SQUARE_PX) + 6, int((start + share) * SQUARE_PX))]
    cover, _ = split(np.asarray(cv2.resize(part, (SQUARE_PX, SQUARE_PX), interpolation=cv2.INTER_LINEAR), np.uint8))
    ground = ground_of(seen, draw)
    tone = np.array(_colour(draw), np.float32)
    aspect = max(0.25, float(seen.classes.aspects[place]) * share)
    homography, size = _placed(aspect, draw, 0.6)
    mask = cv2.warpPerspective(cover, homography, (CANVAS_PX, CANVAS_PX), flags=cv2.INTER_LINEAR)[..., None]
    return camera(np.asarray(ground * (1 - mask) + tone * mask, np.float32), size, draw, 0.6)


def split(picture: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Cover (h, w, 1) 0 to 1, and ink (h, w, 3)."""
    return picture[..., 3:].astype(np.float32) / 255, picture[..., :3].astype(np.float32)


def _mean_ink(ink: NDArray[np.float32], cover: NDArray[np.float32]) -> float:
    return float((ink * cover).sum() / max(float(cover.sum()) * 3, 1.0))


def _laid(ink: NDArray[np.float32], cover: NDArray[np.float32], ground: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(ink * cover + ground * (1 - cover), np.float32)


def _colour(draw: random.Random) -> Colour:
    kind = draw.random()
    if kind < 0.2:
        return (draw.uniform(225, 255),) * 3
    if kind < 0.35:
        return (draw.uniform(5, 40),) * 3
    return draw.uniform(0, 255), draw.uniform(0, 255), draw.uniform(0, 255)


def ground_of(seen: Seen, draw: random.Random) -> NDArray[np.float32]:
    """Flat, shaded or a picture."""
    kind = draw.random()
    if kind < 0.62:
        ground = np.empty((CANVAS_PX, CANVAS_PX, 3), np.float32)
        ground[:] = _colour(draw)
        if kind > 0.4:
            ramp = np.linspace(-1, 1, CANVAS_PX, dtype=np.float32) * draw.uniform(-45, 45)
            ground += ramp[None, :, None] if draw.random() < 0.5 else ramp[:, None, None]
        return ground
    picture = crop_of(seen.grounds[draw.randrange(len(seen.grounds))], draw)
    ground = cv2.resize(picture, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    if kind > 0.8:
        calm = draw.uniform(0.15, 0.6)
        ground = ground.mean(axis=(0, 1)) * (1 - calm) + ground * calm
    return ground


def coloured(
    ink: NDArray[np.float32], cover: NDArray[np.float32], ground: NDArray[np.float32], draw: random.Random
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The logo in its own colours, flat in one, shifted or as a negative; it stands out from its ground."""
    kind = draw.random()
    if kind < 0.16:
        ink = ink[..., list(draw.choice(((1, 2, 0), (2, 0, 1), (2, 1, 0))))]
    elif kind < 0.24:
        ink = 255 - ink
    elif kind < 0.34:
        ink = ink * draw.uniform(0.4, 0.9) + draw.uniform(0, 60)
    near = np.abs(_tone(ink, cover) - ground.mean(axis=(0, 1))).max() < _LEAST_STEP
    if kind > 0.66 or near:
        flat = _colour(draw)
        for _ in range(8):
            if np.abs(np.array(flat) - ground.mean(axis=(0, 1))).max() >= _LEAST_STEP + 20 * draw.random():
                break
            flat = _colour(draw)
        if _spread(ink, cover) > _ONE_TONE:
            # Several tones must not run into one: keep them apart as tints.
            grey = ink.mean(axis=2, keepdims=True) / 255
            other = ground.mean(axis=(0, 1)) if draw.random() < 0.6 else np.array(_colour(draw), np.float32)
            if draw.random() < 0.5:
                grey = 1 - grey
            ink = np.array(flat, np.float32) * grey + other * (1 - grey)
        else:
            ink = np.zeros_like(ink) + np.array(flat, np.float32)
    if draw.random() < 0.05:
        cover = cover * draw.uniform(0.5, 0.9)
    return ink.astype(np.float32), cover


def _tone(ink: NDArray[np.float32], cover: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray((ink * cover).sum(axis=(0, 1)) / max(1.0, float(cover.sum())), np.float32)


def _spread(ink: NDArray[np.float32], cover: NDArray[np.float32]) -> float:
    """By how much the tones of the ink differ from their mean."""
    apart = np.abs(ink - _tone(ink, cover)).max(axis=2, keepdims=True)
    return float((apart * cover).sum() / max(1.0, float(cover.sum())))


def _placed(aspect: float, draw: random.Random, hardness: float) -> tuple[NDArray[np.float64], tuple[float, float]]:
    """What brings the square picture into the canvas, and how large its box is in the frame, in pixels."""
    wide, tall = math.sqrt(aspect), 1 / math.sqrt(aspect)
    corners = np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall)]) / 2
    kind = draw.random()
    turn = 0.0 if kind < 0.4 else math.radians(draw.gauss(0, 5 if kind < 0.75 else 14 * hardness + 3))
    if draw.random() < 0.015:
        turn += draw.choice((-1, 1)) * math.pi / 2
    squeeze = 1.0 if draw.random() < 0.6 else draw.uniform(0.45, 1.0)
    lean = draw.gauss(0, 0.13) if draw.random() < 0.35 else 0.0
    spin = np.array([(math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))])
    moved = corners @ np.array([(squeeze, lean * 0.3), (lean, 1.0)]) @ spin.T
    if draw.random() < 0.5:
        depth = np.array([(draw.gauss(0, 0.12), draw.gauss(0, 0.12))]) * hardness
        moved = moved / (1 + moved @ depth.T)
    low, high = moved.min(axis=0), moved.max(axis=0)
    size = high - low
    # The box that was proposed: a little larger or smaller, beside the mark, or cutting some of it off.
    loose = draw.choice((0.03, 0.08, 0.2 * hardness + 0.05))
    before = np.array([draw.uniform(-0.4, 1), draw.uniform(-0.4, 1)]) * loose * size
    after = np.array([draw.uniform(-0.4, 1), draw.uniform(-0.4, 1)]) * loose * size
    if draw.random() < 0.13:
        side = draw.randrange(2)
        (before if draw.random() < 0.5 else after)[side] = -draw.uniform(0.08, 0.26) * size[side]
    elif draw.random() < 0.14:
        side = draw.randrange(2)
        (before if draw.random() < 0.5 else after)[side] = draw.uniform(0.2, 0.9) * size[side]
    low, high = low - before, high + after
    target = (moved - low) / (high - low) * CANVAS_PX
    source = np.array([(0, 0), (SQUARE_PX, 0), (SQUARE_PX, SQUARE_PX), (0, SQUARE_PX)], np.float32)
    homography = cv2.getPerspectiveTransform(source, target.astype(np.float32))
    area_px = math.exp(draw.uniform(math.log(15), math.log(110)))
    box = (high - low) * area_px
    return homography, (max(6.0, float(box[0])), max(6.0, float(box[1])))


def with_plate(
    ground: NDArray[np.float32],
    ink: NDArray[np.float32],
    cover: NDArray[np.float32],
    homography: NDArray[np.float64],
    draw: random.Random,
) -> NDArray[np.float32]:
    """With a plate, disc, ring or shield between ground and logo, of which the crop may show the rim."""
    if draw.random() > 0.22:
        return ground
    tone = np.array(_colour(draw), np.float32)
    for _ in range(8):
        if np.abs(_tone(ink, cover) - tone).max() > _LEAST_STEP + 10:
            break
        tone = np.array(_colour(draw), np.float32)
    room = draw.uniform(0.03, 0.28) * SQUARE_PX
    low, high, middle = -room, SQUARE_PX + room, SQUARE_PX / 2
    shape = draw.randrange(4)
    if shape == 0:
        outline = np.array([(low, low), (high, low), (high, high), (low, high)])
    elif shape == 1:
        turn = np.linspace(0, 2 * math.pi, 40)
        power = draw.choice((1.0, 0.5))
        reach = (middle + room) * (1.3 if power == 1.0 else 1.05)
        points = np.stack([np.cos(turn), np.sin(turn)], axis=1)
        outline = middle + reach * np.sign(points) * np.abs(points) ** power
    elif shape == 2:
        drop = np.linspace(0, math.pi, 20)
        arc = np.stack([middle + (middle + room) * np.cos(drop), middle + (middle + 2 * room) * np.sin(drop)], axis=1)
        outline = np.concatenate([[(low, low), (high, low)], arc])
    else:
        outline = np.array([(middle, low * 3), (high * 1.25, middle), (middle, high * 1.25), (low * 3, middle)])
    points = cv2.perspectiveTransform(outline[None].astype(np.float64), homography)[0]
    pixels = np.round(np.clip(points, -4000, 4000) * 8).astype(np.int32)
    laid = ground.copy()
    cv2.fillPoly(laid, [pixels], tone.tolist(), cv2.LINE_AA, 3)
    if draw.random() < 0.4:
        cv2.polylines(laid, [pixels], True, _colour(draw), draw.randint(1, 5), cv2.LINE_AA, 3)
    return laid


def neighbours(seen: Seen, ground: NDArray[np.float32], homography: NDArray[np.float64], draw: random.Random) -> None:
    """Words or another mark right beside the logo, as far as the crop shows that."""
    words = np.flatnonzero(seen.classes.kinds == "word")
    other = int(words[draw.randrange(len(words))]) if draw.random() < 0.7 else draw.randrange(len(seen.classes.kinds))
    cover, _ = split(seen.classes.pictures[other])
    gap, side = draw.uniform(0.03, 0.15), draw.randrange(4)
    wide, tall = (
        (draw.uniform(0.8, 3), draw.uniform(0.3, 0.9))
        if side % 2 == 0
        else (draw.uniform(0.9, 1.6), draw.uniform(0.15, 0.4))
    )
    left = {0: 1 + gap, 2: -gap - wide}.get(side, 0.5 - wide / 2)
    top = {1: 1 + gap, 3: -gap - tall}.get(side, 0.5 - tall / 2)
    beside = np.array([(wide, 0, left * SQUARE_PX), (0, tall, top * SQUARE_PX), (0, 0, 1)])
    mask = cv2.warpPerspective(cover, homography @ beside, ground.shape[1::-1], flags=cv2.INTER_LINEAR)[..., None]
    ground[:] = ground * (1 - mask) + np.array(_colour(draw), np.float32) * mask


def cover_some(seen: Seen, crop: NDArray[np.float32], draw: random.Random) -> None:
    """Something before a part of it, mostly at an edge."""
    wide, tall = (round(draw.uniform(0.1, 0.35) * CANVAS_PX) for _ in range(2))
    left = draw.choice((0, CANVAS_PX - wide, draw.randrange(CANVAS_PX - wide)))
    top = draw.choice((0, CANVAS_PX - tall, draw.randrange(CANVAS_PX - tall)))
    if draw.random() < 0.5:
        wide = CANVAS_PX - left if draw.random() < 0.2 else wide
    part = crop_of(seen.grounds[draw.randrange(len(seen.grounds))], draw)
    crop[top : top + tall, left : left + wide] = cv2.resize(part, (min(wide, CANVAS_PX - left), tall))


def camera(crop: NDArray[np.float32], size: tuple[float, float], draw: random.Random, hardness: float) -> Image:
    """Seen at that size in pixels: light, blur, movement, noise, compression."""
    wide, tall = (max(5, min(CANVAS_PX, round(side))) for side in size)
    if draw.random() < 0.3:
        light = np.linspace(draw.uniform(0.5, 1.1), draw.uniform(0.5, 1.1), CANVAS_PX, dtype=np.float32)
        crop = crop * (light[None, :, None] if draw.random() < 0.5 else light[:, None, None])
    if draw.random() < 0.3:
        crop = crop * draw.uniform(0.35, 1.15) + draw.uniform(-10, 70)
    if draw.random() < 0.08:
        crop = np.repeat(crop.mean(axis=2, keepdims=True), 3, axis=2)
    small = np.asarray(cv2.resize(np.clip(crop, 0, 255), (wide, tall), interpolation=cv2.INTER_AREA), np.float32)
    if draw.random() < 0.6:
        sigma = abs(draw.gauss(0, 0.025 + 0.02 * hardness)) * math.sqrt(wide * tall)
        if sigma > 0.25:
            small = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma), np.float32)
    if draw.random() < 0.12:
        length = max(3, round(draw.uniform(0.04, 0.16) * wide))
        small = np.asarray(cv2.blur(small, (length, 1)), np.float32)
    if draw.random() < 0.5:
        noise = np.empty_like(small)
        cv2.randn(noise, 0, draw.uniform(1, 9))
        small = small + noise
    packed = np.clip(small, 0, 255).astype(np.uint8)
    if draw.random() < 0.55:
        _, code = cv2.imencode(".jpg", packed, [cv2.IMWRITE_JPEG_QUALITY, draw.randint(28, 92)])
        packed = cv2.imdecode(code, cv2.IMREAD_COLOR)
    how = cv2.INTER_AREA if min(wide, tall) > SIDE_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(packed, (SIDE_PX, SIDE_PX), interpolation=how), np.uint8)
