"""Disks and accounts with which writing fails, for the tests of the platform."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

_FULL_AT_BYTES = 256 * 1024
_NOBODY = 65534


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder in which the kernel refuses more than 256 KiB: a disk of that size where this account may mount one,
    else by the limit on the size of a file."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_FULL_AT_BYTES}", "tmpfs", str(folder)]
    if os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0:
        yield folder
        subprocess.run(["umount", folder], check=True)
        return
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FULL_AT_BYTES, before[1]))
    yield folder
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def as_ordinary_user() -> Callable[[], AbstractContextManager[None]]:
    """A context in which permissions bind this process; root is nobody meanwhile. What is imported in it must lie where
    everybody may read."""
    return _as_nobody


@contextmanager
def _as_nobody() -> Iterator[None]:
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
