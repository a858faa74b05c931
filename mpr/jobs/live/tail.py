"""The newest stretch of one job's log, read once for everyone in this process who follows the job.

Followers are told that something is new and take it at their own pace; one who is slower than the tail is long reads
the log itself. So memory is bounded whatever clients do.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import deque
from itertools import takewhile
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from mpr.events.read import Entry
from mpr.events.wake import group_name
from mpr.jobs.live.ending import end
from mpr.jobs.live.look import PAGE, Seen, in_thread, look
from mpr.jobs.models import JobStatus

logger = logging.getLogger(__name__)

_KEPT = 1024
# A wake-up after a rest is followed at once. When they come faster than this, several are one look.
_APART_S = 0.02
# Progress within shards wakes nobody, and wake-ups may be lost: look anyway, more often while something runs.
_LOOK_S: dict[str, float] = {JobStatus.RUNNING: 1.0}
_LOOK_ELSE_S = 3.0
_PROGRESS_S = 1.0
# The time left is a guess that changes all the time; alone it is told this often.
_ETA_S = 10.0
_SUBSCRIBE_AGAIN_S = 10.0
BEAT_S = 15.0


class Tail:
    """Use it through `follow`. `status`, `newest` and `progress` (as JSON) are of one look; whoever holds `changed`
    from before reading them misses nothing. It is set after BEAT_S at the latest, be there news or not: a timeout of
    each follower's own would cost as much as what it is told."""

    def __init__(self, job_id: UUID) -> None:
        self.job_id = job_id
        self.followers = 0
        self.is_ready = False
        self.changed = asyncio.Event()
        self.status: str = JobStatus.PENDING
        self.is_over = False
        self.newest = 0
        self.progress: str | None = None
        self._progress: dict[str, Any] | None = None
        self._entries: deque[Entry] = deque()
        self._since = 0
        self._progress_at_s = self._told_at_s = 0.0
        self._changed_at_s = time.monotonic()
        self._woken = asyncio.Event()

    def after(self, seq: int) -> list[Entry] | None:
        """The events above `seq`; None when the tail does not reach back that far."""
        if seq < self._since:
            return None
        newer = list(takewhile(lambda entry: entry.seq > seq, reversed(self._entries)))
        return newer[::-1]

    async def run(self) -> None:
        """Keep the tail up to date until cancelled."""
        beside = [asyncio.create_task(self._listen()), asyncio.create_task(self._beat())]
        try:
            while True:
                try:
                    await self._catch_up()
                except DatabaseError as error:
                    logger.warning("could not look at job %s: %s", self.job_id, error)
                looked_s = time.monotonic()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S.get(self.status, _LOOK_ELSE_S)):
                        await self._woken.wait()
                await asyncio.sleep(looked_s + _APART_S - time.monotonic())
                self._woken.clear()
        finally:
            for task in beside:
                await end(task)

    async def _catch_up(self) -> None:
        while True:
            first = not self.is_ready
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
                news, self._progress, self._told_at_s = True, seen.progress, self._progress_at_s
                self.progress = json.dumps(seen.progress, ensure_ascii=False)
        if news:
            self.is_ready = True
            self._wake_followers()

    def _wake_followers(self) -> None:
        # Those who wait hold the old one.
        self.changed, old = asyncio.Event(), self.changed
        self._changed_at_s = time.monotonic()
        old.set()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._changed_at_s + BEAT_S - time.monotonic())
            if time.monotonic() - self._changed_at_s >= BEAT_S:
                self._wake_followers()

    def _is_news(self, progress: dict[str, Any]) -> bool:
        """Whether it tells more than that time passes, or it is time to tell that."""
        if self._progress is None or time.monotonic() - self._told_at_s > _ETA_S:
            return progress != self._progress
        return {**progress, "eta_s": None} != {**self._progress, "eta_s": None}

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
