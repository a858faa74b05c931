"""Replays, by the transitions around them.

Many broadcasters go into a replay and out of it with the same short animation, which covers the picture for a moment.
So a stretch between two transitions that look alike is taken for a replay. A transition is a picture unlike what was
shown shortly before it and unlike what is shown shortly after it; two look alike when some of their pictures in a row
do. Where a broadcaster cuts straight into replays, the picture does not tell them, and none is found.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from mpr.pipeline.frames import Image

Small = NDArray[np.int16]

_SMALL_PX = (16, 9)
# How far away the pictures are that a transition is unlike, and how unlike (mean grey levels).
_REACH_S = 0.6
_UNLIKE = 28.0
# A plain picture (a fade, a flash) is no animation: its grey levels scatter by less.
_PLAIN = 14.0
# Pictures of one transition follow one another; between two there is more time.
_APART_S = 0.3
# How alike two transitions are, and in how many pictures in a row.
_ALIKE = 7.0
_ALIKE_PICTURES = 3
_SHORTEST_S, _LONGEST_S = 2.0, 60.0


@dataclass
class _Transition:
    times_s: list[float] = field(default_factory=list)
    pictures: list[Small] = field(default_factory=list)


class Replays:
    """Finds them in a strip of small grey pictures given in time order."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Small]] = deque()
        self._past: deque[tuple[float, Small]] = deque()
        self._transitions: list[_Transition] = []

    def add(self, time_s: float, picture: Image) -> None:
        grey = picture if picture.ndim == 2 else picture[..., 0]
        small = np.asarray(cv2.resize(grey, _SMALL_PX, interpolation=cv2.INTER_AREA), np.int16)
        self._waiting.append((time_s, small))
        while self._waiting[0][0] <= time_s - _REACH_S:
            middle_s, middle = self._waiting.popleft()
            while len(self._past) > 1 and self._past[1][0] <= middle_s - _REACH_S:
                self._past.popleft()
            if self._past and self._past[0][0] <= middle_s - _REACH_S:
                self._look(middle_s, middle, before=self._past[0][1], after=small)
            self._past.append((middle_s, middle))

    def found(self) -> list[tuple[float, float]]:
        """The stretches between alike transitions, from the middle of one to the middle of the next, in time order."""
        spans: list[tuple[float, float]] = []
        place = 0
        while place < len(self._transitions):
            end = self._partner(place)
            if end is None:
                place += 1
                continue
            spans.append((_middle_s(self._transitions[place]), _middle_s(self._transitions[end])))
            place = end + 1
        return spans

    def _look(self, time_s: float, picture: Small, *, before: Small, after: Small) -> None:
        if _apart(picture, before) < _UNLIKE or _apart(picture, after) < _UNLIKE or picture.std() < _PLAIN:
            return
        last = self._transitions[-1].times_s[-1] if self._transitions else -np.inf
        if time_s - last > _APART_S:
            self._transitions.append(_Transition())
        self._transitions[-1].times_s.append(time_s)
        self._transitions[-1].pictures.append(picture)

    def _partner(self, place: int) -> int | None:
        """The next transition that looks like this one, as far away as a replay is long."""
        first = self._transitions[place]
        for number in range(place + 1, len(self._transitions)):
            other = self._transitions[number]
            length_s = _middle_s(other) - _middle_s(first)
            if length_s > _LONGEST_S:
                return None
            if length_s >= _SHORTEST_S and _alike(first, other):
                return number
        return None


def _apart(one: Small, other: Small) -> float:
    return float(np.abs(one - other).mean())


def _middle_s(transition: _Transition) -> float:
    return (transition.times_s[0] + transition.times_s[-1]) / 2


def _alike(one: _Transition, other: _Transition) -> bool:
    """Whether so many pictures in a row of the one look like so many in a row of the other, and they are not all the
    same picture, as those of something that stands still would be."""
    near = np.array([[_apart(a, b) <= _ALIKE for b in other.pictures] for a in one.pictures])
    for shift in range(-len(one.pictures) + 1, len(other.pictures)):
        run = 0
        for is_near in np.diagonal(near, offset=shift).tolist():
            run = run + 1 if is_near else 0
            if run >= _ALIKE_PICTURES:
                return any(_apart(a, b) > 0 for a, b in pairwise(one.pictures))
    return False
