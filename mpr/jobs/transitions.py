"""Which changes of status are legal, and the one function that makes them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone

from mpr.errors import Refused
from mpr.events import log
from mpr.jobs.models import Job, JobStatus, StageRun, StageState

_LEGAL_JOB: dict[str, set[str]] = {
    JobStatus.PENDING: {JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.CANCELLED, JobStatus.FAILED},
    JobStatus.RUNNING: {JobStatus.PAUSED, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED},
    # A shard that was in hand at the pause may still fail.
    JobStatus.PAUSED: {JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.FAILED},
    JobStatus.FAILED: {JobStatus.RUNNING, JobStatus.CANCELLED},
    # A stage of it is replayed.
    JobStatus.COMPLETED: {JobStatus.RUNNING},
    JobStatus.CANCELLED: set(),
}
_LEGAL_STAGE: dict[str, set[str]] = {
    StageState.PENDING: {StageState.RUNNING, StageState.DONE, StageState.FAILED, StageState.CANCELLED},
    StageState.RUNNING: {StageState.DONE, StageState.FAILED, StageState.CANCELLED},
    StageState.DONE: set(),
    StageState.REUSED: set(),
    StageState.SKIPPED: set(),
    StageState.FAILED: set(),
    StageState.CANCELLED: set(),
}
_FINISHED_JOB = {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}


def move_job(job: Job, status: JobStatus, *, reason: str = "") -> None:
    """Change a locked job's status, stamp its times and log it. Raises Refused for an illegal change."""
    _check(job, job.status, status, _LEGAL_JOB)
    job.status = status
    job.error_message = reason if status == JobStatus.FAILED else ""
    if status == JobStatus.RUNNING:
        job.started_at = job.started_at or timezone.now()
        job.finished_at = None
    if status in _FINISHED_JOB:
        job.finished_at = timezone.now()
    job.save(update_fields=["status", "error_message", "started_at", "finished_at", "current_stage"])
    log.append(job.pk, f"job.{status}", {"reason": reason} if reason else {})


def move_stage(run: StageRun, state: StageState, *, reason: str = "") -> None:
    """Change a stage run's state under its job's lock, stamp its times and log it. Raises Refused."""
    _check(run, run.state, state, _LEGAL_STAGE)
    run.state = state
    run.reason = reason or run.reason
    now = timezone.now()
    if state == StageState.RUNNING:
        run.started_at = now
    else:
        run.started_at = run.started_at or now
        run.finished_at = now
    run.save(update_fields=["state", "reason", "started_at", "finished_at"])
    log_stage(run)


def log_stage(run: StageRun) -> None:
    """Log the state that a stage run is in."""
    payload: dict[str, Any] = {"stage": run.stage_name, "attempt": run.attempt, "shards": run.shards_total}
    if run.reason:
        payload["reason"] = run.reason
    log.append(run.job_id, f"stage.{run.state}", payload)


def _check(row: models.Model, old: str, new: str, legal: dict[str, set[str]]) -> None:
    if new not in legal[old]:
        what = row._meta.verbose_name
        allowed = ", ".join(sorted(legal[old])) or "nothing further"
        raise Refused(f"This {what} is {old} and cannot become {new}; possible from here: {allowed}.")
