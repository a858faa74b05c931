import pytest

from mpr.web import format as formats


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00"), (59.6, "0:01:00"), (260.3, "0:04:20"), (7322, "2:02:02"), (None, "–")],
)
def test_clock(seconds, text):
    assert formats.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0004, "0:00:00.000"), (59.9996, "0:01:00.000"), (3661.25, "1:01:01.250")]
)
def test_clock_with_ms(seconds, text):
    assert formats.clock(seconds, with_ms=True) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_took(seconds, text):
    assert formats.took(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_600, "100 kB"),
        (184_320_000, "184 MB"),
        (999_600_000, "1.0 GB"),
    ],
)
def test_size(count, text):
    assert formats.size(count) == text


def test_percent_keeps_number_and_sign_together():
    assert formats.percent(0.125, 1) == "12.5\u2009%"


@pytest.mark.parametrize(
    ("name", "title"), [("run_ocr", "Run OCR"), ("escalate_vlm", "Escalate VLM"), ("preprocess", "Preprocess")]
)
def test_stage_title(name, title):
    assert formats.stage_title(name) == title
