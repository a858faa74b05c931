"""Files that come in parts, while they are not whole: in one folder of the disk that they will stay on."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mpr.errors import from_os_error

FOLDER = ".uploads"


class GrowingFiles:
    """Named files below a folder. Every method raises a domain error for what the disk refuses."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def append(self, name: str, offset: int, blocks: Iterable[bytes], *, at_most: int) -> int:
        """Write what comes at `offset`, cutting off what an earlier attempt left behind it; returns how many bytes were
        written, `at_most` at the most. What is written before an error is not counted and is cut off next time."""
        written = 0
        with self._domain_errors("keep the upload"):
            self._folder.mkdir(parents=True, exist_ok=True)
            with self.path(name).open("r+b" if self.path(name).exists() else "w+b") as file:
                file.truncate(offset)
                file.seek(offset)
                for block in blocks:
                    part = block[: at_most - written]
                    file.write(part)
                    written += len(part)
                file.flush()
        return written

    def finish(self, name: str) -> int:
        """Make sure that a loss of power takes nothing of it away; returns its size, 0 when there is none."""
        with self._domain_errors("keep the upload"):
            try:
                with self.path(name).open("rb") as file:
                    os.fsync(file.fileno())
                    return os.fstat(file.fileno()).st_size
            except FileNotFoundError:
                return 0

    def size(self, name: str) -> int:
        """Its bytes so far; 0 when there is none."""
        with self._domain_errors("look at the upload"):
            try:
                return self.path(name).stat().st_size
            except FileNotFoundError:
                return 0

    def path(self, name: str) -> Path:
        return self._folder / name

    def remove(self, name: str) -> None:
        """Nothing happens when it is not there."""
        with self._domain_errors("remove the upload"), suppress(FileNotFoundError):
            self.path(name).unlink()

    def remove_others(self, names: Iterable[str], *, older_than_s: float) -> int:
        """Remove files that nobody knows and nobody has written to for so long; returns how many."""
        known = set(names)
        removed = 0
        for path in self._folder.glob("*"):
            with suppress(FileNotFoundError):
                if path.name not in known and path.stat().st_mtime < time.time() - older_than_s:
                    path.unlink()
                    removed += 1
        return removed

    @contextmanager
    def _domain_errors(self, doing: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise from_os_error(error, doing) from error
