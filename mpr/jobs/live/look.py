"""Looking at a job in the database on behalf of those who follow it.

Event loops must not wait for the database, and a thousand followers must not hold a thousand connections: all looks of
a process share a few threads, each with one connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.db import close_old_connections

from mpr.events.read import Entry, read_after
from mpr.jobs.estimate import forecast
from mpr.jobs.models import Job, JobStatus
from mpr.jobs.progress import stage_progress

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

T = TypeVar("T")

_READERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="look")
PAGE = 256


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one look saw: every event above the number asked for up to `newest`, or the first PAGE of them; `newest`
    is then the last of these. A job that has been deleted has the status “deleted”."""

    status: str
    newest: int
    entries: list[Entry]
    progress: dict[str, Any] | None

    @property
    def is_over(self) -> bool:
        return self.status in ("deleted", JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


async def in_thread(read: Callable[..., T], *given: Any) -> T:
    """`read(*given)` in one of the reading threads."""
    return await asyncio.get_running_loop().run_in_executor(_READERS, _read, read, given)


def look(job_id: UUID, after: int | None, with_progress: bool) -> Seen:
    """The job's status and log; `after` None asks for no events. How far an ended job got is always told."""
    job = Job.objects.filter(pk=job_id).select_related("timeline__source_asset__workspace").first()
    if job is None:
        return Seen(status="deleted", newest=after or 0, entries=[], progress=None)
    # The number is read before the events: all of them up to it are committed then.
    entries = [] if after is None else read_after(job_id, after, PAGE)
    newest = entries[-1].seq if len(entries) == PAGE else max(job.event_seq, *(entry.seq for entry in entries[-1:]), 0)
    progress = progress_of(job) if with_progress or job.is_finished else None
    return Seen(status=job.status, newest=newest, entries=entries, progress=progress)


def progress_of(job: Job) -> dict[str, Any]:
    """How far the job is: percent, seconds left (None when unknown), status and the stage under way."""
    told = forecast(job, stage_progress(job))
    return {
        "status": job.status,
        "percent": round(100 * told.share, 1),
        "eta_s": None if told.left_s is None else round(told.left_s, 1),
        "current_stage": job.current_stage,
    }


def may_see(user: User | AnonymousUser, job_id: UUID) -> bool:
    """Whether the person may follow the job."""
    return Job.objects.visible_to(user).filter(pk=job_id).exists()


def _read(read: Callable[..., T], given: tuple[Any, ...]) -> T:
    close_old_connections()
    try:
        return read(*given)
    finally:
        close_old_connections()
