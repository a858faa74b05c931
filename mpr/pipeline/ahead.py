"""Making things ahead of whoever takes them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def made_ahead(source: Iterable[T], *, batch: int) -> Iterator[T]:
    """The items of `source`, made in a thread of their own while earlier ones are used: `batch` at a time, two batches
    ahead. What `source` raises is raised here. When this ends, however it ends, `source` is not touched any more.
    """
    waiting = iter(source)
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as maker:
        try:
            batches = deque(maker.submit(_take, waiting, batch) for _ in range(2))
            while items := batches.popleft().result():
                batches.append(maker.submit(_take, waiting, batch))
                yield from items
        finally:
            maker.shutdown(wait=True, cancel_futures=True)


def _take(source: Iterator[T], count: int) -> list[T]:
    return list(islice(source, count))
