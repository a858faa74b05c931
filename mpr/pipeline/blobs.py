"""Where bytes live, as the stages see it.

`mpr.storage` implements this over the configured buckets; `Folder` serves tests and benchmarks.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from mpr.errors import NotFound, from_os_error


class Blobs(Protocol):
    """A flat key → bytes store. Keys are relative, with forward slashes.

    Every method raises AccessDenied or Unavailable when the store itself cannot be used.
    """

    def write(self, key: str, data: bytes) -> None:
        """Store `data` whole; a reader never sees half of it. Raises StorageFull."""

    def read(self, key: str) -> bytes:
        """All bytes of `key`. Raises NotFound."""

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        """`size` bytes from `offset`, fewer where the blob ends, without reading the rest. Raises NotFound."""

    def exists(self, key: str) -> bool: ...

    def local(self, key: str) -> AbstractContextManager[Path]:
        """A path on this machine that holds the bytes while the context is open. Raises NotFound."""


class Folder:
    """Blobs in one folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, key: str, data: bytes) -> None:
        try:
            write_whole(self.root / key, [data])
        except OSError as error:
            raise from_os_error(error, f"write {key}") from error

    def read(self, key: str) -> bytes:
        return self._read(key, 0, -1)

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        return self._read(key, offset, size)

    def _read(self, key: str, offset: int, size: int) -> bytes:
        try:
            with (self.root / key).open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except FileNotFoundError as error:
            raise NotFound(f"{key} is not stored here.") from error
        except OSError as error:
            raise from_os_error(error, f"read {key}") from error

    def exists(self, key: str) -> bool:
        return (self.root / key).is_file()

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        if not self.exists(key):
            raise NotFound(f"{key} is not stored here.")
        yield self.root / key


class Under:
    """Blobs below a prefix of other blobs, such as a timeline's folder in media_out."""

    def __init__(self, blobs: Blobs, prefix: str) -> None:
        self._blobs = blobs
        self._prefix = prefix.rstrip("/")

    def write(self, key: str, data: bytes) -> None:
        self._blobs.write(f"{self._prefix}/{key}", data)

    def read(self, key: str) -> bytes:
        return self._blobs.read(f"{self._prefix}/{key}")

    def read_range(self, key: str, offset: int, size: int) -> bytes:
        return self._blobs.read_range(f"{self._prefix}/{key}", offset, size)

    def exists(self, key: str) -> bool:
        return self._blobs.exists(f"{self._prefix}/{key}")

    def local(self, key: str) -> AbstractContextManager[Path]:
        return self._blobs.local(f"{self._prefix}/{key}")


def write_whole(path: Path, parts: Iterable[bytes], *, workplace: Path | None = None) -> None:
    """Write a file that appears whole or not at all, even when the machine loses power: in `workplace`, a folder of the
    same disk, else beside its place, then renamed over it. A writer that is killed leaves its part there. Makes the
    folders it needs. Raises OSError, and whatever `parts` raises."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = workplace or path.parent
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".partial-")
    try:
        with os.fdopen(handle, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(handle)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
