"""What the job page shows of a job."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from mpr.errors import MprError
from mpr.jobs.models import Job, JobStatus, StageState
from mpr.jobs.progress import StageProgress, overall_share, stage_progress
from mpr.web.display import counts_line, short
from profiles.families import registry

_SETTLED = (StageState.DONE, StageState.REUSED, StageState.SKIPPED)
_JOB_ID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")


@dataclass(frozen=True, kw_only=True)
class StageLine:
    """A stage as a line of the page. `other_job` is the id of a job that its reason names."""

    progress: StageProgress
    about: str
    counts: str
    state_label: str
    other_job: str


def job_page(job: Job) -> dict[str, Any]:
    """The template's values for one job."""
    stages = stage_progress(job)
    counts = {row.stage_name: row.output.get("counts", {}) for row in job.outputs.all()}
    return {
        "job": job,
        "asset": job.timeline.source_asset,
        "lines": [_line(stage, counts.get(stage.name, {})) for stage in stages],
        "share": 1.0 if job.status == JobStatus.COMPLETED else overall_share(stages),
        "settled": sum(stage.state in _SETTLED and not stage.stale for stage in stages),
        "running_s": _between(job.started_at, job.finished_at or timezone.now()),
        "has_report": "compile_report" in counts,
        "overrides": [
            (f"{stage}.{name}", short(value))
            for stage, values in job.config_overrides.items()
            for name, value in values.items()
        ],
    }


def share_of(job: Job) -> float:
    """0 to 1 by whole shards: what a list needs, without asking for every shard."""
    if job.status == JobStatus.COMPLETED:
        return 1.0
    names = job.plan.get("pipeline", {}).get("stages", [])
    runs = {run.stage_name: run for run in sorted(job.stage_runs.all(), key=lambda run: run.attempt)}
    done = 0.0
    for run in runs.values():
        done += (
            0.0
            if run.stale
            else 1.0
            if run.settled
            else run.shards_done / run.shards_total
            if run.shards_total
            else 0.0
        )
    return done / len(names) if names else 0.0


def _line(stage: StageProgress, counts: dict[str, int]) -> StageLine:
    other = _JOB_ID.search(stage.reason) if stage.state == StageState.REUSED else None
    return StageLine(
        progress=stage,
        about=_about(stage.name),
        counts=counts_line(counts),
        state_label=StageState(stage.state).label,
        other_job=other.group() if other else "",
    )


def _about(name: str) -> str:
    """The first sentence of the stage's docstring; nothing for a stage that is no longer installed."""
    try:
        doc = registry().stage(name).doc
    except MprError:
        return ""
    return doc.split("\n\n")[0].replace("\n", " ")


def _between(start: datetime | None, end: datetime) -> float | None:
    return (end - start).total_seconds() if start else None
