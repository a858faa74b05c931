from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from detection.inference.easyocr_reader import load_easyocr_reader
from detection.inference.findings import Reading
from mpr.errors import BadConfig

CROP = np.zeros((48, 120, 3), np.uint8)


class FakeReader:
    """Speaks as much of easyocr.Reader's interface as the backend uses."""

    lines: list[Any] = [([[0, 0], [120, 0], [120, 48], [0, 48]], " ACME ", 0.75)]

    def __init__(self, languages: list[str], **options: Any) -> None:
        self.options = options
        if "xx" in languages:
            raise ValueError({"xx"}, "is not supported")
        if not (Path(options["model_storage_directory"]) / "english_g2.pth").is_file():
            raise FileNotFoundError("Missing english_g2.pth and downloads disabled")

    def recognize(self, grey: Any, horizontal_list: Any, free_list: Any, *, reformat: bool) -> list[Any]:
        assert grey.shape == (48, 120)
        assert (horizontal_list, free_list, reformat) == ([[0, 120, 0, 48]], [], False)
        return self.lines


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The models folder with EasyOCR's weights, and the torch extra in a small form."""
    monkeypatch.setenv("MPR_MODELS_DIR", str(tmp_path))
    monkeypatch.setitem(sys.modules, "easyocr", SimpleNamespace(Reader=FakeReader))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=SimpleNamespace(is_available=lambda: False)))
    (tmp_path / "easyocr").mkdir()
    (tmp_path / "easyocr" / "english_g2.pth").touch()
    return tmp_path


def test_it_reads_one_crop_after_the_other_and_never_downloads(folder: Path) -> None:
    reader = load_easyocr_reader(("en",), "auto")
    assert reader.read([CROP, CROP]) == [Reading(text="ACME", score=0.75)] * 2
    options = reader._reader.options
    assert (options["download_enabled"], options["gpu"], options["detector"]) == (False, False, False)


def test_nothing_read_is_an_empty_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeReader, "lines", [])
    assert load_easyocr_reader(("en",), "cpu").read([CROP]) == [Reading(text="", score=0.0)]


def test_without_the_torch_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "easyocr", None)
    with pytest.raises(BadConfig, match=r"“backend” is easyocr, which needs the torch extra; install mpr\[torch\]"):
        load_easyocr_reader(("en",), "auto")


def test_missing_weights_say_where_they_belong(folder: Path) -> None:
    (folder / "easyocr" / "english_g2.pth").unlink()
    with pytest.raises(BadConfig, match=r"EasyOCR's weights for en are not in .*easyocr; put all it needs into .*"):
        load_easyocr_reader(("en",), "auto")


def test_languages_it_cannot_read_are_refused(folder: Path) -> None:
    with pytest.raises(BadConfig, match=r"EasyOCR cannot read en, xx together; check “languages”"):
        load_easyocr_reader(("en", "xx"), "auto")


def test_a_card_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(BadConfig, match="PyTorch finds no CUDA here"):
        load_easyocr_reader(("en",), "cuda")
