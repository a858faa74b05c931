"""Drawing ahead: a process of its own draws what the network learns from next."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from queue import Full
from typing import Any, TypeVar

import cv2

Drawn = TypeVar("Drawn")
_PATIENCE_S = 20


def ahead(draw: Callable[[int], Drawn], *, first: int, most: int) -> Iterator[Drawn]:
    """What `draw` makes of the numbers from `first` on, without end, at most so many ahead of need."""
    context = get_context("fork")
    queue = context.Queue(most)
    worker = context.Process(target=_fill, args=(queue, draw, first), daemon=True)
    worker.start()
    try:
        while True:
            yield queue.get()
    finally:
        worker.kill()


def _fill(queue: Any, draw: Callable[[int], Any], number: int) -> None:
    """Until the process that asked is gone."""
    cv2.setNumThreads(1)
    # What nobody will fetch must not keep this process.
    queue.cancel_join_thread()
    parent = os.getppid()
    while True:
        drawn = draw(number)
        while True:
            try:
                queue.put(drawn, timeout=_PATIENCE_S)
                break
            except Full:
                if os.getppid() != parent:
                    return
        number += 1
