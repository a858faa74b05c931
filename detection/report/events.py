"""Events: what the report says of one airing, and the sighting that proves it."""

from __future__ import annotations

import numpy as np

from detection.records import Event, Evidence
from detection.report import geometry
from detection.report.seen import Seen, mean, rounded
from detection.report.sightings import Ints

# Evidence is the best picture among the readings that are nearly as sure as the surest.
_NEARLY_AS_SURE = 0.05


def event(seen: Seen, run: slice) -> Event:
    """The event of one run of cells. It is as sure as its surest sighting, because a run is one brand in one shot; its
    placement is the one with the most asset seconds, its method that of its evidence, which shows that placement."""
    exposure = seen.exposure
    rows = exposure.sightings_of(run)
    w = exposure.seconds[run]
    placed = seen.asset_seconds(run)
    placement = max(sorted(placed), key=placed.__getitem__)
    proof = _proof(seen, rows[[seen.placements[row] == placement for row in rows.tolist()]])
    match = seen.matches[int(seen.sightings.match[proof])]
    frame = seen.kept[int(seen.sightings.frame[proof])].frame
    return Event(
        start_s=rounded(exposure.start_s[run.start]),
        end_s=rounded(exposure.end_s[run.stop - 1]),
        placement=placement,
        method=match.method,
        confidence=rounded(exposure.confidence[run].max()),
        mean_area_share=mean(w, exposure.area[run]),
        max_area_share=rounded(exposure.area[run].max()),
        position=mean(w, exposure.position[run]),
        clarity=mean(w, exposure.clarity[run]),
        sightings=len(rows),
        evidence=Evidence(
            t_s=frame.pts_s,
            polygon=geometry.corners(seen.sightings.polygon[proof]),
            text=match.text,
            frame=frame,
        ),
        path=_path(seen, rows),
    )


def _proof(seen: Seen, rows: Ints) -> int:
    """The sighting to show: the one of the best quality among the surest."""
    confidence = seen.sightings.confidence[rows]
    surest = rows[confidence >= confidence.max() - _NEARLY_AS_SURE]
    return int(surest[np.argmax(seen.exposure.row_quality[surest])])


def _path(seen: Seen, rows: Ints) -> list[tuple[float, float, float]]:
    """Where the run's main track, the one of the largest total area, has its centre."""
    areas: dict[int, float] = {}
    tracks = seen.tracks[rows].tolist()
    for track, area in zip(tracks, seen.sightings.area[rows].tolist(), strict=True):
        areas[track] = areas.get(track, 0.0) + area
    main = max(sorted(areas), key=areas.__getitem__)
    shown = [row for row, track in zip(rows.tolist(), tracks, strict=True) if track == main]
    times_s = [seen.kept[frame].frame.pts_s for frame in seen.sightings.frame[shown].tolist()]
    centres = seen.sightings.centre[shown].tolist()
    return [(time_s, rounded(x), rounded(y)) for time_s, (x, y) in zip(times_s, centres, strict=True)]
