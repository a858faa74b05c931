from __future__ import annotations

import csv
import io
from collections.abc import Callable

import pytest

from detection.records import BrandMatch, Report, Scenes
from detection.report.exports.events import COLUMNS, events_csv
from detection.report.words import evidence_name


def written(report: Report, frame_name: Callable[..., str | None]) -> str:
    return b"".join(events_csv(report, frame_name)).decode()


def test_one_row_per_event_in_time_order(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report]
) -> None:
    matches = [sighting(seq) for seq in (4, 5, 6)]
    matches += [sighting(seq, "Quillon, Ltd.", box=(0.1, 0.1, 0.3, 0.2)) for seq in (0, 1)]

    rows = list(csv.DictReader(io.StringIO(written(compiled(film(8), matches), evidence_name))))

    assert [(row["brand"], row["start_s"], row["end_s"], row["duration_s"]) for row in rows] == [
        ("Quillon, Ltd.", "0.0", "1.0", "1.0"),
        ("Aldermoor", "2.0", "3.5", "1.5"),
    ]
    assert rows[1] == rows[1] | {
        "start_error_s": "0.25",
        "end_error_s": "0.25",
        "placement": "other",
        "method": "ocr",
        "confidence": "1.0",
        "mean_area_share": "0.02",
        "sightings": "3",
        "evidence_t_s": "2.25",
        "evidence_text": "ALDERMOOR",
        "evidence_frame": "evidence/00h00m02s250.jpg",
    }


def test_report_without_events_is_a_header(film: Callable[..., Scenes], compiled: Callable[..., Report]) -> None:
    assert written(compiled(film(2), []), evidence_name) == ",".join(COLUMNS) + "\n"


@pytest.mark.parametrize("text", ["=1+1", "+49 30 1234", "-1", "@SUM(A1)", "\tX"])
def test_text_from_the_video_is_no_formula(
    film: Callable[..., Scenes], sighting: Callable[..., BrandMatch], compiled: Callable[..., Report], text: str
) -> None:
    report = compiled(film(2), [sighting(seq, text, text=text) for seq in range(2)])

    row = next(csv.DictReader(io.StringIO(written(report, evidence_name))))

    assert (row["brand"], row["evidence_text"]) == (f"'{text}", f"'{text}")
