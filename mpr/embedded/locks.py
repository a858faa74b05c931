"""Locks held by open files. The kernel frees them when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mpr.errors import MprError

RETRY_S = 0.02


def open_lock(path: Path) -> int:
    """A file descriptor to lock; children do not inherit it."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError as error:
        raise MprError(
            f"{path} belongs to another user; run MPR as that user or set MPR_HOME to a folder of yours."
        ) from error


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A file descriptor to lock; what it holds is free again when the block ends."""
    descriptor = open_lock(path)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def try_lock(descriptor: int, *, shared: bool) -> bool:
    """Take the lock if it is free now."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(descriptor: int, *, shared: bool, timeout_s: float) -> bool:
    """Take the lock within `timeout_s`; False when somebody else held it all the time."""
    until_s = time.monotonic() + timeout_s
    while not try_lock(descriptor, shared=shared):
        if time.monotonic() > until_s:
            return False
        time.sleep(RETRY_S)
    return True


def write_text(descriptor: int, text: str) -> None:
    """Replace what the locked file says."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)


def read_text(descriptor: int) -> str:
    return os.pread(descriptor, 10_000, 0).decode()
