"""Regions that move with a track: on it, or beside it as a sign stands beside its lettering.

Such a region need not be looked at in every frame, and is seen for as long as its track is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import cv2
import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from detection.quads import bounds, corners, quad_of
from detection.records import Quad, Track, View
from detection.stages.preprocess import clearest

Boxes = NDArray[np.float64]

# A region lies on a track's box when they share so much of the smaller of them and the region is not larger by more.
_SHARED, _MOST_TIMES = 0.6, 12.0
# It stands beside the box when it is on its line, no further away than this many of its heights and about as high; and
# above or below likewise.
_LINED_UP, _REACH, _ABOVE_REACH = 0.5, 1.0, 0.6
_LEAST_SIZE, _MOST_SIZE = 0.5, 3.0


class Riders:
    """The tracks of a shard, and which of their views are looked at: the clearest `count` of each, 0 for all."""

    def __init__(self, tracks: Sequence[Track], seqs: Collection[int], count: int) -> None:
        self._views: dict[int, list[tuple[int, View]]] = defaultdict(list)
        self._chosen: set[tuple[int, int]] = set()
        for track in tracks:
            seen = replace(track, views=[view for view in track.views if view.seq in seqs])
            wanted = clearest(seen, count)
            for view in seen.views if wanted else ():
                self._views[view.seq].append((track.number, view))
            self._chosen |= {(track.number, view.seq) for view in wanted}

    def of(self, seq: int, quads: Sequence[Quad]) -> list[int | None]:
        """The number of the track that each region of a frame moves with, -1 for none; None where it moves with a track
        that is looked at in other frames."""
        there = self._views.get(seq, [])
        if not there or not quads:
            return [-1] * len(quads)
        found: list[int | None] = []
        for place in _riding(_boxes(quads), _boxes([view.quad for _, view in there])).tolist():
            track = there[place][0] if place >= 0 else -1
            found.append(None if track >= 0 and (track, seq) not in self._chosen else track)
        return found


def carried(quad: Quad, seen: View, views: Sequence[View]) -> list[Quad]:
    """Where a region that was seen at one view of a track is at each of these views."""
    places = []
    for view in views:
        turn = cv2.getPerspectiveTransform(corners(seen.quad), corners(view.quad))
        points = cv2.perspectiveTransform(corners(quad).reshape(1, 4, 2), turn)
        places.append(quad_of(points.reshape(4, 2)))
    return places


def view_at(track: Track, seq: int) -> View | None:
    """The track's view in a frame."""
    return next((view for view in track.views if view.seq == seq), None)


def _boxes(quads: Sequence[Quad]) -> Boxes:
    return np.array([bounds(quad) for quad in quads], np.float64)


def _riding(regions: Boxes, views: Boxes) -> NDArray[np.intp]:
    """The place of the view that each region rides on: the one that it shares most with, else the nearest one that it
    stands beside; -1 for none."""
    left = np.maximum(regions[:, None, 0], views[None, :, 0])
    top = np.maximum(regions[:, None, 1], views[None, :, 1])
    right = np.minimum(regions[:, None, 2], views[None, :, 2])
    bottom = np.minimum(regions[:, None, 3], views[None, :, 3])
    across, down = right - left, bottom - top
    wide, tall = (regions[:, 2:] - regions[:, :2]).T[:, :, None]
    view_wide, view_tall = (views[:, 2:] - views[:, :2]).T[:, None, :]
    area, view_area = wide * tall, view_wide * view_tall
    common = np.maximum(across, 0) * np.maximum(down, 0)
    shared = common / np.maximum(np.minimum(area, view_area), 1e-9)
    union = common / np.maximum(area + view_area - common, 1e-9)
    on = (shared >= _SHARED) & (area <= _MOST_TIMES * view_area)
    in_line = (down >= _LINED_UP * np.minimum(tall, view_tall)) & (-across <= _REACH * view_tall)
    in_column = (across >= _LINED_UP * np.minimum(wide, view_wide)) & (-down <= _ABOVE_REACH * view_tall)
    alike = (tall >= _LEAST_SIZE * view_tall) & (tall <= _MOST_SIZE * view_tall)
    narrow = wide <= _MOST_SIZE * view_wide
    beside = alike & (in_line | (in_column & narrow))
    gap = np.maximum(np.maximum(-across, -down), 0) / np.maximum(view_tall, 1e-9)
    worth = np.where(on, 2.0 + union, np.where(beside, 1.0 / (1.0 + gap), -1.0))
    best = worth.argmax(axis=1)
    return np.where(worth[np.arange(len(regions)), best] > 0, best, -1)
