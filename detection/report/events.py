"""Events: what the report says of airings, and the sightings that prove them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from detection.records import Event, Evidence
from detection.report import geometry
from detection.report.airings import Runs
from detection.report.columns import LADDER
from detection.report.placement import NAMES
from detection.report.seen import Seen, best_of_each, rounded
from detection.report.sightings import Bools
from detection.report.spans import Floats, Ints, sums, to_s

# Evidence is the best picture among the readings that are nearly as sure as the surest.
_NEARLY_AS_SURE = 0.05


def events_of(seen: Seen, runs: Runs, listed: Bools) -> list[list[Event]]:
    """The events of the listed runs by brand. An event is as sure as its surest sighting, because a run is one brand in
    one shot; its placement is the one with the most asset seconds, its method that of its evidence, which shows that
    placement."""
    exposure, found = seen.exposure, seen.sightings
    count, of_cell = len(runs), runs.of_cell
    run = np.zeros(len(found), np.int64)
    run[exposure.row] = of_cell[exposure.cell]
    placement = _placements(seen, run, count)
    proof = _proofs(seen, run, placement)
    corners = geometry.corner_lists(found.outline[proof])
    paths = _paths(seen, run)
    starts, ends = rounded(to_s(runs.start_us)), rounded(to_s(runs.end_us))
    errors = [rounded(each) for each in _errors(seen, runs, run)]
    confidence = rounded(np.maximum.reduceat(exposure.confidence, runs.first)) if count else []
    largest = rounded(np.maximum.reduceat(exposure.area, runs.first)) if count else []
    weight = exposure.seconds
    total = sums(of_cell, weight, count)
    area, position, clarity, visible = (
        rounded(sums(of_cell, weight * values, count) / total)
        for values in (exposure.area, exposure.position, exposure.clarity, exposure.visible)
    )
    sightings = np.bincount(run, minlength=count).tolist()
    rests_on = np.zeros((count, len(LADDER)), bool)
    rests_on[run, found.rung] = True
    brands = runs.brand.tolist()
    by_brand: list[list[Event]] = [[] for _ in seen.names]
    for place in np.flatnonzero(listed).tolist():
        frame = seen.kept.frames[found.frame[proof[place]]].frame
        by_brand[brands[place]].append(
            Event(
                start_s=starts[place],
                end_s=ends[place],
                start_error_s=errors[0][place],
                end_error_s=errors[1][place],
                placement=NAMES[placement[place]],
                method=LADDER[found.rung[proof[place]]],
                methods=[LADDER[rung] for rung in np.flatnonzero(rests_on[place])],
                confidence=confidence[place],
                mean_area_share=area[place],
                max_area_share=largest[place],
                position=position[place],
                clarity=clarity[place],
                visible_share=visible[place],
                sightings=sightings[place],
                evidence=Evidence(
                    t_s=frame.pts_s,
                    polygon=corners[place],
                    text=seen.texts[found.record[proof[place]]],
                    frame=frame,
                ),
                path=paths[place],
            )
        )
    return by_brand


def _placements(seen: Seen, run: Ints, count: int) -> Ints:
    """By run, the placement with the most asset seconds; of equals the first by name."""
    lengths = seen.sightings.end_us - seen.sightings.start_us
    asset_us = sums(run * len(NAMES) + seen.placements, lengths, count * len(NAMES))
    most: Ints = asset_us.reshape(count, len(NAMES)).argmax(axis=1)
    return most


def _proofs(seen: Seen, run: Ints, placement: Ints) -> Ints:
    """By run, the sighting to show: the one of the best quality among the surest of the run's placement."""
    rows = np.flatnonzero(seen.placements == placement[run])
    confidence = seen.sightings.confidence[rows]
    surest = np.zeros(len(placement))
    np.maximum.at(surest, run[rows], confidence)
    rows = rows[confidence >= surest[run[rows]] - _NEARLY_AS_SURE]
    return rows[best_of_each(run[rows], (-seen.exposure.row_quality[rows],))]


def _errors(seen: Seen, runs: Runs, run: Ints) -> tuple[Floats, Floats]:
    """By how much the start and the end of each run may be wrong: as much as the sighting that sets it may be, and
    where several do, the least certain of them."""
    found = seen.sightings
    errors = []
    for edge, of_run in ((found.start_us, runs.start_us), (found.end_us, runs.end_us)):
        sets = np.flatnonzero(edge == of_run[run])
        error = np.zeros(len(runs))
        np.maximum.at(error, run[sets], found.error_s[sets])
        errors.append(error)
    return errors[0], errors[1]


def _paths(seen: Seen, run: Ints) -> list[list[tuple[float, float, float]]]:
    """By run, where its main track, the one of the largest total area, has its centre from frame to frame."""
    if not len(run):
        return []
    keys = run * (int(seen.tracks.max()) + 1) + seen.tracks
    pairs, pair = np.unique(keys, return_inverse=True)
    whose, track = np.divmod(pairs, int(seen.tracks.max()) + 1)
    main = best_of_each(whose, (-sums(pair, seen.sightings.area, len(pairs)), track))
    is_main = np.zeros(len(pairs), bool)
    is_main[main] = True
    rows = np.flatnonzero(is_main[pair])
    rows = rows[np.argsort(run[rows], kind="stable")]
    times_s = seen.kept.pts_s[seen.sightings.frame[rows]].tolist()
    x, y = (rounded(column) for column in seen.sightings.centre[rows].T)
    points = list(zip(times_s, x, y, strict=True))
    edges = [*np.flatnonzero(np.diff(run[rows], prepend=-1)).tolist(), len(rows)]
    return [points[start:stop] for start, stop in pairwise(edges)]
