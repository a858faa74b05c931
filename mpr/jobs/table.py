"""Jobs and their stages as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable

from rich.markup import escape
from rich.table import Table

from mpr.jobs.estimate import forecast
from mpr.jobs.lookup import short_id
from mpr.jobs.models import Job, StageState
from mpr.jobs.progress import StageProgress, stage_progress
from mpr.web.format import took

_WORDS = {StageState.DONE: "computed"}
_COLOURS = {
    StageState.DONE: "green", StageState.REUSED: "cyan", StageState.SKIPPED: "yellow", StageState.FAILED: "red",
}  # fmt: skip


def job_table(jobs: Iterable[Job]) -> Table:
    """A row for each job."""
    table = Table()
    for heading in ("job", "footage", "profile", "what", "status", "made (UTC)", "took"):
        table.add_column(heading, justify="right" if heading == "took" else "left")
    for job in jobs:
        table.add_row(
            short_id(job.pk),
            escape(job.timeline.source_asset.filename),
            job.profile_name,
            _what(job),
            _status(job),
            f"{job.created_at:%Y-%m-%d %H:%M}",
            took((job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None),
        )
    return table


def stage_table(job: Job) -> Table:
    """A row for each stage: computed, reused (from which job), skipped (why), stale, or how far it is."""
    reused_from = {run.stage_name: run.reused_from_id for run in job.newest_runs().values()}
    table = Table(title=f"{short_id(job.pk)} · {escape(job.timeline.source_asset.filename)} · {_status(job)}")
    for heading in ("stage", "state", "shards", "took", "why"):
        table.add_column(heading, justify="right" if heading in ("shards", "took") else "left")
    for stage in stage_progress(job):
        colour = _COLOURS.get(StageState(stage.state), "default")
        table.add_row(
            stage.name,
            f"[{colour}]{_word(stage, reused_from.get(stage.name))}[/{colour}]",
            f"{stage.shards_done}/{stage.shards_total}" if stage.shards_total else "",
            took(stage.seconds) if stage.state == StageState.DONE else "",
            "" if stage.state == StageState.REUSED else escape(stage.reason),
        )
    return table


def _what(job: Job) -> str:
    of = f" of {short_id(job.parent_id)}" if job.parent_id else ""
    label = f" “{escape(job.label)}”" if job.label else ""
    return f"{job.get_run_type_display().lower()}{of}{label}"


def _status(job: Job) -> str:
    if job.is_finished:
        return f"{job.status}, cleared" if job.cleared_at else job.status
    return f"{job.status}, {forecast(job, stage_progress(job)).share:.0%}"


def _word(stage: StageProgress, reused_from: object) -> str:
    word = _WORDS.get(StageState(stage.state), stage.state)
    if stage.state == StageState.REUSED and reused_from is not None:
        word = f"reused from {short_id(reused_from)}"
    return f"{word}, stale" if stage.stale else word
