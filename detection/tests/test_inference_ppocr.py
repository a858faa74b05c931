from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detection.inference import ppocr
from detection.inference.ppocr import (
    TextDetector,
    TextReader,
    TextSearch,
    load_text_detector,
    load_text_reader,
    reading_width,
    working_size,
)
from detection.quads import bounds
from mpr.errors import MprError


def search(**changes: Any) -> TextSearch:
    values: dict[str, Any] = {
        "limit_side_px": 320,
        "limit_type": "min",
        "max_side_px": 1920,
        "threshold": 0.5,
        "unclip_ratio": 1.6,
        "min_height_px": 4.0,
    }
    return TextSearch(**values | changes)


@pytest.fixture(scope="module")
def detector() -> TextDetector:
    return load_text_detector(1, "cpu")


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return load_text_reader(1, "cpu")


def grey(width: int, height: int) -> Any:
    return np.full((height, width, 3), 40, np.uint8)


def test_text_is_found_where_it_was_written(detector: TextDetector, write: Any) -> None:
    picture = write(write(grey(640, 320), "NORTHWIND", at=(180, 80)), "ACME", at=(500, 240))
    found = sorted(detector.find(picture, search()), key=lambda one: one.quad)
    assert [one.label for one in found] == ["text", "text"]
    for one, (x, y) in zip(found, [(180, 80), (500, 240)], strict=True):
        left, top, right, bottom = bounds(one.quad)
        assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((x, y), abs=8)
        assert 25 < bottom - top < 60
        assert 0.5 <= one.score <= 1


def test_scores_belong_to_their_boxes(detector: TextDetector, write: Any) -> None:
    """The library sorts its boxes but not their scores; a box must not be given another one's score."""
    picture = write(grey(640, 320), "CLEAR", at=(160, 240))
    picture = write(picture, "FAINT", at=(480, 80), size_px=18, colour=(62, 62, 62))
    clear, faint = sorted(detector.find(picture, search(threshold=0.3)), key=lambda one: one.quad)
    assert clear.score > faint.score + 0.03


@pytest.mark.parametrize(
    ("width", "height"),
    [pytest.param(1, 1, id="one pixel"), pytest.param(7, 500, id="a strip"), pytest.param(641, 333, id="odd sides")],
)
def test_a_picture_without_text_has_no_boxes(detector: TextDetector, width: int, height: int) -> None:
    assert detector.find(grey(width, height), search()) == []


def test_low_text_is_left_out(detector: TextDetector, write: Any) -> None:
    picture = write(grey(640, 320), "NORTHWIND", at=(320, 160), size_px=40)
    assert detector.find(picture, search(min_height_px=30))
    assert detector.find(picture, search(min_height_px=90)) == []


@pytest.mark.parametrize(
    ("size", "changes", "expected"),
    [
        pytest.param((1280, 720), {"limit_side_px": 736}, (1312, 736), id="small frames are enlarged"),
        pytest.param((1920, 1080), {"limit_side_px": 736}, (1920, 1088), id="large ones are not"),
        pytest.param((3840, 2160), {"limit_side_px": 736}, (1920, 1088), id="very large ones are shrunk"),
        pytest.param((1920, 1080), {"limit_side_px": 960, "limit_type": "max"}, (960, 544), id="max shrinks"),
        pytest.param((640, 360), {"limit_side_px": 960, "limit_type": "max"}, (640, 352), id="max never enlarges"),
        pytest.param((2, 1000), {"limit_side_px": 736}, (32, 1920), id="a strip does not explode"),
    ],
)
def test_the_working_size(size: tuple[int, int], changes: dict[str, Any], expected: tuple[int, int]) -> None:
    assert working_size(*size, search(**changes)) == expected


@pytest.mark.parametrize("text", ["NORTHWIND", "acme.com", "Fly Higher 2026"])
def test_text_is_read(reader: TextReader, write: Any, text: str) -> None:
    crop = write(grey(24 * len(text), 48), text, at=(12 * len(text), 24), size_px=32)
    (reading,) = reader.read([crop])
    assert reading.text == text
    assert reading.score > 0.9


def test_an_empty_crop_reads_as_nothing(reader: TextReader) -> None:
    assert reader.read([grey(160, 48)])[0].text == ""
    assert reader.read([]) == []


def test_a_reading_does_not_depend_on_its_batch(reader: TextReader, write: Any) -> None:
    crops = [write(grey(150, 48), text, at=(75, 24), size_px=30) for text in ("ACME", "QUILLON", "Vantor", "PELLUCID")]
    assert reader.read(crops) == [reading for crop in crops for reading in reader.read([crop])]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        pytest.param(1, 48, 128, id="narrow crops have a least width"),
        pytest.param(160, 48, 160, id="exactly one step"),
        pytest.param(161, 48, 192, id="rounded up"),
        pytest.param(80, 24, 160, id="at reading height"),
    ],
)
def test_the_reading_width(width: int, height: int, expected: int) -> None:
    assert reading_width(width, height) == expected


@pytest.mark.parametrize("load", [load_text_detector, load_text_reader])
def test_missing_weights_are_an_error_and_not_a_download(load: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppocr, "DETECTION_WEIGHTS", "gone.onnx")
    monkeypatch.setattr(ppocr, "READING_WEIGHTS", "gone.onnx")
    with pytest.raises(MprError, match=r"gone.onnx are missing from the rapidocr package") as caught:
        load(1, "cpu")
    assert not caught.value.transient


def test_loading_says_nothing(detector: TextDetector, capfd: pytest.CaptureFixture[str]) -> None:
    detector.find(grey(64, 64), search())
    load_text_reader(1, "cpu")
    assert capfd.readouterr() == ("", "")


def test_the_weights_come_with_the_package() -> None:
    for name in (ppocr.DETECTION_WEIGHTS, ppocr.READING_WEIGHTS):
        assert Path(ppocr.bundled_weights("rapidocr", name)).stat().st_size > 1_000_000
