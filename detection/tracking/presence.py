"""When a thing is on screen, to the video frame, from where it was seen in the looks.

Between two looks that both show it, it is there, unless they lie far apart and following it says otherwise. Where it
was not seen in the next look any more it is followed through the pictures between, to the last that shows it; in the
same way backwards to the first, and to the borders of the shot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from detection.tracking.following import CLEAR, Stop, lost_at, walk
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
    if _is_seen_at(thing, scene, before, _steps(scene, before, looks[after].picture, rules), rules):
        return True
    stop = _walked(thing, scene, before, looks[after].picture, rules, gone_at_last=False)
    return stop.cause == "limit"


def _stretch(thing: Thing, scene: Scene, limits: Limits, rules: Rules, group: list[int]) -> Stretch:
    strip = scene.strip
    start, start_is_limit = _end(thing, scene, rules, group[0], -1)
    end, end_is_limit = _end(thing, scene, rules, group[-1], 1)
    first, last = start.picture, end.picture
    start_s = limits.start_s if first == scene.pictures.start else strip.times_s[first]
    end_s = limits.end_s if last == scene.pictures.stop - 1 else strip.times_s[last + 1]
    before_s = start_s - strip.times_s[first - 1] if first > scene.pictures.start else 0.0
    after_s = end_s - strip.times_s[last]
    return Stretch(
        start_s=start_s,
        end_s=end_s,
        start_cause=limits.start_cause if start_is_limit else "edge" if start.cause == "edge" else "vanished",
        end_cause=limits.end_cause if end_is_limit else "edge" if end.cause == "edge" else "vanished",
        start_error_s=0.0 if start_is_limit else start.error_pictures * before_s,
        end_error_s=0.0 if end_is_limit else end.error_pictures * after_s,
        looks=tuple(group),
    )


def _end(thing: Thing, scene: Scene, rules: Rules, seen: int, direction: int) -> tuple[Stop, bool]:
    """Where a thing is lost that goes on from a look in one direction, and whether that is the shot's border."""
    looks, pictures = scene.looks, scene.pictures
    beyond = seen + direction
    is_known = 0 <= beyond < len(looks)
    border = pictures.start if direction < 0 else pictures.stop - 1
    if not is_known and _is_seen_at(thing, scene, seen, _steps(scene, seen, border, rules), rules):
        return Stop(picture=border, cause="limit", error_pictures=0.0), True
    stop = _walked(thing, scene, seen, looks[beyond].picture if is_known else border, rules, gone_at_last=is_known)
    return stop, not is_known and stop.cause == "limit"


def _walked(thing: Thing, scene: Scene, seen: int, goal: int, rules: Rules, *, gone_at_last: bool) -> Stop:
    """Where a thing is lost on the way from a look to a picture, every picture looked at."""
    look = scene.looks[seen]
    step = 1 if goal >= look.picture else -1
    steps = walk(
        scene,
        thing.sights[seen].quad * look.scale,
        range(look.picture, goal + step, step),
        thing.motion,
        rules,
    )
    return lost_at(steps, scene.strip.times_s, rules, gone_at_last=gone_at_last)


def _is_seen_at(thing: Thing, scene: Scene, seen: int, pictures: Sequence[int], rules: Rules) -> bool:
    """Whether a thing shows clearly in a few pictures on its way, so that the others need not be looked at. Of what
    moves on its own every picture is needed."""
    if thing.motion == "own":
        return False
    look = scene.looks[seen]
    steps = walk(scene, thing.sights[seen].quad * look.scale, pictures, thing.motion, rules)
    return len(steps) == len(pictures) and all(
        step.score >= CLEAR and step.inside >= rules.inside_share for step in steps
    )


def _steps(scene: Scene, seen: int, goal: int, rules: Rules) -> list[int]:
    """Pictures from a look to a goal that lie at most `bridge_s` apart: what is hidden between two is passed over."""
    here, times_s = scene.looks[seen].picture, scene.strip.times_s
    parts = max(1, math.ceil(abs(times_s[goal] - times_s[here]) / max(1e-6, rules.bridge_s) - 1e-6))
    return sorted({round(here + (goal - here) * part / parts) for part in range(parts + 1)}, reverse=goal < here)
