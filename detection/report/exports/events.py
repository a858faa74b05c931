"""report.csv: one row per event."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from detection.records import Event, Report
from detection.report.exports.sheet import sheet
from mpr.pipeline.frames import Frame

COLUMNS = (
    "brand",
    "start_s",
    "end_s",
    "duration_s",
    "start_error_s",
    "end_error_s",
    "placement",
    "method",
    "confidence",
    "mean_area_share",
    "max_area_share",
    "position",
    "clarity",
    "sightings",
    "evidence_t_s",
    "evidence_text",
    "evidence_frame",
    "visible_share",
    "methods",
)


def events_csv(report: Report, frame_name: Callable[[Frame], str | None]) -> Iterator[bytes]:
    """The events of all brands in time order. `frame_name` is that of `report_json`."""
    events = [(event.start_s, brand.brand, event) for brand in report.brands for event in brand.events]
    events.sort(key=lambda row: row[:2])
    return sheet(COLUMNS, (_row(brand, event, frame_name) for _, brand, event in events))


def _row(brand: str, event: Event, frame_name: Callable[[Frame], str | None]) -> list[Any]:
    return [
        brand,
        event.start_s,
        event.end_s,
        round(event.end_s - event.start_s, 6),
        event.start_error_s,
        event.end_error_s,
        event.placement,
        event.method,
        event.confidence,
        event.mean_area_share,
        event.max_area_share,
        event.position,
        event.clarity,
        event.sightings,
        event.evidence.t_s,
        event.evidence.text,
        frame_name(event.evidence.frame),
        event.visible_share,
        " ".join(event.methods or [event.method]),
    ]
