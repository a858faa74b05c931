"""One server process of the keeper: its log, its start, its end, and what a killed keeper left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from mpr.errors import MprError, StorageFull
from mpr.orphans import dies_with_parent

LARGEST_LOG_BYTES = 5 * 1024 * 1024
START_S = 60.0
STOP_S = 30.0
LEFTOVER_S = 30.0
POLL_S = 0.02


def start(
    name: str, command: Sequence[str], *, cwd: Path, log: Path, stop_signal: int, ready: Callable[[], bool]
) -> subprocess.Popen[bytes]:
    """Run the server and return when it answers; MprError with the log's own reason when it does not."""
    begin = rotate(log)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            preexec_fn=dies_with_parent(stop_signal),  # noqa: PLW1509 — it calls one function, loaded beforehand
        )  # fmt: skip
    until_s = time.monotonic() + START_S
    while not ready():
        if process.poll() is not None:
            raise failure(name, log, begin)
        if time.monotonic() > until_s:
            stop(process, stop_signal)
            raise MprError(f"{name} did not answer within {START_S:.0f} seconds; {log} says why.")
        time.sleep(POLL_S)
    return process


def stop(process: subprocess.Popen[bytes], stop_signal: int) -> None:
    """Ask the server to end, and end it if it does not."""
    for number in (stop_signal, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)


def rotate(log: Path) -> int:
    """Move a log away that has grown large; returns where the next line will begin."""
    size_bytes = log.stat().st_size if log.exists() else 0
    if size_bytes < LARGEST_LOG_BYTES:
        return size_bytes
    log.replace(log.with_suffix(".log.1"))
    return 0


def failure(name: str, log: Path, begin: int = 0) -> MprError:
    """The reason that the log gives from byte `begin` on, as an error for a person."""
    with log.open("rb") as file:
        file.seek(begin)
        text = file.read().decode(errors="replace")
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return StorageFull(f"{name} cannot start: the disk of {log.parent.parent} is full; free some space.")
    reasons = [line for line in text.splitlines() if any(mark in line for mark in ("FATAL", "PANIC", "error:", "# "))]
    reason = reasons[-1] if reasons else (text.strip().splitlines() or ["it ended without a word"])[-1]
    for mark in ("FATAL:", "PANIC:", "error:", "# "):
        reason = reason.partition(mark)[2] or reason
    return MprError(f"{name} cannot start: {reason.strip().rstrip('.')}. {log} has the details.")


def clear_leftovers(program: str, folder: Path, stop_signal: int) -> None:
    """End servers that a killed keeper left at work in `folder`, and wait until they are gone.

    Nobody else may run one there: whoever calls this holds the keeper's lock.
    """
    until_s = time.monotonic() + LEFTOVER_S
    asked: set[int] = set()
    while left := [process for process in psutil.process_iter(["name"]) if _works_in(process, program, folder)]:
        for process in left:
            # PostgreSQL's children are its own affair; they follow it.
            if process.pid not in asked and process.ppid() not in {other.pid for other in left}:
                asked.add(process.pid)
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.send_signal(stop_signal)
        if time.monotonic() > until_s:
            raise MprError(f"An old {program} (process {left[0].pid}) does not end; end it, then try again.")
        time.sleep(POLL_S)


def _works_in(process: psutil.Process, program: str, folder: Path) -> bool:
    try:
        return (
            process.info["name"] == program
            and process.status() != psutil.STATUS_ZOMBIE
            and os.path.realpath(process.cwd()) == os.path.realpath(folder)
        )
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
