"""Where one shot ends and the next begins, found in a strip of thumbnails by PySceneDetect's detectors."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect import FrameTimecode, SceneDetector

from mpr.pipeline.frames import Image

# Detectors are given picture numbers for times, since footage may have no fixed rate; this rate is never used.
_ANY_RATE = 25.0
# No detector looks further back than this for the cut it reports.
_BEHIND = 8

# Dissolves. Measured on drawn clips with slow pans and noise on both sides: dissolves of 0.3 to 1.6 s have errors of
# 0.10 to 0.25, pans 0.40 and more, a zoom of 2.5 × a second 0.29.
_MOST_ERROR = 0.26
# The outer pictures differ so much on the whole, and in half of all places at least so much: a caption that fades in
# is no dissolve.
_LEAST_CHANGE = 12.0
_LEAST_SPREAD = 9.0
_LEAST_PICTURES = 5


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A shot begins at `time_s`. `before` and `after` are the pictures on its two sides."""

    time_s: float
    before: Image
    after: Image


@dataclass(frozen=True, kw_only=True)
class Apart:
    """Pictures that are `gap_s` or more apart, as in a slide show at one picture a second, have no neighbours that tell
    a cut from movement: there a mean change of so many grey levels is a cut."""

    gap_s: float
    change: float


class CutFinder:
    """Cuts, fades and dissolves in a strip of pictures of one size, given one by one in time order."""

    def __init__(
        self,
        detector: SceneDetector,
        *,
        apart: Apart,
        fades: SceneDetector | None,
        dissolves: Dissolves | None,
    ) -> None:
        self._detector = detector
        self._apart = apart
        self._fades = fades
        self._dissolves = dissolves
        self._recent: deque[tuple[int, Image]] = deque(maxlen=_BEHIND)
        self._times_s: list[float] = []
        self._cuts: dict[float, Cut] = {}
        self.fades_s: list[float] = []
        self.dissolves_s: list[float] = []

    @property
    def cuts(self) -> list[Cut]:
        """In time order."""
        return [self._cuts[time_s] for time_s in sorted(self._cuts)]

    def add(self, time_s: float, picture: Image, *, is_keyframe: bool = False) -> None:
        """The next picture. Keyframes were chosen from among others, so that they are apart says nothing."""
        number = len(self._times_s)
        if self._recent and not is_keyframe and time_s - self._times_s[-1] >= self._apart.gap_s:
            before = self._recent[-1][1]
            if mean_change(before, picture) >= self._apart.change:
                self._cuts[time_s] = Cut(time_s=time_s, before=before, after=picture)
        self._times_s.append(time_s)
        self._recent.append((number, picture))
        timecode = FrameTimecode(number, fps=_ANY_RATE)
        self._note(self._detector.process_frame(timecode, picture))
        if self._fades is not None:
            self.fades_s += [self._times_s[fade.frame_num] for fade in self._fades.process_frame(timecode, picture)]
        if self._dissolves is not None:
            self.dissolves_s += self._dissolves.add(time_s, picture)

    def _note(self, found: list[FrameTimecode]) -> None:
        pictures = dict(self._recent)
        for timecode in found:
            number = timecode.frame_num
            time_s = self._times_s[number]
            if number - 1 in pictures:
                self._cuts[time_s] = Cut(time_s=time_s, before=pictures[number - 1], after=pictures[number])


class Dissolves:
    """Dissolves, by the double chromatic difference: half-way through a dissolve the picture is the mean of the one
    before and the one after, which no camera movement makes it.

    Source: H.-H. Yu, G. Bozdagi, S. Harrington, "Feature-based hierarchical video segmentation", ICIP 1997.
    """

    def __init__(self, *, length_s: float) -> None:
        """`length_s` is the stretch that is looked at; longer dissolves show in it too."""
        self._length_s = length_s
        self._window: deque[tuple[float, NDArray[np.float32]]] = deque()
        self._run: list[tuple[float, float]] = []

    def add(self, time_s: float, picture: Image) -> list[float]:
        """Times of dissolves that became certain with this picture."""
        self._window.append((time_s, picture.astype(np.float32)))
        while self._window[-1][0] - self._window[0][0] > self._length_s:
            self._window.popleft()
        error = self._error()
        if error <= _MOST_ERROR:
            self._run.append((error, round((self._window[0][0] + time_s) / 2, 6)))
            return []
        found = [min(self._run)[1]] if self._run else []
        self._run = []
        return found

    def _error(self) -> float:
        """How far the middle picture is from the mean of the outer two, as a share of their difference; 1 when those
        are much the same, in most places or on the whole."""
        if len(self._window) < _LEAST_PICTURES:
            return 1.0
        first, last = self._window[0][1], self._window[-1][1]
        change = np.abs(last - first)
        if change.mean() < _LEAST_CHANGE or np.median(change.max(axis=2)) < _LEAST_SPREAD:
            return 1.0
        middle = self._window[len(self._window) // 2][1]
        return float(np.abs(middle - (first + last) / 2).mean() / change.mean())


def lasting(cuts: Iterable[Cut], *, min_shot_s: float, same_picture: float) -> Iterator[float]:
    """Times of the cuts that begin a shot worth the name.

    Cuts that follow one another within `min_shot_s` are one disturbance: it is a flash, and no cut at all, when the
    picture after it is the picture before it (mean difference below `same_picture` grey levels), else one cut.
    """
    disturbance: list[Cut] = []
    for cut in cuts:
        if disturbance and cut.time_s - disturbance[-1].time_s >= min_shot_s:
            yield from _settled(disturbance, same_picture)
            disturbance = []
        disturbance.append(cut)
    yield from _settled(disturbance, same_picture)


def _settled(disturbance: list[Cut], same_picture: float) -> Iterator[float]:
    if not disturbance:
        return
    is_flash = len(disturbance) > 1 and mean_change(disturbance[0].before, disturbance[-1].after) < same_picture
    if not is_flash:
        yield disturbance[0].time_s


def mean_change(one: Image, other: Image) -> float:
    """Mean absolute difference of two pictures of one size, in grey levels."""
    return cv2.norm(one, other, cv2.NORM_L1) / one.size


def largest_change(one: Image, other: Image) -> float:
    """The largest difference that fills a 3 × 3 patch of two grey pictures of one size, in grey levels: a changed digit
    shows, single noisy pixels do not."""
    return float(cv2.blur(cv2.absdiff(one, other), (3, 3)).max())
