"""report.csv: one row per event."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from detection.records import Report
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
)

# A spreadsheet runs cells that begin like this as formulas, and what a video shows is anybody's to write.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def report_csv(report: Report, frame_name: Callable[[Frame], str | None]) -> str:
    """The events of all brands in time order, with a header row. Text that a spreadsheet would take for a formula is
    preceded by an apostrophe. `frame_name` is that of `report_json`."""
    rows = sorted(
        ((event.start_s, brand.brand, event) for brand in report.brands for event in brand.events),
        key=lambda row: row[:2],
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for start_s, brand, event in rows:
        writer.writerow(
            [
                _harmless(brand),
                start_s,
                event.end_s,
                round(event.end_s - start_s, 6),
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
                _harmless(event.evidence.text),
                frame_name(event.evidence.frame),
            ]
        )
    return out.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
