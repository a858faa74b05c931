"""Leaving none: children that end with us, and ending a child with all it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded here, since a forked child should not have to import anything.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def dies_with_parent(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn` by which the kernel sends the child `signal_number` when the thread that started it ends, even by
    kill -9 of the process.

    See prctl(2), PR_SET_PDEATHSIG. Elsewhere than on Linux the child is not told.
    """
    parent = os.getpid()

    def ask_the_kernel() -> None:
        if _prctl is None:
            return
        _prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the kernel knew
            os._exit(1)

    return ask_the_kernel


def end_group(process: subprocess.Popen[bytes], grace_s: float) -> None:
    """Ask a child that leads its own session to end, and kill whatever of its group is left after `grace_s`."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a child that leads its own session, with everything in its process group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
