"""Waking whoever listens to a job, without making whoever writes wait.

One thread of this process speaks to the channel layer over one connection. Wake-ups of a job that come faster than
they can be sent become one. A wake-up that is lost costs a listener a moment, never an event: the log has it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from functools import cache
from uuid import UUID

from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def group_name(job_id: UUID | str) -> str:
    """The channel-layer group that is woken when a job's log grows."""
    return f"job.{job_id}"


def wake(job_id: UUID, seq: int) -> None:
    """Tell the group that the log has grown to `seq`; returns at once."""
    _waker(os.getpid()).wake(group_name(job_id), seq)


class _Waker:
    """The thread and what it has still to send: the newest number of each group."""

    def __init__(self) -> None:
        self._due: dict[str, int] = {}
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="wake", daemon=True).start()

    def wake(self, group: str, seq: int) -> None:
        with self._lock:
            waiting = group in self._due
            self._due[group] = max(seq, self._due.get(group, 0))
        if not waiting:
            asyncio.run_coroutine_threadsafe(self._send(group), self._loop)

    async def _send(self, group: str) -> None:
        with self._lock:
            seq = self._due.pop(group)
        layer = get_channel_layer()
        try:
            await layer.group_send(group, {"type": "job.event", "seq": seq})
        except (OSError, RedisError) as error:
            logger.warning("could not wake the listeners of %s: %s", group, error)


@cache
def _waker(process_id: int) -> _Waker:
    """A forked process has no threads of its parent's, so each has a waker of its own."""
    return _Waker()
