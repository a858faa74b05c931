from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mpr.errors import AccessDenied, NotFound, StorageFull
from mpr.pipeline.blobs import Blobs, Folder, Under, write_whole


@pytest.fixture(params=["folder", "under", "under under"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param == "folder":
        return Folder(tmp_path)
    under = Under(Folder(tmp_path), "timelines/one/")
    return under if request.param == "under" else Under(under, "frames")


def test_what_is_written_is_read(blobs: Blobs) -> None:
    blobs.write("deep/in/key", b"0123456789")
    assert blobs.read("deep/in/key") == b"0123456789"
    assert blobs.read_range("deep/in/key", 3, 4) == b"3456"
    assert blobs.read_range("deep/in/key", 8, 10) == b"89"
    assert blobs.read_range("deep/in/key", 20, 1) == b""
    with blobs.local("deep/in/key") as path:
        assert path.read_bytes() == b"0123456789"


def test_writing_again_replaces(blobs: Blobs) -> None:
    blobs.write("key", b"a longer first")
    blobs.write("key", b"second")
    assert blobs.read("key") == b"second"


def test_what_exists_is_told_from_what_does_not(blobs: Blobs) -> None:
    blobs.write("folder/key", b"")
    assert blobs.exists("folder/key")
    assert not blobs.exists("folder")
    assert not blobs.exists("other")


def test_what_is_missing_is_named(blobs: Blobs) -> None:
    for ask in (blobs.read, lambda key: blobs.read_range(key, 0, 1), lambda key: blobs.local(key).__enter__()):
        with pytest.raises(NotFound, match=r"lost/key is not stored here\.$"):
            ask("lost/key")


def test_under_keeps_to_its_prefix(tmp_path: Path) -> None:
    whole = Folder(tmp_path)
    one, two = Under(whole, "one/"), Under(whole, "two")
    one.write("key", b"1")
    two.write("key", b"2")
    assert (whole.read("one/key"), whole.read("two/key")) == (b"1", b"2")
    assert (one.read("key"), two.read("key")) == (b"1", b"2")
    assert not one.exists("two/key")


def test_a_full_disk_is_named_and_leaves_what_was_there(full_disk: Path) -> None:
    folder = Folder(full_disk)
    folder.write("pack", b"fits")
    with pytest.raises(
        StorageFull, match=r"^Could not write pack: the disk is full\. Free some space, then start the "
    ):
        folder.write("pack", bytes(1024 * 1024))
    assert folder.read("pack") == b"fits"
    assert os.listdir(full_disk) == ["pack"]


def test_a_folder_that_may_not_be_used_is_named(as_ordinary_user: Callable[[], AbstractContextManager[None]]) -> None:
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o777)
        locked = Path(place) / "locked"
        with as_ordinary_user():
            Folder(locked).write("key", b"")
            os.chmod(locked / "key", 0)
            locked.chmod(0o555)
            for attempt in (lambda: Folder(locked).read("key"), lambda: Folder(locked).write("new", b"")):
                with pytest.raises(
                    AccessDenied, match=r"^Could not (read key|write new): Permission denied\. Let MPR's"
                ):
                    attempt()
            locked.chmod(0o755)


def test_parts_that_break_off_leave_nothing(tmp_path: Path) -> None:
    def parts() -> Iterator[bytes]:
        yield b"the first part"
        raise ConnectionResetError("broken off")

    with pytest.raises(ConnectionResetError):
        write_whole(tmp_path / "folder" / "file", parts())
    assert list((tmp_path / "folder").iterdir()) == []


def test_a_file_is_not_there_before_it_is_whole(tmp_path: Path) -> None:
    seen: list[bool] = []

    def parts() -> Iterator[bytes]:
        yield b"one, "
        seen.append((tmp_path / "file").exists())
        yield b"two"

    write_whole(tmp_path / "file", parts())
    assert seen == [False]
    assert (tmp_path / "file").read_bytes() == b"one, two"
