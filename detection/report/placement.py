"""Where in the picture's world a sighting is: on a board, a jersey or a backdrop, laid over the picture, in a spot.

- **graphic**: tracked and seen to stay on screen while the camera moved, and where it was to within `still_share`.
  Geometry alone tells one too: it stays where it is on screen, near the border, while the world behind it moves: the
  field's hull shifts, or most other marks of the shot do. Without a moving world nothing tells a graphic from a board
  in front of a camera at rest, and it is not called one.
- **jersey**: on a person and not moving with the camera; or moving on its own over the field, unless it slides along a
  row of boards, as what scrolls over LED boards does; or staying on screen but for some wavering, away from the border:
  somebody whom the camera follows.
- **ad**: in a shot without any field, the only brand, and large: a spot or a full-screen card. Only in footage that
  shows a field elsewhere.
- **backdrop**: among many marks of few brands, spread over the height of a picture without a field.
- **board**: none of these, and in or not far from the field's hull.
- **other**: the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from detection.report.columns import MOTIONS
from detection.report.ground import Ground
from detection.report.sightings import Bools, Sightings
from detection.report.spans import Floats, Ints, sums

# A sighting's placement is its place in this list, which is in the order of the alphabet.
NAMES = ("ad", "backdrop", "board", "graphic", "jersey", "other")
AD, BACKDROP, BOARD, GRAPHIC, JERSEY, OTHER = range(len(NAMES))

# A backdrop repeats its brands: so many marks for one of them.
_MARKS_PER_BRAND = 1.5
# Marks stand in one row when they share this part of the lower one's height.
_SAME_ROW = 0.5


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Shares are of the frame's width and height, that of areas of the frame. A track `stays` when no side of its box
    moves by more than `still_share` for at least `min_still_us`; the world moves when it shifts by more than twice
    that."""

    still_share: float
    min_still_us: int
    border_share: float
    field_margin_share: float
    backdrop_marks: int
    backdrop_height_share: float
    ad_area_share: float


@dataclass(frozen=True, kw_only=True)
class _Still:
    """A track that stays near the border, and whether most other marks of its shot move."""

    rows: Ints
    box: Floats
    others_move: bool


def place(sightings: Sightings, tracks: Ints, ground: Ground, rule: Rule) -> Ints:
    """The placement of each sighting."""
    near, hulls = ground.away <= rule.field_margin_share, ground.bounds
    own, on_screen = (sightings.motion == MOTIONS.index(motion) for motion in ("own", "screen"))
    has_field = ~np.isnan(hulls[:, 0])
    places = np.where(near, BOARD, OTHER)
    on_field = own & (ground.away <= 0)
    places[on_field & ~_in_row(sightings, on_field, (places == BOARD) & ~own)] = JERSEY
    places[_on_backdrop(sightings, has_field, rule)] = BACKDROP
    places[_in_ad(sightings, has_field, rule)] = AD
    wavers = on_screen & _wavers(sightings, tracks, rule)
    places[on_screen] = np.where(wavers, JERSEY, GRAPHIC)[on_screen]
    places[ground.worn & (own | wavers)] = JERSEY
    for group in _same_place(_still(sightings, tracks, rule), rule):
        rows = np.concatenate([track.rows for track in group])
        world_moves = any(track.others_move for track in group) or _shifts(hulls[sightings.frame[rows]], rule)
        if world_moves or (on_screen[rows] & ~wavers[rows]).any():
            places[rows] = GRAPHIC
    return places


def _on_backdrop(sightings: Sightings, has_field: Bools, rule: Rule) -> Bools:
    """Which sightings lie in a frame without a field, among many marks of few brands that are spread over its
    height."""
    frames = len(has_field)
    marks = np.bincount(sightings.frame, minlength=frames)
    brands = np.zeros(frames, np.int64)
    pairs = np.unique(sightings.frame * (int(sightings.brand.max(initial=0)) + 1) + sightings.brand)
    np.add.at(brands, pairs // (int(sightings.brand.max(initial=0)) + 1), 1)
    top, bottom = np.full(frames, np.inf), np.full(frames, -np.inf)
    np.minimum.at(top, sightings.frame, sightings.centre[:, 1])
    np.maximum.at(bottom, sightings.frame, sightings.centre[:, 1])
    many = (marks >= rule.backdrop_marks) & (marks >= _MARKS_PER_BRAND * brands)
    mask: Bools = (many & ~has_field & (bottom - top >= rule.backdrop_height_share))[sightings.frame]
    return mask


def _in_ad(sightings: Sightings, has_field: Bools, rule: Rule) -> Bools:
    """Which sightings are of the only brand of a shot without a field, and large on average; none where the footage
    shows no field at all, since nothing tells a spot from the programme then."""
    if not has_field.any() or not len(sightings):
        return np.zeros(len(sightings), bool)
    shots, which = np.unique(sightings.shot, return_inverse=True)
    with_field = np.zeros(len(shots), bool)
    np.logical_or.at(with_field, which, has_field[sightings.frame])
    first, last = np.full(len(shots), np.iinfo(np.int64).max), np.full(len(shots), -1)
    np.minimum.at(first, which, sightings.brand)
    np.maximum.at(last, which, sightings.brand)
    frames, frame = np.unique(sightings.frame, return_inverse=True)
    covered = sums(frame, sightings.area, len(frames))[frame]
    mean = sums(which, covered * sightings.area, len(shots)) / sums(which, sightings.area, len(shots))
    mask: Bools = (~with_field & (first == last) & (mean >= rule.ad_area_share))[which]
    return mask


def _in_row(sightings: Sightings, of: Bools, boards: Bools) -> Bools:
    """Which of these sightings stand in one row with a board of their frame."""
    rows = np.flatnonzero(of)
    # The sightings of a frame are neighbours; each is held against all of them.
    first = np.searchsorted(sightings.frame, sightings.frame[rows])
    counts = np.searchsorted(sightings.frame, sightings.frame[rows], side="right") - first
    one = np.repeat(rows, counts)
    other = np.arange(len(one)) + np.repeat(first - (np.cumsum(counts) - counts), counts)
    one, other = one[boards[other]], other[boards[other]]
    top, bottom = sightings.box[:, 1], sightings.box[:, 3]
    shared = np.minimum(bottom[one], bottom[other]) - np.maximum(top[one], top[other])
    lower = np.minimum(bottom[one] - top[one], bottom[other] - top[other])
    found = np.zeros(len(sightings), bool)
    found[one[shared >= _SAME_ROW * lower]] = True
    return found


def _wavers(sightings: Sightings, tracks: Ints, rule: Rule) -> Bools:
    """Which sightings belong to tracks that do not stay where they are, and keep away from the border. A side may jump
    when a reading is cut short, so of opposite sides the steadier one tells."""
    if not len(tracks):
        return np.zeros(0, bool)
    low, high = (np.full((int(tracks.max()) + 1, 4), end) for end in (np.inf, -np.inf))
    np.minimum.at(low, tracks, sightings.box)
    np.maximum.at(high, tracks, sightings.box)
    spread = high - low
    moves = np.maximum(np.minimum(spread[:, 0], spread[:, 2]), np.minimum(spread[:, 1], spread[:, 3]))
    inner = np.minimum(low[:, :2].min(axis=1), 1 - high[:, 2:].max(axis=1)) > rule.border_share
    mask: Bools = ((moves > rule.still_share) & inner)[tracks]
    return mask


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
