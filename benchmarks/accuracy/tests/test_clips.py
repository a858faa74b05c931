from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.accuracy.clips import find_clips
from mpr.errors import BadInput


def put(folder: Path, name: str, *suffixes: str) -> None:
    for suffix in suffixes or (".mp4", ".truth.json", ".brands.csv"):
        path = folder / f"{name}{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


def test_folders_below_are_searched(tmp_path: Path) -> None:
    put(tmp_path, "b")
    put(tmp_path, "drawn/a.2")

    assert [clip.name for clip in find_clips(tmp_path)] == ["b", "drawn/a.2"]
    assert find_clips(tmp_path, ["a.2"])[0].brands == tmp_path / "drawn" / "a.2.brands.csv"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no clips"):
        find_clips(tmp_path)
    put(tmp_path, "a")
    with pytest.raises(BadInput, match="holds no clip b; it has a"):
        find_clips(tmp_path, ["b"])
    put(tmp_path, "b", ".truth.json", ".mp4")
    with pytest.raises(BadInput, match=r"b\.brands\.csv is missing"):
        find_clips(tmp_path)
