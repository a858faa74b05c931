"""Tasks end, also those that lose a cancellation."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from mpr.jobs.live.ending import end


def test_a_task_that_loses_a_cancellation_is_told_again() -> None:
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        lost += 1
        await asyncio.sleep(60)

    async def run() -> bool:
        task = asyncio.create_task(deaf())
        await asyncio.sleep(0)
        await end(task)
        return task.cancelled()

    assert asyncio.run(run())
    assert lost == 1


def test_one_that_is_done_is_left_alone_and_its_error_is_raised() -> None:
    async def fails() -> None:
        raise ValueError("gone")

    async def run() -> None:
        task = asyncio.create_task(fails())
        await asyncio.wait([task])
        await end(task)

    with pytest.raises(ValueError, match="gone"):
        asyncio.run(run())
