"""Starting children that do not outlive us."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Loaded here, since a forked child should not have to import anything.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def dies_with_parent(signal_number: int = signal.SIGTERM) -> Callable[[], None]:
    """A `preexec_fn` by which the kernel sends the child `signal_number` when this process ends, even by kill -9.

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
