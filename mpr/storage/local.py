"""The local folder storage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

from mpr.pipeline.blobs import write_whole


class AtomicFileSystemStorage(FileSystemStorage):
    """Files that appear whole or not at all."""

    def _save(self, name: str, content: Any) -> str:
        write_whole(Path(self.path(name)), content.chunks())
        return name
