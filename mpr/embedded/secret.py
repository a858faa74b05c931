"""The installation's secret key, made once when none is configured."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from mpr.errors import MprError, from_os_error


def secret_key(home: Path) -> str:
    """What secret_key in the home folder says; the file is made with a random key when it is missing."""
    path = home / "secret_key"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        key = path.read_text().strip()
    except OSError as error:
        raise from_os_error(error, f"keep a secret key in {path}") from error
    if not key:
        raise MprError(f"{path} is empty; remove it and MPR makes a new key (everybody has to sign in again).")
    return key


def _make(path: Path) -> None:
    """Write beside, then link: of two who come first, both read the same key."""
    descriptor, beside = tempfile.mkstemp(dir=path.parent, prefix="secret_key-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50) + "\n")
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        os.unlink(beside)
