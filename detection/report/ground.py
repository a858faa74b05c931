"""What surrounds a sighting: the playing field and people, measured before any setting says what is near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from detection.records import Fields, FrameField, Objects
from detection.report.kept import Kept
from detection.report.sightings import Bools, Instances
from detection.report.spans import Floats, Ints

# What object models call people.
PERSON = "person"

# So many hulls at a time.
_CHUNK = 512


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
