"""When a thing is on screen, to the video frame, from where it was seen in the looks.

Between two looks that both show it, it is there, unless they lie far apart and following it says otherwise. Where it
was not seen in the next look any more it is followed through the pictures between, to the last that shows it; in the
same way backwards to the first, and to the borders of the shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from detection.tracking.following import Stop, lost_at, walk
from detection.tracking.things import Rules, Scene, Thing

Cause = Literal["cut", "shard", "edge", "vanished"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Where a shot begins and ends within the shard, and whether that is a cut or the shard's border."""

    start_s: float
    end_s: float
    start_cause: Cause
    end_cause: Cause


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A time [start_s, end_s) for which a thing is on screen, and how surely its ends are known."""

    start_s: float
    end_s: float
    start_cause: Cause
    end_cause: Cause
    start_error_s: float
    end_error_s: float
    looks: tuple[int, ...]


def presence(thing: Thing, scene: Scene, limits: Limits, rules: Rules) -> list[Stretch]:
    """The stretches for which a thing is on screen, in time order; gaps up to `bridge_s` are passed over."""
    seen = sorted(thing.sights)
    groups = [[seen[0]]]
    for before, after in pairwise(seen):
        if _lasts(thing, scene, before, after, rules):
            groups[-1].append(after)
        else:
            groups.append([after])
    stretches = [_stretch(thing, scene, limits, rules, group) for group in groups]
    joined = stretches[:1]
    for stretch in stretches[1:]:
        last = joined[-1]
        if stretch.start_s - last.end_s <= rules.bridge_s + 1e-6:
            joined[-1] = replace(
                last,
                end_s=stretch.end_s,
                end_cause=stretch.end_cause,
                end_error_s=stretch.end_error_s,
                looks=last.looks + stretch.looks,
            )
        else:
            joined.append(stretch)
    return joined


def shares(times_s: Sequence[float], stretch: Stretch) -> list[tuple[float, float]]:
    """A stretch split among the moments in it: each gets what is nearest to it."""
    middles = [(before + after) / 2 for before, after in pairwise(times_s)]
    marks = [stretch.start_s, *(min(max(middle, stretch.start_s), stretch.end_s) for middle in middles), stretch.end_s]
    return list(pairwise(marks))


def _lasts(thing: Thing, scene: Scene, before: int, after: int, rules: Rules) -> bool:
    """Whether a thing seen in two looks, with none between that shows it, is there all the time."""
    looks = scene.looks
    apart_s = looks[after].time_s - looks[before].time_s
    if after - before > 1:
        return False
    if apart_s <= rules.bridge_s + 1e-6:
        return True
    steps = walk(
        scene,
        thing.sights[before].quad * looks[before].scale,
        range(looks[before].picture, looks[after].picture + 1),
        thing.motion,
        rules,
    )
    stop = lost_at(steps, scene.strip.times_s, rules, gone_at_last=False)
    return stop.cause == "limit"


def _stretch(thing: Thing, scene: Scene, limits: Limits, rules: Rules, group: list[int]) -> Stretch:
    strip = scene.strip
    start, start_is_limit = _end(thing, scene, rules, group[0], -1)
    end, end_is_limit = _end(thing, scene, rules, group[-1], 1)
    first, last = start.picture, end.picture
    start_s = limits.start_s if first == scene.pictures.start else strip.times_s[first]
    end_s = limits.end_s if last == scene.pictures.stop - 1 else strip.times_s[last + 1]
    picture_s = (limits.end_s - limits.start_s) / max(1, len(scene.pictures))
    return Stretch(
        start_s=start_s,
        end_s=end_s,
        start_cause=limits.start_cause if start_is_limit else "edge" if start.cause == "edge" else "vanished",
        end_cause=limits.end_cause if end_is_limit else "edge" if end.cause == "edge" else "vanished",
        start_error_s=0.0 if start_is_limit else start.error_pictures * picture_s,
        end_error_s=0.0 if end_is_limit else end.error_pictures * picture_s,
        looks=tuple(group),
    )


def _end(thing: Thing, scene: Scene, rules: Rules, seen: int, direction: int) -> tuple[Stop, bool]:
    """Where a thing is lost that goes on from a look in one direction, and whether that is the shot's border."""
    looks, pictures = scene.looks, scene.pictures
    beyond = seen + direction
    here = looks[seen].picture
    is_known = 0 <= beyond < len(looks)
    border = pictures.start if direction < 0 else pictures.stop - 1
    goal = looks[beyond].picture if is_known else border
    steps = walk(
        scene,
        thing.sights[seen].quad * looks[seen].scale,
        range(here, goal + direction, direction),
        thing.motion,
        rules,
    )
    stop = lost_at(steps, scene.strip.times_s, rules, gone_at_last=is_known)
    return stop, not is_known and stop.cause == "limit"
