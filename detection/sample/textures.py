"""Grass, crowd and night sky, drawn once per broadcast."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.sample.ripmap import Pixels
from detection.sample.wordmarks import Colour

SKINS: tuple[Colour, ...] = ((150, 186, 228), (120, 160, 205), (96, 132, 182), (70, 98, 142), (52, 72, 108))
HAIRS: tuple[Colour, ...] = ((24, 26, 30), (34, 48, 72), (60, 92, 130), (44, 44, 48), (88, 148, 190))
# Colourings that go together.
LOOKS: tuple[tuple[Colour, Colour], ...] = tuple(
    zip(SKINS, (HAIRS[4], HAIRS[2], HAIRS[1], HAIRS[0], HAIRS[3]), strict=True)
)


def smooth_noise(rng: np.random.Generator, rows: int, columns: int, grain: int) -> NDArray[np.float32]:
    """Noise of about unit size whose blotches are `grain` pixels wide."""
    coarse = rng.standard_normal((rows // grain + 2, columns // grain + 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC), np.float32)


def grass(rng: np.random.Generator, width_m: float, depth_m: float, texels_per_m: float, stripe_m: float) -> Pixels:
    """Mown stripes across the length, blotches, and the light of four masts. BGR."""
    columns, rows = round(width_m * texels_per_m), round(depth_m * texels_per_m)
    light = np.ones((rows, columns), np.float32)
    stripes = np.floor(np.arange(columns) / texels_per_m / stripe_m) % 2
    light *= (0.95 + 0.11 * stripes)[None, :].astype(np.float32)
    for grain, share in ((round(texels_per_m * 9), 0.035), (round(texels_per_m * 1.5), 0.022), (3, 0.03), (1, 0.028)):
        light += share * smooth_noise(rng, rows, columns, grain)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    away = ((x / columns - 0.5) ** 2 * 1.6 + (y / rows - 0.5) ** 2) * 0.35
    light -= away
    tone = np.array((62, 132, 76), np.float32) * (1 + 0.12 * (rng.random() - 0.5))
    warm = smooth_noise(rng, rows, columns, round(texels_per_m * 6))[..., None] * np.array((-2, 2, 5), np.float32)
    return np.asarray(np.clip(light[..., None] * tone + warm, 0, 255), np.uint8)


def crowd(
    rng: np.random.Generator, columns: int, rows: int, texels_per_m: float, colours: tuple[Colour, ...]
) -> Pixels:
    """Seats in rows, most of them taken, dimly lit. BGR of columns × rows seats; a seat is 0.55 m by 0.8 m."""
    fine = 2
    wide, tall = 0.55 * texels_per_m * fine, 0.8 * texels_per_m * fine
    texture = np.full((round(rows * tall), round(columns * wide), 3), (40, 34, 30), np.uint8)
    dress = np.array([*colours, *colours, (60, 58, 62), (120, 116, 112), (34, 34, 38), (70, 62, 110)], np.float32)
    for row in range(rows):
        foot = round((row + 1) * tall)
        cv2.line(texture, (0, foot), (texture.shape[1], foot), (58, 54, 52), max(1, round(tall * 0.12)))
        for column in range(columns):
            x = round((column + 0.5 + 0.12 * rng.standard_normal()) * wide)
            if rng.random() < 0.08:
                cv2.rectangle(texture, (x - 3, round(foot - tall * 0.5)), (x + 3, foot), (96, 60, 40), -1)
                continue
            light = rng.uniform(0.3, 0.55)
            cloth = tuple(float(v) for v in dress[rng.integers(len(dress))] * light)
            skin = tuple(float(v) for v in np.array(SKINS[rng.integers(len(SKINS))]) * (light + 0.16))
            top = foot - tall * rng.uniform(0.8, 1.02)
            shoulders = round(top + tall * 0.62)
            cv2.ellipse(texture, (x, shoulders), (round(wide * 0.42), round(tall * 0.34)), 0, 0, 360, cloth, -1)
            cv2.rectangle(texture, (x - round(wide * 0.42), shoulders), (x + round(wide * 0.42), foot), cloth, -1)
            cv2.circle(texture, (x, round(top + tall * 0.18)), max(2, round(tall * 0.16)), skin, -1)
    size = (texture.shape[1] // fine, texture.shape[0] // fine)
    # A little out of focus: the stands are never the subject.
    soft = cv2.GaussianBlur(texture, (0, 0), 1.8)
    return np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_AREA), np.uint8)


def night_roof(width_px: int, height_px: int) -> Pixels:
    """What is above the stands: a dark roof with a row of lamps. BGR."""
    shade = np.linspace(1.0, 0.45, height_px, dtype=np.float32)[:, None, None]
    roof = np.repeat(shade * np.array((46, 32, 24), np.float32), width_px, axis=1)
    glow = np.zeros((height_px, width_px), np.float32)
    step = width_px // 9
    for x in range(step // 2, width_px, step):
        cv2.ellipse(glow, (x, round(height_px * 0.06)), (step // 5, max(2, height_px // 90)), 0, 0, 360, 1.0, -1)
    wide = cv2.GaussianBlur(glow, (0, 0), height_px / 26)
    near = cv2.GaussianBlur(glow, (0, 0), height_px / 240)
    lit = roof + (wide * 150 + near * 220)[..., None] * np.array((1.0, 0.96, 0.88), np.float32)
    return np.asarray(np.clip(lit, 0, 255), np.uint8)
