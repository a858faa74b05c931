"""The local folder storage."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

from mpr.pipeline.blobs import write_whole

# One folder for everything that is being written, so that what killed writers left is found without a search.
WORKPLACE = ".partial"


class AtomicFileSystemStorage(FileSystemStorage):
    """Files that appear whole or not at all."""

    def _save(self, name: str, content: Any) -> str:
        write_whole(Path(self.path(name)), content.chunks(), workplace=self._workplace)
        return name

    def remove_leftovers(self, *, older_than_s: float) -> int:
        """Remove parts of files that nobody has written to for so long; returns how many. Raises OSError."""
        removed = 0
        before_s = time.time() - older_than_s
        for path in self._workplace.glob("*"):
            # Its writer may have finished, or another may tidy up too.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before_s:
                    path.unlink()
                    removed += 1
        return removed

    @property
    def _workplace(self) -> Path:
        return Path(self.location) / WORKPLACE
