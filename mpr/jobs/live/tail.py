"""The newest stretch of one job's log, read once for everyone in this process who follows the job.

Followers are told that something is new and take it at their own pace; one who is slower than the tail is long reads
the log itself. So memory is bounded whatever clients do.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from mpr.events.read import Entry
from mpr.events.wake import group_name
from mpr.jobs.live.look import PAGE, Seen, in_thread, look
from mpr.jobs.models import JobStatus

logger = logging.getLogger(__name__)

_KEPT = 1024
# Wake-ups that come within this time are one look.
_GATHER_S = 0.02
# Progress within shards wakes nobody, and wake-ups may be lost: look anyway, more often while something runs.
_LOOK_S: dict[str, float] = {JobStatus.RUNNING: 1.0}
_LOOK_ELSE_S = 3.0
_PROGRESS_S = 1.0
# The time left is a guess that changes all the time; alone it is told this often.
_ETA_S = 10.0
_SUBSCRIBE_AGAIN_S = 10.0


class Tail:
    """Use it through `follow`. `status`, `newest` and `progress` are of one look; whoever holds `changed` from before
    reading them misses nothing."""

    def __init__(self, job_id: UUID) -> None:
        self.job_id = job_id
        self.followers = 0
        self.ready = asyncio.Event()
        self.changed = asyncio.Event()
        self.status: str = JobStatus.PENDING
        self.is_over = False
        self.newest = 0
        self.progress: dict[str, Any] | None = None
        self._entries: deque[Entry] = deque()
        self._since = 0
        self._progress_at_s = self._told_at_s = 0.0
        self._woken = asyncio.Event()

    def after(self, seq: int) -> list[Entry] | None:
        """The events above `seq`; None when the tail does not reach back that far."""
        if seq < self._since:
            return None
        return [entry for entry in self._entries if entry.seq > seq]

    async def run(self) -> None:
        """Keep the tail up to date until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                try:
                    await self._catch_up()
                except DatabaseError as error:
                    logger.warning("could not look at job %s: %s", self.job_id, error)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S.get(self.status, _LOOK_ELSE_S)):
                        await self._woken.wait()
                        await asyncio.sleep(_GATHER_S)
                self._woken.clear()
        finally:
            listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listening

    async def _catch_up(self) -> None:
        while True:
            first = not self.ready.is_set()
            due = first or time.monotonic() - self._progress_at_s >= _PROGRESS_S
            seen = await in_thread(look, self.job_id, None if first else self.newest, due)
            self._take(seen, first=first)
            if len(seen.entries) < PAGE:
                return

    def _take(self, seen: Seen, *, first: bool) -> None:
        if first:
            self._since = seen.newest
        self._entries.extend(seen.entries)
        while len(self._entries) > _KEPT:
            self._since = self._entries.popleft().seq
        news = first or seen.newest != self.newest or seen.status != self.status
        self.newest, self.status, self.is_over = seen.newest, seen.status, seen.is_over
        if seen.progress is not None:
            self._progress_at_s = time.monotonic()
            if news or self._is_news(seen.progress):
                news, self.progress, self._told_at_s = True, seen.progress, self._progress_at_s
        if news:
            self.ready.set()
            # Those who wait hold the old one.
            self.changed, old = asyncio.Event(), self.changed
            old.set()

    def _is_news(self, progress: dict[str, Any]) -> bool:
        """Whether it tells more than that time passes, or it is time to tell that."""
        if self.progress is None or time.monotonic() - self._told_at_s > _ETA_S:
            return progress != self.progress
        return {**progress, "eta_s": None} != {**self.progress, "eta_s": None}

    async def _listen(self) -> None:
        """Turn wake-ups into looks; while the channel layer is away the regular looks must do."""
        while True:
            try:
                await self._subscribed()
            except (OSError, RedisError) as error:
                logger.warning("no wake-ups for job %s: %s", self.job_id, error)
            await asyncio.sleep(_SUBSCRIBE_AGAIN_S)

    async def _subscribed(self) -> None:
        layer = get_channel_layer()
        channel = await layer.new_channel()
        group = group_name(self.job_id)
        try:
            await layer.group_add(group, channel)
            self._woken.set()
            while True:
                await layer.receive(channel)
                self._woken.set()
        finally:
            with contextlib.suppress(OSError, RedisError):
                await layer.group_discard(group, channel)
