"""Following one job: everything in its log from a number on, each event once and in order, and how far it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID
from weakref import WeakKeyDictionary

from mpr.events.read import Entry, gapless_from, read_after
from mpr.jobs.live.ending import end
from mpr.jobs.live.look import PAGE, in_thread, may_see
from mpr.jobs.live.tail import Tail

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_MAY_SEE_S = 60.0
# What is told at once is in memory once more for every follower, until it is sent.
_AT_ONCE = 32


@dataclass(frozen=True, kw_only=True)
class Resumed:
    """The first thing a follower gets. Below `gapless_from`, details may have been pruned."""

    after: int
    newest: int
    gapless_from: int
    status: str


@dataclass(frozen=True, kw_only=True)
class News:
    """What the log has gained, in order: one entry or some."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the job is: as JSON what `mpr.jobs.live.look.progress_of` tells; only the newest is worth anything."""

    data: str


@dataclass(frozen=True, kw_only=True)
class Beat:
    """Nothing happened for a while (BEAT_S)."""


@dataclass(frozen=True, kw_only=True)
class Over:
    """The last thing a follower gets: the job has ended so, is “deleted”, or may no longer be seen (“refused”)."""

    status: str


Item = Resumed | News | Progress | Beat | Over

# The tails of each event loop: a process that serves has one.
_tails: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[UUID, tuple[Tail, asyncio.Task[None]]]] = WeakKeyDictionary()


async def follow(job_id: UUID, after: int, user: User | AnonymousUser) -> AsyncIterator[Item]:
    """From the event behind `after` to the end of the job, as long as the person may see it."""
    async with _tail(job_id) as tail:
        while not tail.is_ready:
            await tail.changed.wait()
            if not tail.is_ready:
                yield Beat()
        whole_from = await in_thread(gapless_from, job_id, tail.newest)
        yield Resumed(after=after, newest=tail.newest, gapless_from=whole_from, status=tail.status)
        told: str | None = None
        asked_s = time.monotonic()
        while True:
            changed, newest, status, is_over = tail.changed, tail.newest, tail.status, tail.is_over
            while after < newest:
                entries, are_all = await _read(tail, after)
                for begin in range(0, len(entries), _AT_ONCE):
                    yield News(entries=tuple(entries[begin : begin + _AT_ONCE]))
                after = entries[-1].seq if entries else after
                # What is missing up to here has been pruned.
                after = max(after, newest) if are_all else after
            if tail.progress is not None and tail.progress != told:
                told = tail.progress
                yield Progress(data=told)
            if changed.is_set():
                continue
            if is_over:
                yield Over(status=status)
                return
            if time.monotonic() - asked_s > _MAY_SEE_S:
                asked_s = time.monotonic()
                if not await in_thread(may_see, user, job_id):
                    yield Over(status="refused")
                    return
            await changed.wait()
            if (tail.newest, tail.status, tail.progress) == (newest, status, told):
                yield Beat()


async def _read(tail: Tail, after: int) -> tuple[list[Entry], bool]:
    """The next events, and whether they are all there are."""
    entries = tail.after(after)
    if entries is not None:
        return entries, True
    entries = await in_thread(read_after, tail.job_id, after, PAGE)
    return entries, len(entries) < PAGE


@asynccontextmanager
async def _tail(job_id: UUID) -> AsyncIterator[Tail]:
    """The job's tail in this event loop, which lives as long as somebody follows."""
    tails = _tails.setdefault(asyncio.get_running_loop(), {})
    if job_id not in tails:
        made = Tail(job_id)
        tails[job_id] = (made, asyncio.create_task(made.run()))
    tail, task = tails[job_id]
    tail.followers += 1
    try:
        yield tail
    finally:
        tail.followers -= 1
        if not tail.followers:
            del tails[job_id]
            await end(task)
