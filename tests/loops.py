"""Asynchronous tests in an event loop of their own.

The loop runs in a thread of its own: the browser tests' playwright keeps one running in the main thread, beside which
no other can be run there.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

from asgiref.sync import sync_to_async
from django.db import connection


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """The test as an ordinary function. No thread that works for it keeps a connection to the test database, which
    could not be dropped then."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        with patch.dict(connection.settings_dict, CONN_MAX_AGE=0), ThreadPoolExecutor(1) as pool:
            pool.submit(asyncio.run, _run(test(**fixtures))).result()

    return run


async def _run(test: Coroutine[Any, Any, None]) -> None:
    try:
        await test
    finally:
        # Looked up in the thread: the connection is another one there.
        await sync_to_async(lambda: connection.close())()  # noqa: PLW0108
