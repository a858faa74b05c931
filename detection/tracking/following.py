"""Follow a thing picture by picture through the strip, and tell where it is lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from detection.tracking.camera import STILL, Points
from detection.tracking.patch import Layers, cut, find
from detection.tracking.things import Motion, Rules, Scene, inside_share

# A thing's picture in the strip: at least so high, with so much of its surroundings.
_LEAST_HEIGHT_PX = 5.0
_MARGIN_SHARE = 0.2
_REACH_PX = 3
# A find this good is the thing and corrects where it is; a worse one leaves it where the camera takes it.
CLEAR = 0.6
# How much of a new speed is taken on at each step.
_NEW_SPEED = 0.5
# What a thing scores in the next pictures: at least, and never more than.
_LEAST_SCORE, _MOST_SCORE = 0.75, 0.95
# Between what it scores while it is there and after it has gone there is at least so much.
_LEAST_DROP = 0.15
# Where nobody says that it has gone it must fall to this share of what it scored.
_FALLEN = 0.62
_NEXT = 3


@dataclass(frozen=True, kw_only=True)
class Step:
    """A thing in one picture: where it should be, how alike the picture is there, its share inside the picture."""

    picture: int
    quad: Points
    score: float
    inside: float


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Where a walk lost its thing: the last picture in which it was there, why, and by how many pictures that may be
    wrong."""

    picture: int
    cause: Literal["limit", "edge", "vanished"]
    error_pictures: float


def walk(scene: Scene, quad: Points, pictures: Sequence[int], motion: Motion, rules: Rules) -> list[Step]:
    """From the thing's quad (pixels of the strip) in the first of the pictures to the last of them, or until it has
    left the picture or was gone for longer than `bridge_s`."""
    asked = quad.tobytes(), tuple(pictures), motion
    if asked not in scene.walked:
        scene.walked[asked] = _walk(scene, quad, pictures, motion, rules)
    return scene.walked[asked]


def _walk(scene: Scene, quad: Points, pictures: Sequence[int], motion: Motion, rules: Rules) -> list[Step]:
    strip, camera = scene.strip, scene.camera
    strip.load(pictures)
    size_px = strip.width_px, strip.height_px
    patch = cut(
        Layers(strip.picture(pictures[0])),
        quad,
        height_px=max(_LEAST_HEIGHT_PX, math.dist(quad[0], quad[3])),
        margin_share=_MARGIN_SHARE,
    )
    steps = [Step(picture=pictures[0], quad=quad, score=1.0, inside=inside_share(quad, size_px))]
    if patch is None:
        return steps
    speed = np.zeros(2)
    seen_s = strip.times_s[pictures[0]]
    for before, now in pairwise(pictures):
        moved = STILL if motion == "screen" else camera.between(before, now)
        quad = moved.move(quad) + (speed if motion == "own" else 0)
        inside = inside_share(quad, size_px)
        found = find(patch, Layers(strip.picture(now)), quad, reach=_REACH_PX)
        if found.score >= CLEAR:
            seen_s = strip.times_s[now]
            speed = speed + _NEW_SPEED * (found.quad[0] - quad[0])
            quad = found.quad
        steps.append(Step(picture=now, quad=quad, score=found.score, inside=inside))
        if inside < rules.inside_share / 2 or abs(strip.times_s[now] - seen_s) > 2 * rules.bridge_s:
            break
    return steps


def lost_at(steps: Sequence[Step], times_s: Sequence[float], rules: Rules, *, gone_at_last: bool) -> Stop:
    """Where on its walk a thing was seen last. `gone_at_last` says that it is known not to be there at the end of the
    walk; else it may reach it ("limit")."""
    out = next((place for place, step in enumerate(steps) if step.inside < rules.inside_share), None)
    within = steps[:out]
    if not within:
        return Stop(picture=steps[0].picture, cause="edge", error_pictures=1.0)
    scores = [min(step.score, _MOST_SCORE) for step in within]
    must_vanish = gone_at_last and out is None
    there, gone = _parted(scores) if must_vanish else _expected(scores)
    if must_vanish and there - gone < _LEAST_DROP:
        middle = max(0, len(within) // 2 - 1)
        return Stop(picture=within[middle].picture, cause="vanished", error_pictures=max(1.0, len(within) / 2))
    level = (there + gone) / 2
    last = _last_seen(within, level, times_s, rules.bridge_s)
    if last == len(within) - 1 and not must_vanish:
        cause: Literal["limit", "edge"] = "limit" if out is None else "edge"
        return Stop(picture=within[last].picture, cause=cause, error_pictures=0.0 if out is None else 1.0)
    unclear = sum(abs(score - level) < (there - gone) / 4 for score in scores)
    return Stop(picture=within[last].picture, cause="vanished", error_pictures=max(1.0, unclear))


def _parted(scores: Sequence[float]) -> tuple[float, float]:
    """The mean scores before and after the one change that explains them best (least squares)."""
    best = (float("inf"), _MOST_SCORE, _MOST_SCORE)
    for place in range(1, len(scores)):
        before, after = np.array(scores[:place]), np.array(scores[place:])
        error = float(((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum())
        best = min(best, (error, float(before.mean()), float(after.mean())))
    return best[1], best[2]


def _expected(scores: Sequence[float]) -> tuple[float, float]:
    """What a thing scores that is there, and what would say that it has gone."""
    there = max([_LEAST_SCORE, *scores[1 : 1 + _NEXT]])
    return there, (2 * _FALLEN - 1) * there


def _last_seen(steps: Sequence[Step], level: float, times_s: Sequence[float], bridge_s: float) -> int:
    """The place of the last step at or above the level, dips up to `bridge_s` long passed over."""
    last = 0
    for place, step in enumerate(steps):
        if abs(times_s[step.picture] - times_s[steps[last].picture]) > bridge_s + 1e-6:
            break
        if step.score >= level:
            last = place
    return last
