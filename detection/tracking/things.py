"""What is followed: a thing, the frames it was looked for in, and where it was seen in them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from detection.tracking.camera import Camera, Points
from detection.tracking.patch import Layers, Patch, side_lengths
from detection.tracking.strip import Strip

if TYPE_CHECKING:
    from detection.tracking.following import Step

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
    frame pixel across and down, `read` gives the grey picture at its own size."""

    number: int
    picture: int
    time_s: float
    scale: Points
    size_px: tuple[int, int]
    regions: Sequence[Region]
    read: Callable[[], Layers]

    @cached_property
    def rectangles(self) -> Points:
        """Those around its regions."""
        return rectangles([region.quad for region in self.regions])

    @cached_property
    def middles(self) -> Points:
        """Those of its regions, (n, 2)."""
        return np.array([region.quad.mean(axis=0) for region in self.regions]).reshape(-1, 2)

    @cached_property
    def sizes(self) -> Points:
        """Width and height of its regions, (n, 2)."""
        return np.array([side_lengths(region.quad) for region in self.regions]).reshape(-1, 2)

    def inside_share(self, quad: Points) -> float:
        """The share of a quad that lies in the frame."""
        return inside_share(quad, self.size_px)

    def clips(self, quad: Points) -> bool:
        """Whether a quad reaches the border, so that it may go on outside."""
        (left, top), (right, bottom) = quad.min(axis=0).tolist(), quad.max(axis=0).tolist()
        reach = 0.25 * math.dist(quad[0], quad[3])
        return bool(left < reach or top < reach or right > self.size_px[0] - reach or bottom > self.size_px[1] - reach)


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

    @property
    def settled_motion(self) -> Motion | None:
        """What it was seen to move with more than once, and never with anything else."""
        if len(self.moved_with) == 1 and self.motion != "own" and self.moved_with[self.motion] > 1:
            return self.motion
        return None

    def nearest_patch(self, look: int) -> int | None:
        """The look nearest to this one that has its picture, the earlier of two; None where no look shows enough."""
        return min(self.patches, key=lambda number: (abs(number - look), number), default=None)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A shot's looks, its pictures in the strip and the camera's movement through them. `walked` holds the ways that
    things were followed through the strip so far, since linking and presence ask for many of them twice."""

    strip: Strip
    pictures: range
    camera: Camera
    looks: Sequence[Look]
    walked: dict[tuple[bytes, tuple[int, ...], Motion], list[Step]] = field(default_factory=dict)


def area(quad: Points) -> float:
    return float(cv2.contourArea(quad.astype(np.float32)))


def inside_share(quad: Points, size_px: tuple[int, int]) -> float:
    """The share of a quad that lies in a picture of that width and height."""
    width_px, height_px = size_px
    xs, ys = quad[:, 0].tolist(), quad[:, 1].tolist()
    if min(xs) >= 0 and min(ys) >= 0 and max(xs) <= width_px and max(ys) <= height_px:
        return 1.0
    frame = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]], np.float64)
    return shared_area(quad, frame) / max(1e-9, area(quad))


def shared_area(one: Points, other: Points) -> float:
    """Area that two convex quads share."""
    shared, _ = cv2.intersectConvexConvex(one.astype(np.float32), other.astype(np.float32))
    return float(shared)


def rectangles(quads: Sequence[Points]) -> Points:
    """The upright rectangles around quads: (n, 4) left, top, right, bottom."""
    if not quads:
        return np.empty((0, 4))
    points = np.stack(quads)
    return np.concatenate([points.min(axis=1), points.max(axis=1)], axis=1)


def may_overlap(ones: Points, others: Points) -> NDArray[np.bool_]:
    """Which rectangles (n, 4) overlap which others (m, 4), as (n, m)."""
    a, b = ones[:, None], others[None]
    apart = (a[..., :2] >= b[..., 2:]).any(axis=-1) | (b[..., :2] >= a[..., 2:]).any(axis=-1)
    return np.asarray(~apart)


def likeness(one: Points, other: Points) -> float:
    """Intersection over union of two quads."""
    shared = shared_area(one, other)
    whole = area(one) + area(other) - shared
    return shared / whole if whole > 0 else 0.0
