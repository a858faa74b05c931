"""How much a server takes on: so many calls at once, a few more in a queue, and none beyond that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mpr.errors import Unavailable


class Full(Unavailable):
    """It has as much to do as it takes; ask again in a moment, or another server."""

    code = "busy"


class Admission:
    """Counts the calls of a server. Belongs to one event loop."""

    def __init__(self, *, at_once: int, queue: int) -> None:
        self.at_once = at_once
        self.ending = False
        self.running = 0
        self.waiting = 0
        self._queue = queue
        self._free = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place among those that run or wait. Raises Full when there is none."""
        if self.ending:
            raise Full("it is about to end; ask another server.")
        if self.running + self.waiting >= self.at_once + self._queue:
            raise Full(f"it has {self.running} calls under way and {self.waiting} waiting; ask again in a moment.")
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The right to compute, for one that has a place; waits for it."""
        async with self._free:
            self.waiting -= 1
            self.running += 1
            try:
                yield
            finally:
                self.running -= 1
                self.waiting += 1
