"""Taking files in: known ones, bad ones, and a disk without room."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from mpr.assets import ingest as module
from mpr.assets.ingest import ingest
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.assets.timelines import properties_of
from mpr.errors import BadInput, StorageFull, Unavailable
from mpr.pipeline.footage import numbered, write_clip, write_sound
from mpr.storage.buckets import media_in
from mpr.workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", numbered(30), sound=True)


def stored_files() -> list[str]:
    root = Path(media_in.storage.location)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_new_file_is_stored_and_ready(clip: Path, workspace: Workspace) -> None:
    seen: list[tuple[int, int]] = []
    asset = ingest(clip, workspace=workspace, progress=lambda done, total: seen.append((done, total)))
    sha256 = hashlib.sha256(clip.read_bytes()).hexdigest()
    asset.refresh_from_db()
    assert (asset.status, asset.filename, asset.sha256) == (AssetStatus.READY, "clip.mp4", sha256)
    assert asset.file_path == f"assets/{sha256[:2]}/{sha256}.mp4"
    assert (asset.duration_s, asset.fps, asset.width, asset.height) == (1.2, 25.0, 96, 64)
    assert (asset.video_codec, asset.audio_codec, asset.file_size) == ("h264", "aac", clip.stat().st_size)
    assert media_in.read(asset.file_path) == clip.read_bytes()
    assert properties_of(asset).frame_count == 30
    assert seen[-1] == (asset.file_size, asset.file_size)


def test_known_content_gives_the_known_asset(clip: Path, workspace: Workspace) -> None:
    first = ingest(clip, workspace=workspace)
    assert ingest(clip, workspace=workspace, filename="other name.mp4") == first
    assert MediaAsset.objects.count() == 1


def test_another_workspace_gets_its_own_asset(clip: Path, workspace: Workspace) -> None:
    first = ingest(clip, workspace=workspace)
    second = ingest(clip, workspace=Workspace.objects.create(name="Theirs"))
    assert second != first
    assert second.file_path == first.file_path


@pytest.mark.parametrize("kind", ["empty", "text", "sound", "playlist", "cut off"])
def test_a_bad_file_is_an_asset_in_error_and_nothing_is_stored(kind: str, clip: Path, workspace: Workspace) -> None:
    good = ingest(clip, workspace=workspace)
    before = stored_files()
    bad = clip.with_name("bad.mp4")
    if kind == "sound":
        write_sound(bad)
    else:
        contents = {
            "empty": b"",
            "text": b"not a video\n",
            "playlist": b"#EXTM3U\nhttp://127.0.0.1:9/x.ts\n",
            "cut off": clip.read_bytes()[:200],
        }
        bad.write_bytes(contents[kind])
    asset = ingest(bad, workspace=workspace)
    asset.refresh_from_db()
    assert asset.status == AssetStatus.ERROR
    assert asset.error_message.startswith("bad.mp4 ")
    assert asset.error_message.endswith(".")
    assert (asset.file_path, stored_files()) == ("", before)
    good.refresh_from_db()
    assert good.status == AssetStatus.READY


def test_a_bad_file_tried_twice_is_one_row(tmp_path: Path, workspace: Workspace) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"")
    assert ingest(tmp_path / "bad.mp4", workspace=workspace) == ingest(tmp_path / "bad.mp4", workspace=workspace)
    assert MediaAsset.objects.count() == 1


def test_a_path_that_is_no_file_makes_no_asset(tmp_path: Path, workspace: Workspace) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, sentence in (
        (tmp_path / "none.mp4", "There is no file"),
        (tmp_path, "is not a file"),
        (tmp_path / "pipe", "is not a file"),
    ):
        with pytest.raises(BadInput, match=sentence):
            ingest(path, workspace=workspace)
    assert not MediaAsset.objects.exists()


def test_a_disk_without_room_says_how_much_is_missing(
    clip: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 40_000_000})()
    monkeypatch.setattr(module.shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(StorageFull, match=r"needs [\d.]+ kB, but the storage folder has 40 MB free"):
        ingest(clip, workspace=workspace)
    asset = MediaAsset.objects.get()
    assert (asset.status, asset.file_path) == (AssetStatus.ERROR, "")
    assert "free some space" in asset.error_message
    assert stored_files() == []

    monkeypatch.undo()
    assert ingest(clip, workspace=workspace) == asset
    asset.refresh_from_db()
    assert (asset.status, asset.error_message) == (AssetStatus.READY, "")


def test_storage_that_fails_leaves_the_asset_in_error(
    clip: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(key: str, path: Path) -> None:
        raise Unavailable("The storage did not answer.")

    monkeypatch.setattr(module.media_in, "put_file", fail)
    with pytest.raises(Unavailable):
        ingest(clip, workspace=workspace)
    assert MediaAsset.objects.get().error_message == "The storage did not answer."


def test_a_row_that_cannot_be_written_leaves_no_object_behind(
    clip: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(value: Any) -> Any:
        raise RuntimeError("database gone")

    monkeypatch.setattr(module.msgspec, "to_builtins", fail)
    with pytest.raises(RuntimeError):
        ingest(clip, workspace=workspace)
    assert stored_files() == []


def test_a_file_taken_in_twice_at_once_is_one_asset(
    clip: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = module.probe

    def slow_probe(path: Path, *, name: str) -> Any:
        """While this ingest probes, another one of the same file comes to its end."""
        monkeypatch.setattr(module, "probe", probe)
        ingest(clip, workspace=workspace)
        return probe(path, name=name)

    monkeypatch.setattr(module, "probe", slow_probe)
    asset = ingest(clip, workspace=workspace)
    assert MediaAsset.objects.get() == asset
    assert stored_files() == [asset.file_path]


def test_odd_names_are_made_storable(clip: Path, workspace: Workspace) -> None:
    asset = ingest(clip, workspace=workspace, filename="a\udcff\0b" + "x" * 300 + ".MP4?")
    assert len(asset.filename) == 255
    assert asset.file_path.endswith(asset.sha256)
