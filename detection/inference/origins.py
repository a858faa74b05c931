"""What is remembered of a fetched model file, in a small file beside it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mpr.errors import from_os_error
from mpr.pipeline.blobs import write_whole
from mpr.pipeline.codec import Record

_SUFFIX = ".origin.json"


class Origin(Record):
    """Where a file was fetched from, what its bytes must be, and its licence where that is known."""

    url: str
    sha256: str
    licence: str = ""


def remember(model: Path, origin: Origin) -> None:
    """Raises MprError when it cannot be written."""
    try:
        write_whole(_beside(model), [msgspec.json.format(msgspec.json.encode(origin), indent=2), b"\n"])
    except OSError as error:
        raise from_os_error(error, f"write beside {model}") from error


def origin_of(model: Path) -> Origin | None:
    """None for a file that was put there by hand."""
    try:
        return msgspec.json.decode(_beside(model).read_bytes(), type=Origin)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def forget(model: Path) -> None:
    """Remove what is remembered."""
    _beside(model).unlink(missing_ok=True)


def _beside(model: Path) -> Path:
    return model.with_name(model.name + _SUFFIX)
