"""Where in the picture's world a sighting is: on a board, or laid over the picture, or somewhere else.

What was tracked and seen to stay on screen while the camera moved is a graphic. Geometry alone tells one too: it stays
where it is on screen, near the border, while the world behind it moves: the field's hull shifts, or most other marks of
the shot do. Without a moving world nothing tells a graphic from a board in front of a camera at rest, and it is not
called one. What is not a graphic, does not move on its own, and lies in or next to the playing field is a board. The
rest is other: jersey, backdrop and ad need more than this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from detection.records import Fields, FrameField, Objects
from detection.report.columns import MOTIONS
from detection.report.kept import Kept
from detection.report.sightings import Bools, Instances, Sightings
from detection.report.spans import Floats, Ints

# A sighting's placement is its place in this list, which is in the order of the alphabet.
NAMES = ("board", "graphic", "other")
BOARD, GRAPHIC, OTHER = range(len(NAMES))

# What object models call people.
PERSON = "person"

# So many hulls at a time.
_CHUNK = 512


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Shares are of the frame's width and height. A track `stays` when no side of its box moves by more than
    `still_share` for at least `min_still_us`; the world moves when it shifts by more than twice that."""

    still_share: float
    min_still_us: int
    border_share: float
    field_margin_share: float


@dataclass(frozen=True, kw_only=True)
class _Still:
    """A track that stays near the border, and whether most other marks of its shot move."""

    rows: Ints
    box: Floats
    others_move: bool


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What surrounds the instances, as it was measured: how far each one's centre lies from the field's hull, in shares
    of the frame (0 within it, infinite where there is none); whether it lies on a person; and by kept frame the bounds
    of the hull, not a number where there is none."""

    away: Floats
    worn: Bools
    bounds: Floats

    def where(self, rows: Any) -> Ground:
        """The ground of these instances."""
        return replace(self, away=self.away[rows], worn=self.worn[rows])


def place(sightings: Sightings, tracks: Ints, ground: Ground, rule: Rule) -> Ints:
    """The placement of each sighting."""
    near, hulls = ground.away <= rule.field_margin_share, ground.bounds
    on_screen = sightings.motion == MOTIONS.index("screen")
    places = np.where(near & (sightings.motion != MOTIONS.index("own")), BOARD, OTHER)
    places[on_screen] = GRAPHIC
    for group in _same_place(_still(sightings, tracks, rule), rule):
        rows = np.concatenate([track.rows for track in group])
        world_moves = any(track.others_move for track in group) or _shifts(hulls[sightings.frame[rows]], rule)
        if world_moves or on_screen[rows].any():
            places[rows] = GRAPHIC
    return places


def measure(sightings: Instances, kept: Kept, fields: Iterable[Fields], objects: Iterable[Objects]) -> Ground:
    """Where the instances lie to the field and to people. Field frames and objects may come in any number of shards."""
    nearest = np.full(len(sightings), np.inf)
    bounds = np.full((len(kept.frames), 4), np.nan)
    needed = set(kept.seq[np.unique(sightings.frame)].tolist())
    every = (frame for shard in fields for frame in shard.frames if frame.seq in needed and len(frame.hull) > 2)
    for some in _batches(every):
        at = kept.places(np.array([frame.seq for frame in some], np.int64))
        corners = np.array([len(frame.hull) for frame in some])
        first = np.cumsum(corners) - corners
        flat = chain.from_iterable(chain.from_iterable(frame.hull for frame in some))
        points = np.fromiter(flat, float).reshape(-1, 2) / np.repeat(kept.size_px[at], corners, axis=0)
        bounds[at] = np.concatenate([np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)], axis=1)
        # The sightings of a frame are neighbours; each meets all corners of its frame's hull.
        rows, whose = _runs(np.searchsorted(sightings.frame, at), np.searchsorted(sightings.frame, at, side="right"))
        corner, meets = _runs(first[whose], (first + corners)[whose])
        after = np.where(corner + 1 == (first + corners)[whose][meets], first[whose][meets], corner + 1)
        nearest[rows] = _away(sightings.centre[rows][meets], points[corner], points[after], meets, len(rows))
    return Ground(away=nearest, worn=_worn(sightings, kept, objects), bounds=bounds)


def _worn(sightings: Instances, kept: Kept, objects: Iterable[Objects]) -> Bools:
    """Which instances have their centre on a person."""
    worn = np.zeros(len(sightings), bool)
    place = dict(zip(kept.seq.tolist(), range(len(kept.seq)), strict=True))
    for frame in (frame for shard in objects for frame in shard.frames if frame.seq in place):
        people = [box.quad for box in frame.boxes if box.label == PERSON]
        at = place[frame.seq]
        rows = slice(*np.searchsorted(sightings.frame, (at, at + 1)))
        if not people or rows.start == rows.stop:
            continue
        corners = np.array(people, float) / kept.size_px[at]
        centre = sightings.centre[rows][:, None]
        inside = (centre >= corners.min(axis=1)) & (centre <= corners.max(axis=1))
        worn[rows] = inside.all(axis=2).any(axis=1)
    return worn


def _runs(starts: Ints, stops: Ints) -> tuple[Ints, Ints]:
    """All places from starts[i] to stops[i], and the i of each."""
    counts = stops - starts
    whose = np.repeat(np.arange(len(counts)), counts)
    return np.arange(len(whose)) - (np.cumsum(counts) - counts)[whose] + starts[whose], whose


def _away(points: Floats, starts: Floats, ends: Floats, whose: Ints, count: int) -> Floats:
    """How far each of `count` points lies from the outline that these edges make, 0 within it. Edge i, from starts[i]
    to ends[i], is one of the point points[i], which is number whose[i]; a point's edges are neighbours."""
    if not count:
        return np.zeros(0)
    side, reach = ends - starts, points - starts
    length = np.maximum((side**2).sum(axis=1), 1e-18)
    along = np.clip((side * reach).sum(axis=1) / length, 0, 1)
    distance = np.hypot(*(reach - along[:, None] * side).T)
    # A line to the right of a point within crosses the outline an odd number of times.
    level = (starts[:, 1] > points[:, 1]) != (ends[:, 1] > points[:, 1])
    rise = np.where(side[:, 1] == 0, 1.0, side[:, 1])
    crosses = level & (reach[:, 0] < reach[:, 1] / rise * side[:, 0])
    nearest: Floats = np.minimum.reduceat(distance, np.flatnonzero(np.diff(whose, prepend=-1)))
    nearest[np.bincount(whose[crosses], minlength=count) % 2 == 1] = 0.0
    return nearest


def _batches(frames: Iterable[FrameField]) -> Iterator[list[FrameField]]:
    batch: list[FrameField] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == _CHUNK:
            yield batch
            batch = []
    if batch:
        yield batch


def _still(sightings: Sightings, tracks: Ints, rule: Rule) -> list[list[_Still]]:
    """By brand, the lasting tracks that stay where they are near the border."""
    if not len(tracks):
        return []
    order = np.argsort(tracks, kind="stable")
    first = np.flatnonzero(np.diff(tracks[order], prepend=-1))
    count = np.diff(np.append(first, len(order)))
    box = sightings.box[order]
    spread = (np.maximum.reduceat(box, first) - np.minimum.reduceat(box, first)).max(axis=1)
    lasts_us = np.maximum.reduceat(sightings.end_us[order], first) - sightings.start_us[order][first]
    lasting = lasts_us >= rule.min_still_us
    shots, shot = np.unique(sightings.shot[order][first], return_inverse=True)
    there = np.bincount(shot[lasting], minlength=len(shots))
    moving = np.bincount(shot[lasting & (spread > 2 * rule.still_share)], minlength=len(shots))
    # What stays is not among those that move, only among those that are there.
    others_move = 2 * moving > there - 1
    brand = sightings.brand[order][first]
    by_brand: dict[int, list[_Still]] = {}
    for track in np.flatnonzero(lasting & (spread <= rule.still_share)).tolist():
        mine = slice(first[track], first[track] + count[track])
        middle = _median(box[mine])
        if min(middle[0], middle[1], 1 - middle[2], 1 - middle[3]) <= rule.border_share:
            still = _Still(rows=order[mine], box=middle, others_move=bool(others_move[shot[track]]))
            by_brand.setdefault(int(brand[track]), []).append(still)
    return list(by_brand.values())


def _median(boxes: Floats) -> Floats:
    """np.median over the first axis, which costs more than all else here when called for every track."""
    ordered = np.sort(boxes, axis=0)
    middle: Floats = (ordered[(len(boxes) - 1) // 2] + ordered[len(boxes) // 2]) / 2
    return middle


def _same_place(brands: list[list[_Still]], rule: Rule) -> Iterator[list[_Still]]:
    """Tracks of one brand at one place on screen, over all shots."""
    for tracks in brands:
        boxes = np.array([track.box for track in tracks])
        left = np.arange(len(tracks))
        while len(left):
            same = np.abs(boxes[left] - boxes[left[0]]).max(axis=1) <= 2 * rule.still_share
            yield [tracks[number] for number in left[same].tolist()]
            left = left[~same]


def _shifts(bounds: Floats, rule: Rule) -> bool:
    """Whether the hulls with these bounds, some not numbers, lie in different places."""
    known = bounds[~np.isnan(bounds[:, 0])]
    return len(known) > 1 and float(np.ptp(known, axis=0).max()) > 2 * rule.still_share
