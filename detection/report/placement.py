"""Where in the picture's world a sighting is: on a board, or laid over the picture, or somewhere else.

The rule uses geometry alone. A graphic stays where it is on screen, near the border, while the world behind it moves:
the field's hull shifts, or most other marks of the shot do. Without a moving world nothing tells a graphic from a board
in front of a camera at rest, and it is not called one. What is not a graphic and lies in or next to the playing field
is a board. The rest is other: jersey, backdrop and ad need more than geometry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from detection.records import KeptFrame, Point
from detection.report.geometry import Floats
from detection.report.sightings import Ints, Sightings

GRAPHIC, BOARD, OTHER = "graphic", "board", "other"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Shares are of the frame's width and height. A track `stays` when no side of its box moves by more than
    `still_share` for at least `min_still_s`; the world moves when it shifts by more than twice that."""

    still_share: float
    min_still_s: float
    border_share: float
    field_margin_share: float


@dataclass(frozen=True, kw_only=True)
class _Track:
    rows: Ints
    brand: int
    shot: int
    box: Floats
    spread: float


def place(
    sightings: Sightings,
    tracks: Ints,
    kept: Sequence[KeptFrame],
    hulls_px: Mapping[int, Sequence[Point]],
    rule: Rule,
) -> list[str]:
    """The placement of each sighting. `hulls_px` gives the field's hull by frame seq, for the frames that have one."""
    hulls = _hulls(sorted(set(sightings.frame.tolist())), kept, hulls_px)
    # The distance from a frame without a hull is not a number, which is near nothing.
    away = shapely.distance(shapely.points(sightings.centre), [hulls.get(at) for at in sightings.frame.tolist()])
    places = [BOARD if near else OTHER for near in (away <= rule.field_margin_share).tolist()]
    lasting = _lasting(sightings, tracks, kept, rule.min_still_s)
    at_border = [
        track for track in lasting if track.spread <= rule.still_share and _gap(track.box) <= rule.border_share
    ]
    for group in _same_place(at_border, rule):
        frames = {frame for track in group for frame in sightings.frame[track.rows].tolist()}
        if _field_shifts(frames, hulls, rule) or any(_others_move(track, lasting, rule) for track in group):
            for row in (row for track in group for row in track.rows.tolist()):
                places[row] = GRAPHIC
    return places


def _hulls(
    frames: Iterable[int], kept: Sequence[KeptFrame], hulls_px: Mapping[int, Sequence[Point]]
) -> dict[int, shapely.Polygon]:
    known = [frame for frame in frames if len(hulls_px.get(kept[frame].frame.seq, ())) >= 3]
    if not known:
        return {}
    pictures = [kept[frame].frame for frame in known]
    points = [np.array(hulls_px[picture.seq], float) / (picture.width_px, picture.height_px) for picture in pictures]
    owners = np.repeat(np.arange(len(known)), [len(each) for each in points])
    hulls = shapely.convex_hull(shapely.multipoints(np.concatenate(points), indices=owners))
    return dict(zip(known, hulls, strict=True))


def _lasting(sightings: Sightings, tracks: Ints, kept: Sequence[KeptFrame], min_s: float) -> list[_Track]:
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, track in enumerate(tracks.tolist()):
        rows_of[track].append(row)
    boxes = shapely.bounds(sightings.polygon)
    found = []
    for _, rows in sorted(rows_of.items()):
        first, last = kept[int(sightings.frame[rows[0]])], kept[int(sightings.frame[rows[-1]])]
        if last.end_s - first.start_s < min_s:
            continue
        found.append(
            _Track(
                rows=np.array(rows, np.int64),
                brand=int(sightings.brand[rows[0]]),
                shot=first.shot,
                box=_median(boxes[rows]),
                spread=float(np.ptp(boxes[rows], axis=0).max()),
            )
        )
    return found


def _median(boxes: Floats) -> Floats:
    """np.median over the first axis, which costs more than all else here when called for every track."""
    ordered = np.sort(boxes, axis=0)
    middle: Floats = (ordered[(len(boxes) - 1) // 2] + ordered[len(boxes) // 2]) / 2
    return middle


def _gap(box: Floats) -> float:
    """Distance of a box from the nearest edge of the frame."""
    return float(min(box[0], box[1], 1 - box[2], 1 - box[3]))


def _same_place(tracks: list[_Track], rule: Rule) -> list[list[_Track]]:
    """Tracks of one brand at one place on screen, over all shots."""
    groups: list[list[_Track]] = []
    for track in tracks:
        for group in groups:
            if group[0].brand == track.brand and np.abs(group[0].box - track.box).max() <= 2 * rule.still_share:
                group.append(track)
                break
        else:
            groups.append([track])
    return groups


def _field_shifts(frames: set[int], hulls: Mapping[int, shapely.Polygon], rule: Rule) -> bool:
    seen = [hulls[frame] for frame in sorted(frames) if frame in hulls]
    return len(seen) > 1 and float(np.ptp(shapely.bounds(seen), axis=0).max()) > 2 * rule.still_share


def _others_move(track: _Track, lasting: list[_Track], rule: Rule) -> bool:
    others = [other for other in lasting if other.shot == track.shot and other is not track]
    return 2 * sum(other.spread > 2 * rule.still_share for other in others) > len(others)
