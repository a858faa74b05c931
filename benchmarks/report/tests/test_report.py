from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.report.__main__ import measure
from benchmarks.report.footage import draw
from mpr.pipeline.blobs import Folder
from mpr.pipeline.codec import encode


def test_the_same_broadcast_is_drawn_every_time() -> None:
    assert encode(draw(60.0).matches) == encode(draw(60.0).matches)


def test_it_measures_and_makes_every_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken_s = measure(draw(60.0), Folder(tmp_path), repeats=1)

    told = capsys.readouterr().out
    assert 0 < taken_s < 60
    for words in ("computed anew", "compile_report", "coco", "edl", "pdf", "evidence"):
        assert words in told
