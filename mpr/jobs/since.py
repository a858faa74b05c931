"""What has happened to a job since a person looked last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mpr.events.models import JobEvent
from mpr.jobs.models import Job, JobStatus
from mpr.web.format import stage_title

_ENDED = {
    JobStatus.COMPLETED: "Completed while you were away",
    JobStatus.FAILED: "Failed while you were away",
    JobStatus.CANCELLED: "Stopped while you were away",
}


@dataclass(frozen=True, kw_only=True)
class News:
    """`title` says how the job stands, `at` since when; `lines` what went on meanwhile."""

    title: str
    at: datetime | None
    lines: tuple[str, ...]


def what_happened(job: Job, after: int) -> News | None:
    """The news behind the event of that number; None when nothing worth telling has happened."""
    events = (
        JobEvent.objects.filter(job=job, seq__gt=after)
        .exclude(type__in=["log", "shard.done", "checkpoint"])
        .order_by("seq")
    )
    done: list[str] = []
    skipped = again = lost = 0
    ended_at: datetime | None = None
    turns: list[str] = []
    for event in events.only("type", "payload", "at"):
        kind = event.type
        if kind in ("stage.done", "stage.reused"):
            done.append(stage_title(event.payload.get("stage", "")))
        elif kind.startswith("job."):
            turns.append(kind.removeprefix("job."))
            ended_at = event.at if turns[-1] in _ENDED else None
        skipped += kind == "stage.skipped"
        again += kind == "shard.retry"
        lost += kind == "shard.lost"
    lines = [
        f"Done: {', '.join(dict.fromkeys(done))}." if done else "",
        f"{skipped} stage{'s' * (skipped != 1)} left out." if skipped else "",
        f"{lost} shard{'s' * (lost != 1)} lost with a worker and taken by another." if lost else "",
        f"{again} shard{'s' * (again != 1)} tried again." if again else "",
    ]
    told = tuple(line for line in lines if line)
    if job.is_finished and ended_at is not None:
        return News(title=_ENDED[JobStatus(job.status)], at=ended_at, lines=told)
    if job.status == JobStatus.PAUSED and "paused" in turns:
        return News(title="Paused while you were away", at=None, lines=told)
    return News(title="Since you looked last", at=None, lines=told) if told else None
