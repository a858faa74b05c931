"""Ending tasks for good."""

from __future__ import annotations

import asyncio
from typing import Any

_AGAIN_S = 0.5


async def end(task: asyncio.Task[Any]) -> None:
    """Cancel a task and wait until it is done; what it raises is raised here.

    It is told again until it listens: asgiref's sync_to_async, which catches a cancellation to end the work of its
    thread first, may lose one.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_AGAIN_S)
    if not task.cancelled():
        task.result()
