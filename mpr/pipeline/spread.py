"""Doing the same to many things in several threads of this process, with results in their order.

For work that leaves Python's lock alone for most of its time: decoding, OpenCV, a network's inference. A timeline that
has fewer shards than the machine has cores, or whose last shard is a long one, still keeps the cores busy.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(work: Callable[[Item], Result], items: Iterable[Item], *, at_once: int) -> Iterator[Result]:
    """`work(item)` for each item, in the items' order, as many at a time as said.

    What `work` raises is raised here at that item's turn; when the caller stops early nothing more is begun.
    """
    if at_once <= 1:
        yield from map(work, items)
        return
    begun: deque[Future[Result]] = deque()
    try:
        for item in items:
            begun.append(_threads(at_once).submit(work, item))
            # One more than work at a time, so that no thread waits for the caller.
            if len(begun) > at_once:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        for future in begun:
            future.cancel()


_of_caller = threading.local()


def _threads(number: int) -> ThreadPoolExecutor:
    """The calling thread's own: on an inference server several callers are at work, and none waits for another's. They
    last as long as it does: networks keep buffers per thread."""
    pools: dict[int, ThreadPoolExecutor] = _of_caller.__dict__.setdefault("pools", {})
    if number not in pools:
        pools[number] = ThreadPoolExecutor(number, thread_name_prefix="spread")
    return pools[number]
