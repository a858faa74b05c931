"""Local folders: whole files or none, and a sentence for each way in which the disk can fail."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from mpr.errors import AccessDenied, StorageFull
from mpr.storage.buckets import Bucket
from mpr.storage.local import AtomicFileSystemStorage


class Torn(ContentFile):
    """Content whose reading breaks off after the first part."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"the first part"
        raise ConnectionResetError("the upload broke off")


@pytest.fixture
def storage(tmp_path: Path) -> AtomicFileSystemStorage:
    return AtomicFileSystemStorage(location=tmp_path / "media", allow_overwrite=True)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_broken_upload_leaves_nothing(storage: AtomicFileSystemStorage) -> None:
    with pytest.raises(ConnectionResetError):
        storage.save("clips/match.mp4", Torn(b""))
    assert _files(Path(storage.location)) == {}


def test_a_broken_upload_leaves_what_was_there(storage: AtomicFileSystemStorage) -> None:
    storage.save("clips/match.mp4", ContentFile(b"the old match"))
    with pytest.raises(ConnectionResetError):
        storage.save("clips/match.mp4", Torn(b""))
    assert _files(Path(storage.location)) == {"clips/match.mp4": b"the old match"}


def test_a_reader_of_the_old_file_keeps_it_while_it_is_replaced(storage: AtomicFileSystemStorage) -> None:
    storage.save("pack", ContentFile(b"old bytes"))
    with storage.open("pack") as reading:
        storage.save("pack", ContentFile(b"new"))
        assert reading.read() == b"old bytes"
    with storage.open("pack") as reading:
        assert reading.read() == b"new"


def test_a_file_that_is_being_written_lies_where_leftovers_are_looked_for(storage: AtomicFileSystemStorage) -> None:
    folder = Path(storage.location)

    class Watched(ContentFile):
        def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
            yield b"the first part"
            assert [path.parent.name for path in folder.rglob(".partial-*")] == [".partial"]
            assert storage.remove_leftovers(older_than_s=60) == 0
            yield b", the second"

    storage.save("clips/match.mp4", Watched(b""))
    assert _files(folder) == {"clips/match.mp4": b"the first part, the second"}


def test_leftovers_go_when_nobody_has_written_to_them_for_long(storage: AtomicFileSystemStorage) -> None:
    assert storage.remove_leftovers(older_than_s=0) == 0, "there is no folder yet"
    storage.save("clips/match.mp4", ContentFile(b"a match"))
    left = Path(storage.location) / ".partial" / ".partial-1"
    left.write_bytes(b"half")
    assert storage.remove_leftovers(older_than_s=60) == 0
    os.utime(left, (0, 0))
    assert storage.remove_leftovers(older_than_s=60) == 1
    assert _files(Path(storage.location)) == {"clips/match.mp4": b"a match"}


def test_others_may_read_what_is_stored(storage: AtomicFileSystemStorage) -> None:
    storage.save("frame.jpg", ContentFile(b"picture"))
    assert os.stat(storage.path("frame.jpg")).st_mode & 0o777 == 0o644


def test_a_full_disk_is_named_and_leaves_what_was_there(
    use_environment: Callable[..., Bucket], full_disk: Path
) -> None:
    bucket = use_environment(MPR_MEDIA_IN_DIR=str(full_disk))
    bucket.write("small", b"fits")
    with pytest.raises(StorageFull, match=r"^Could not write small in media_in: the disk is full\. Free some space"):
        bucket.write("small", bytes(1024 * 1024))
    assert _files(full_disk) == {"small": b"fits"}


def test_a_folder_that_may_not_be_used_is_named(
    use_environment: Callable[..., Bucket], as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        locked = Path(folder) / "locked"
        bucket = use_environment(MPR_MEDIA_IN_DIR=str(locked))
        assert not bucket.exists("secret")
        with as_ordinary_user():
            bucket.write("secret", b"")
            os.chmod(locked / "secret", 0)
            locked.chmod(0o555)
            for attempt in (
                lambda: bucket.read("secret"),
                lambda: bucket.write("new", b""),
                lambda: bucket.delete("secret"),
            ):
                with pytest.raises(
                    AccessDenied, match=r"media_in: Permission denied\. Let MPR's account use that folder"
                ):
                    attempt()
            locked.chmod(0o755)
