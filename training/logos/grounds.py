"""What stands behind and beside logos, and what must not be taken for one: drawn textures, drawn broadcasts without
brands, the free photographs that come with scikit-image, and other words."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.draw.plan import plan_clip
from detection.sample.textures import grass, night_roof, smooth_noise
from mpr.pipeline.frames import Image

# Clips of these numbers show no brand: pictures without text, and other text only.
_BARE, _WORDS, _KINDS = 8, 9, 10
_CLIPS, _FRAMES_A_CLIP = 24, 4
_TEXTURES = 150
_SIZE_PX = (640, 360)
# Public domain or CC0.
_PHOTOGRAPHS = (
    "astronaut",
    "brick",
    "camera",
    "cat",
    "coffee",
    "coins",
    "grass",
    "gravel",
    "hubble_deep_field",
    "moon",
    "rocket",
)


def load_grounds(cache_dir: Path, *, seed: int) -> list[Image]:
    """Pictures (BGR) without logos, made once and kept in the cache folder."""
    path = cache_dir / f"grounds-{seed}.npz"
    if not path.is_file():
        made = [*_photographs(), *_textures(np.random.default_rng([seed, 5])), *_broadcasts(seed)]
        np.savez(path, **{f"{number:04d}": picture for number, picture in enumerate(made)})
        print(f"{len(made)} grounds drawn", flush=True)
    with np.load(path) as kept:
        return [kept[name] for name in sorted(kept.files)]


def _photographs() -> Iterator[Image]:
    from skimage import data

    for name in _PHOTOGRAPHS:
        picture = np.asarray(getattr(data, name)())
        coloured = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR if picture.ndim == 2 else cv2.COLOR_RGB2BGR)
        yield np.asarray(coloured, np.uint8)


def _broadcasts(seed: int) -> Iterator[Image]:
    for number in range(_CLIPS):
        kind = _BARE if number % 3 else _WORDS
        plan = plan_clip(number * _KINDS + kind, seed=seed, size_px=_SIZE_PX)
        for place in range(_FRAMES_A_CLIP):
            picture, _, _ = plan.reel.frame((place * plan.reel.frame_count) // _FRAMES_A_CLIP)
            yield picture.pixels.copy()


def _textures(rng: np.random.Generator) -> Iterator[Image]:
    yield grass(rng, 50, 26, 14.0, 5.0)
    yield night_roof(640, 360)
    makers = (_clouds, _water, _stripes, _blobs, _foliage, _folds, _mesh)
    for number in range(_TEXTURES):
        yield makers[number % len(makers)](rng)


def _tinted(rng: np.random.Generator, light: NDArray[np.float32]) -> Image:
    """Light (about 1) times a colour, with a little colour noise."""
    tone = rng.uniform(30, 220, 3).astype(np.float32)
    other = tone * rng.uniform(0.6, 1.4, 3).astype(np.float32)
    share = np.clip(light - 0.5, 0, 1)[..., None]
    return np.asarray(np.clip(light[..., None] * (tone * (1 - share) + other * share), 0, 255), np.uint8)


def _clouds(rng: np.random.Generator) -> Image:
    light = np.full((256, 256), 1.0, np.float32)
    strength = rng.choice([0.02, 0.06, 0.2, 0.35])
    for grain in (128, 64, 32, 16, 8, 4):
        light += np.float32(strength * (grain / 128) ** rng.uniform(0.5, 1.0)) * smooth_noise(rng, 256, 256, grain)
    return _tinted(rng, light)


def _water(rng: np.random.Generator) -> Image:
    wide = smooth_noise(rng, 256, 64, int(rng.integers(3, 14)))
    light = 1 + np.float32(rng.uniform(0.03, 0.3)) * cv2.resize(wide, (256, 256), interpolation=cv2.INTER_CUBIC)
    return _tinted(rng, np.asarray(light, np.float32))


def _stripes(rng: np.random.Generator) -> Image:
    y, x = np.mgrid[0:256, 0:256].astype(np.float32)
    angle, period = rng.uniform(0, np.pi), rng.uniform(6, 70)
    along = x * np.cos(angle) + y * np.sin(angle) + rng.uniform(0, 12) * smooth_noise(rng, 256, 256, 64)
    wave = np.sin(along * 2 * np.pi / period)
    sharp = rng.uniform(0.7, 8)
    light = 1 + np.float32(rng.uniform(0.05, 0.6)) * np.tanh(wave * sharp + rng.uniform(-0.7, 0.7))
    return _tinted(rng, np.asarray(light, np.float32))


def _blobs(rng: np.random.Generator) -> Image:
    """Dark and light spots, limbs and lumps without the exactness of a mark."""
    noise = smooth_noise(rng, 256, 256, int(rng.integers(12, 60)))
    noise += 0.25 * smooth_noise(rng, 256, 256, int(rng.integers(4, 12)))
    light = 1 + np.float32(rng.uniform(0.1, 0.7)) * np.tanh((noise - rng.uniform(-0.5, 1.0)) * rng.uniform(1, 9))
    return _tinted(rng, np.asarray(light, np.float32))


def _foliage(rng: np.random.Generator) -> Image:
    picture = np.zeros((256, 256, 3), np.float32) + rng.uniform(20, 160, 3)
    tone = rng.uniform(20, 200, 3)
    for _ in range(int(rng.integers(200, 900))):
        centre = tuple(int(value) for value in rng.integers(0, 256, 2))
        axes = int(rng.integers(2, 16)), int(rng.integers(1, 6))
        colour = tuple(float(value) for value in np.clip(tone * rng.uniform(0.4, 1.5), 0, 255))
        cv2.ellipse(picture, centre, axes, float(rng.uniform(0, 360)), 0, 360, colour, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 3)), np.uint8)


def _folds(rng: np.random.Generator) -> Image:
    """Cloth: smooth light with soft creases."""
    noise = smooth_noise(rng, 256, 256, int(rng.integers(30, 90)))
    light = 1 - np.float32(rng.uniform(0.1, 0.5)) * np.exp(-np.square(noise * rng.uniform(1.5, 5)))
    light += np.float32(0.1) * smooth_noise(rng, 256, 256, 100)
    return _tinted(rng, np.asarray(light, np.float32))


def _mesh(rng: np.random.Generator) -> Image:
    """Windows, fences, nets, seats: bars both ways."""
    y, x = np.mgrid[0:256, 0:256].astype(np.float32)
    lean = rng.uniform(-0.5, 0.5)
    across, down = rng.uniform(8, 60), rng.uniform(8, 60)
    bars = np.maximum(np.cos((x + lean * y) * 2 * np.pi / across), np.cos((y - lean * x) * 2 * np.pi / down))
    light = 1 + np.float32(rng.uniform(0.1, 0.6)) * np.tanh((bars - rng.uniform(0.2, 0.9)) * rng.uniform(3, 20))
    return _tinted(rng, np.asarray(light + 0.05 * smooth_noise(rng, 256, 256, 40), np.float32))


def crop_of(picture: Image, draw: random.Random, *, least_px: int = 20) -> Image:
    """Any part of a ground."""
    height, width = picture.shape[:2]
    tall = int(least_px * (height / least_px) ** draw.random())
    wide = min(width, max(least_px, int(tall * draw.uniform(0.5, 2.5))))
    left, top = draw.randrange(width - wide + 1), draw.randrange(max(1, height - tall + 1))
    return picture[top : top + tall, left : left + wide]
