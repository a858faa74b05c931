from __future__ import annotations

from typing import Any

import pytest

from benchmarks.report.truth import table
from detection.report.settings import Config
from mpr.pipeline.config import plain

SETTINGS = plain(Config(audience_viewers=3000.0, cpm30_price=10.0, quality_clarity_exponent=0.0))


def instance(brand: str, left: float, placement: str = "board", **changes: Any) -> dict[str, Any]:
    quad = [[left, 40.0], [left + 20, 40.0], [left + 20, 60.0], [left, 60.0]]
    return {
        "brand": brand, "quad": quad, "visible": 1.0, "height_px": 20, "blur_px": 0, "mode": "word",
        "placement": placement, **changes,
    }  # fmt: skip


@pytest.fixture
def rows() -> dict[str, tuple[float, float, float]]:
    """Four seconds of two frames: Aldermoor in three, twice over in one of them; Quillon in two, once smeared."""
    frames = [
        [instance("Aldermoor", 40)],
        [instance("Aldermoor", 40), instance("Aldermoor", 70, "jersey"), instance("Quillon", 10)],
        [instance("Aldermoor", 40)],
        [instance("Quillon", 10, blur_px=9)],
    ]
    truth = {"fps": 1, "width": 100, "height": 100, "shots": [[0, 4]], "frames": frames}
    return {metric: values for metric, *values in table({"settings": SETTINGS, "brands": []}, truth)}


def test_truth_follows_from_what_was_drawn(rows: Any) -> None:
    true = {metric: values[1] for metric, values in rows.items()}

    assert true["exposure seconds"] == 4.0
    assert true["asset seconds"] == 5.0
    assert (true["placement seconds, board"], true["placement seconds, jersey"]) == (4.0, 1.0)
    assert true["area-seconds"] == pytest.approx(0.04 * 5)
    assert (true["events"], true["solus seconds"]) == (2, 2.0)
    assert true["share of voice by time"] == 1.0
    assert sum(true[f"seconds in zone {zone}"] for zone in range(1, 10)) == pytest.approx(4.0)
    assert true["impressions"] == pytest.approx(4 / 30 * 3000)
    assert true["gross value"] == pytest.approx(4 / 30 * 3 * 10)


def test_a_brand_that_is_not_reported_counts_as_nothing(rows: Any) -> None:
    assert rows["exposure seconds"] == [0.0, 4.0, 2.0]
