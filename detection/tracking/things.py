"""What is followed: a thing, the frames it was looked for in, and where it was seen in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import cv2
import numpy as np

from detection.tracking.camera import Camera, Points
from detection.tracking.patch import Layers, Patch
from detection.tracking.strip import Strip

Motion = Literal["camera", "screen", "own"]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What counts as the same thing; the stage's config says what each is. Scores are correlations, −1 to 1."""

    same_score: float
    supported_score: float
    inside_share: float
    bridge_s: float
    remember_s: float


@dataclass(frozen=True, kw_only=True)
class Region:
    """Something that a detector found in a frame: its place in the frame's list and its quad in frame pixels."""

    box: int
    label: str
    quad: Points


@dataclass(frozen=True)
class Look:
    """A frame in which things are looked for. `picture` is its number in the strip, `scale` the strip's pixels per
    frame pixel, `read` gives the grey picture at its own size."""

    number: int
    picture: int
    time_s: float
    scale: float
    size_px: tuple[int, int]
    regions: Sequence[Region]
    read: Callable[[], Layers]

    @cached_property
    def bounds(self) -> Points:
        width_px, height_px = self.size_px
        return np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], np.float64)

    def inside_share(self, quad: Points) -> float:
        """The share of a quad that lies in the frame."""
        return shared_area(quad, self.bounds) / max(1e-9, area(quad))

    def clips(self, quad: Points) -> bool:
        """Whether a quad reaches the border, so that it may go on outside."""
        reach = 0.25 * float(np.hypot(*(quad[3] - quad[0])))
        return bool((quad.min(axis=0) < reach).any() or (quad.max(axis=0) > np.array(self.size_px) - reach).any())


@dataclass(frozen=True, kw_only=True)
class Sight:
    """A thing in one look. `box` is −1 where only its picture says that it is there."""

    quad: Points
    box: int
    score: float


@dataclass(eq=False)
class Thing:
    """One thing in one shot; `sights` by the number of the look. `patches` are its pictures where it was detected."""

    label: str
    sights: dict[int, Sight] = field(default_factory=dict)
    patches: dict[int, Patch] = field(default_factory=dict)
    moved_with: Counter[Motion] = field(default_factory=Counter)

    @property
    def first(self) -> int:
        return min(self.sights)

    @property
    def last(self) -> int:
        return max(self.sights)

    @property
    def motion(self) -> Motion:
        """What it was mostly seen to move with; with the camera where nothing moved."""
        found = self.moved_with.most_common(1)
        return found[0][0] if found else "camera"

    def nearest_patch(self, look: int) -> int | None:
        """The look nearest to this one that has its picture, the earlier of two; None where no look shows enough."""
        return min(self.patches, key=lambda number: (abs(number - look), number), default=None)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A shot's looks, its pictures in the strip and the camera's movement through them."""

    strip: Strip
    pictures: range
    camera: Camera
    looks: Sequence[Look]


def area(quad: Points) -> float:
    return float(cv2.contourArea(quad.astype(np.float32)))


def shared_area(one: Points, other: Points) -> float:
    """Area that two convex quads share."""
    if (one.max(axis=0) <= other.min(axis=0)).any() or (other.max(axis=0) <= one.min(axis=0)).any():
        return 0.0
    shared, _ = cv2.intersectConvexConvex(one.astype(np.float32), other.astype(np.float32))
    return float(shared)


def likeness(one: Points, other: Points) -> float:
    """Intersection over union of two quads."""
    shared = shared_area(one, other)
    whole = area(one) + area(other) - shared
    return shared / whole if whole > 0 else 0.0
