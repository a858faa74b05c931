"""`mpr scan`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.core.management import call_command

from mpr.assets.models import MediaAsset
from mpr.errors import NotFound
from mpr.pipeline.footage import numbered, write_clip
from mpr.storage.buckets import media_in
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def dropped(tmp_path, workspace):
    """match.mp4, a text that is called a video, and a text."""
    folder = Path(media_in.storage.location)
    shutil.copy(write_clip(tmp_path / "clip.mp4", numbered(5)), folder / "match.mp4")
    (folder / "broken.mp4").write_text("no video\n" * 20)
    (folder / "notes.txt").write_text("notes")
    for path in folder.iterdir():
        os.utime(path, (1_000_000_000,) * 2)
    return folder


def test_listing_changes_nothing(dropped, capsys):
    call_command("scan", "--list")
    assert capsys.readouterr().out.splitlines() == [
        "  broken.mp4 (180 B): can be taken in",
        f"  match.mp4 ({(dropped / 'match.mp4').stat().st_size / 1000:.1f} kB): can be taken in",
        "  notes.txt (5 B): Its name is not that of a video.",
    ]
    assert not MediaAsset.objects.exists()


def test_what_can_be_read_is_taken_in_without_a_worker(dropped, capsys):
    with pytest.raises(SystemExit, match="1"):
        call_command("scan")
    said = " ".join(capsys.readouterr().out.split())
    assert "✔ match.mp4: in the library" in said
    assert "✘ broken.mp4: broken.mp4 is a text file, not a video; choose the video file itself." in said
    assert MediaAsset.objects.get(status="ready").filename == "match.mp4"
    assert sorted(path.name for path in dropped.iterdir()) == ["assets", "broken.mp4", "notes.txt"]
    call_command("scan", "--list")
    assert "broken.mp4 (180 B): broken.mp4 is a text file" in capsys.readouterr().out


def test_one_file_and_a_workspace_can_be_named(dropped, capsys):
    Workspace.objects.create(name="Cup")
    with pytest.raises(NotFound, match=r"There is no file lost\.mp4 in media_in"):
        call_command("scan", "lost.mp4")
    call_command("scan", "--workspace", "cup")
    assert "Nothing lies in media_in" in capsys.readouterr().out
    (dropped / "Cup").mkdir()
    (dropped / "match.mp4").rename(dropped / "Cup" / "match.mp4")
    call_command("scan", "Cup/match.mp4", "--workspace", "cup")
    assert MediaAsset.objects.get().workspace.name == "Cup"
    with pytest.raises(NotFound, match="There is no workspace “nobody”"):
        call_command("scan", "--workspace", "nobody")
