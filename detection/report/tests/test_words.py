from __future__ import annotations

import pytest

from detection.report import words
from mpr.pipeline.frames import Frame


@pytest.mark.parametrize(
    ("time_s", "text"),
    [(0, "0:00:00.000"), (59.9996, "0:01:00.000"), (724.32, "0:12:04.320"), (36061.5, "10:01:01.500")],
)
def test_clock(time_s: float, text: str) -> None:
    assert words.clock(time_s) == text


@pytest.mark.parametrize(("length_s", "text"), [(0.44, "0:00:00.4"), (59.96, "0:01:00.0"), (861.2, "0:14:21.2")])
def test_duration(length_s: float, text: str) -> None:
    assert words.duration(length_s) == text


def test_percent() -> None:
    assert words.percent(0.3149) == "31.5 %"
    assert words.percent(0.00123, 2) == "0.12 %"


def test_evidence_is_named_after_its_time() -> None:
    frame = Frame(seq=9, pts_s=7324.3204, width_px=1, height_px=1, pack="p", offset=0, size=1)

    assert words.evidence_name(frame) == "evidence/02h02m04s320.jpg"
