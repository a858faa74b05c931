"""Watching jobs from a terminal until they end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from django.db import connection
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn

from mpr.jobs.estimate import forecast
from mpr.jobs.models import Job, JobStatus, StageState
from mpr.jobs.progress import StageProgress, stage_progress

_LOOK_EVERY_S = 0.3


def has_ended(job: Job) -> bool:
    return job.is_finished


def rests(job: Job) -> bool:
    """Whether a job has ended or is paused."""
    return job.is_finished or job.status == JobStatus.PAUSED


def follow(jobs: Sequence[Job], console: Console, *, until: Callable[[Job], bool] = has_ended) -> list[Job]:
    """Show a bar per job until this holds for all of them, then return them as they are in the database."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[stage]}"),
        console=console,
    )
    with bar:
        rows: dict[Job, TaskID] = {
            job: bar.add_task(job.timeline.source_asset.filename, total=1.0, stage="waiting for a worker")
            for job in jobs
        }
        while not all(until(job) for job in jobs):
            for job, row in rows.items():
                job.refresh_from_db(fields=["status", "current_stage", "error_message", "started_at", "finished_at"])
                stages = stage_progress(job)
                bar.update(row, completed=forecast(job, stages).share, stage=_caption(job, stages))
            time.sleep(_LOOK_EVERY_S)
    connection.close()
    return list(jobs)


def _caption(job: Job, stages: Sequence[StageProgress]) -> str:
    if job.is_finished:
        return job.status
    busy = [
        f"{stage.name} {stage.shards_done}/{stage.shards_total}"
        for stage in stages
        if stage.state in (StageState.PENDING, StageState.RUNNING) and stage.shards_total
    ]
    return ", ".join(busy) or job.status
