"""Every detection that a report counts, as plain values: what COCO and the JSON tree are written from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detection.records import Point
from detection.report import geometry
from detection.report.columns import LADDER
from detection.report.placement import NAMES
from detection.report.seen import Seen, rounded
from detection.report.sightings import Sightings
from detection.report.spans import to_s
from mpr.pipeline.frames import Frame

_CHUNK = 4096
FrameName = Callable[[Frame], str | None]


@dataclass(frozen=True, kw_only=True)
class Detection:
    """One instance of a brand in one kept frame, number `frame` of them. `polygon` is normalised and clipped to the
    frame, `box` are its bounds; times are seconds of the timeline."""

    frame: int
    shot: int
    brand: int
    start_s: float
    end_s: float
    polygon: list[Point]
    box: tuple[float, float, float, float]
    area_share: float
    visible_share: float
    clarity: float
    position: float
    quality: float
    confidence: float
    method: str
    placement: str
    track: int
    text: str


def detections(seen: Seen) -> Iterator[Detection]:
    """In the order of their frames, then by brand; some are made at a time."""
    for start in range(0, len(seen.sightings), _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, len(seen.sightings)))
        yield from _some(seen, seen.sightings.where(rows), rows)


def _some(seen: Seen, found: Sightings, rows: Any) -> Iterator[Detection]:
    corners: list[Sequence[Any]] = [()] * len(found)
    for places, some in geometry.in_frame(found.outline):
        for place, each in zip(places.tolist(), some, strict=True):
            corners[place] = each
    columns = zip(
        found.frame.tolist(),
        found.shot.tolist(),
        found.brand.tolist(),
        rounded(to_s(found.start_us)),
        rounded(to_s(found.end_us)),
        corners,
        rounded(found.box),
        rounded(found.area),
        rounded(found.visible),
        rounded(found.clarity),
        rounded(found.position),
        rounded(seen.exposure.row_quality[rows]),
        rounded(found.confidence),
        found.rung.tolist(),
        seen.placements[rows].tolist(),
        seen.tracks[rows].tolist(),
        found.record.tolist(),
        strict=True,
    )
    for frame, shot, brand, start_s, end_s, outline, box, area, visible, clear, place, good, sure, *rest in columns:
        rung, placement, track, text = rest
        yield Detection(
            frame=frame, shot=shot, brand=brand, start_s=start_s, end_s=end_s, polygon=geometry.corner_list(outline),
            box=tuple(box), area_share=area, visible_share=visible, clarity=clear, position=place, quality=good,
            confidence=sure, method=LADDER[rung], placement=NAMES[placement], track=track, text=seen.texts[text],
        )  # fmt: skip
