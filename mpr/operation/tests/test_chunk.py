"""`mpr chunk`: says where cuts fall, makes chunks and timelines, and refuses with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from mpr.assets import chunks
from mpr.assets.models import Timeline
from mpr.assets.prepared import MediaChunk, WorkState
from mpr.errors import BadInput, NotFound, StorageFull
from mpr.pipeline.footage import numbered, write_clip

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_the_command_splits_says_where_and_makes_a_timeline(
    tmp_path: Path, workspace: object, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("seed")
    video = write_clip(tmp_path / "match.mp4", numbered(200), sound=True)
    call_command("chunk", str(video), "--every", "3", "--dry-run")
    said = capsys.readouterr().out
    assert "0:00:02.880" in said
    assert "0:00:03.000" in said
    assert not MediaChunk.objects.exists()
    call_command("chunk", str(video), "--keep", "0-3", "0:05-0:08", "--timeline")
    said = capsys.readouterr().out
    timeline = Timeline.objects.get()
    assert f"mpr analyze --timeline {timeline.pk}" in said
    assert [chunk.state for chunk in MediaChunk.objects.all()] == [WorkState.DONE] * 2
    call_command("chunk", str(video), "--keep", "0-3", "0:05-0:08", "--timeline")
    assert Timeline.objects.get() == timeline


def test_the_command_refuses_what_it_cannot_find_or_split(tmp_path: Path, workspace: object) -> None:
    with pytest.raises(NotFound, match="is neither a file nor the id of footage"):
        call_command("chunk", "nothing.mp4", "--every", "3")
    with pytest.raises(CommandError, match="write it as 1:02:03, 45:00 or 90"):
        call_command("chunk", "nothing.mp4", "--every", "soon")
    with pytest.raises(CommandError, match="write it as 0:00-45:00"):
        call_command("chunk", "nothing.mp4", "--keep", "0:00")
    with pytest.raises(CommandError, match="not allowed with argument"):
        call_command("chunk", "nothing.mp4", "--every", "3", "--at", "4")
    call_command("seed")
    with pytest.raises(NotFound, match="There is no timeline"):
        call_command("analyze", timelines=["6f9619ff-8b86-d011-b42d-00c04fc964ff"])
    with pytest.raises(BadInput, match="Name a video, or a timeline"):
        call_command("analyze")


def test_a_chunk_that_cannot_be_made_ends_the_command_with_its_sentence(
    tmp_path: Path, workspace: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(name: str, size_bytes: int) -> None:
        raise StorageFull("The storage folder is full; free some space.")

    call_command("seed")
    monkeypatch.setattr(chunks, "check_room", full)
    video = write_clip(tmp_path / "match.mp4", numbered(200))
    with pytest.raises(CommandError, match="2 of 2 chunks could not be made"):
        call_command("chunk", str(video), "--at", "4")
    assert "The storage folder is full; free some space." in capsys.readouterr().out
