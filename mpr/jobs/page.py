"""What the job page shows of a job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils import timezone

from mpr.errors import MprError
from mpr.events.models import JobEvent
from mpr.jobs.at_work import Worker, workers_of
from mpr.jobs.diagram import Diagram, Link, Node, draw, edges_of
from mpr.jobs.estimate import Forecast, forecast
from mpr.jobs.models import Job, JobStatus, Shard, StageRun, StageState
from mpr.jobs.progress import StageProgress, stage_progress
from mpr.web.display import counts_line, short
from mpr.web.format import percent, stage_title, took
from profiles.families import registry

SETTLED = (StageState.DONE, StageState.REUSED, StageState.SKIPPED)
_LONGEST_LINE = 10


@dataclass(frozen=True, kw_only=True)
class StageLine:
    """A stage as a line of the page. `since_s` is how long it has been at it; `left_s` what that is thought to take
    on; `waits` that no worker is at it although there is work."""

    progress: StageProgress
    about: str
    counts: str
    state_label: str
    reads: tuple[str, ...]
    reused_from: Any
    workers: tuple[Worker, ...]
    attempt: int
    since_s: float | None
    left_s: float | None
    waits: bool

    @property
    def sign(self) -> str:
        """The state that is shown: a stale stage is not done, whatever it was."""
        return "stale" if self.progress.stale else self.progress.state


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A stage in the diagram: where, and its words, one line each. `ring` is its percent while it runs."""

    node: Node
    line: StageLine
    words: tuple[str, ...]
    detail: str
    ring: str


def job_page(job: Job) -> dict[str, Any]:
    """What the parts of the page that change with the job show."""
    stages = stage_progress(job)
    told = forecast(job, stages)
    lines = _lines(job, stages, told)
    diagram, links, stops = _drawn(job, lines)
    return {
        "job": job,
        "lines": lines,
        "diagram": diagram,
        "links": links,
        "stops": stops,
        "share": told.share,
        "left_s": told.left_s,
        "settled": sum(stage.state in SETTLED and not stage.stale for stage in stages),
        "running_s": _between(job.started_at, job.finished_at or timezone.now()),
        "workers": len({worker.name for line in lines for worker in line.workers}),
        "silent": [worker for line in lines for worker in line.workers if worker.silent_s is not None],
        "retried": _retried(job),
        "resumed": _resumed(job),
        "has_report": any(line.progress.name == "compile_report" and line.counts for line in lines),
    }


def job_head(job: Job) -> dict[str, Any]:
    """What stays as it is while the page is open."""
    return {
        "asset": job.timeline.source_asset,
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
    return sum(_share_of_run(run) for run in runs.values()) / len(names) if names else 0.0


def stages_of(job: Job) -> tuple[int, int]:
    """How many stages of a job are settled, and how many it has."""
    names = job.plan.get("pipeline", {}).get("stages", [])
    runs = {run.stage_name: run for run in sorted(job.stage_runs.all(), key=lambda run: run.attempt)}
    return sum(run.current for run in runs.values()), len(names)


def open_stages(job: Job) -> list[str]:
    """The stages after which the job can be told to pause, in running order."""
    runs = job.newest_runs()
    return [name for name in job.plan["pipeline"]["stages"] if name not in runs or not runs[name].current]


def _share_of_run(run: StageRun) -> float:
    if run.stale:
        return 0.0
    if run.settled:
        return 1.0
    return run.shards_done / run.shards_total if run.shards_total else 0.0


def _lines(job: Job, stages: list[StageProgress], told: Forecast) -> list[StageLine]:
    counts = {row.stage_name: row.output.get("counts", {}) for row in job.outputs.all()}
    runs = job.newest_runs()
    edges = edges_of(job.plan["pipeline"])
    workers = workers_of(job)
    return [
        _line(
            stage,
            runs.get(stage.name),
            counts=counts.get(stage.name, {}),
            reads=tuple(source for source, target in edges if target == stage.name),
            workers=tuple(worker for worker in workers if worker.stage == stage.name),
            left_s=told.by_stage.get(stage.name),
            job_runs=job.status == JobStatus.RUNNING,
        )
        for stage in stages
    ]


def _line(
    stage: StageProgress,
    run: StageRun | None,
    *,
    counts: dict[str, int],
    reads: tuple[str, ...],
    workers: tuple[Worker, ...],
    left_s: float | None,
    job_runs: bool,
) -> StageLine:
    is_open = run is not None and not run.stale and run.state in (StageState.PENDING, StageState.RUNNING)
    return StageLine(
        progress=stage,
        about=_about(stage.name),
        counts=counts_line(counts),
        state_label="Stale" if stage.stale else StageState(stage.state).label,
        reads=reads,
        reused_from=run.reused_from_id if run is not None and stage.state == StageState.REUSED else None,
        workers=workers,
        attempt=run.attempt if run is not None else 1,
        since_s=_between(run.started_at, timezone.now()) if run is not None and is_open else None,
        left_s=left_s if is_open else None,
        waits=is_open and job_runs and not workers,
    )


def _drawn(job: Job, lines: list[StageLine]) -> tuple[Diagram, list[tuple[Link, str]], list[Stop]]:
    by_name = {line.progress.name: line for line in lines}
    diagram = draw(list(by_name), edges_of(job.plan["pipeline"]))
    links = [(link, "done" if by_name[link.source].sign in SETTLED else "open") for link in diagram.links]
    return diagram, links, [_stop(node, by_name[node.name]) for node in diagram.nodes]


def _stop(node: Node, line: StageLine) -> Stop:
    title = stage_title(node.name)
    words = tuple(title.split(" ", 1)) if len(title) > _LONGEST_LINE else (title,)
    ring = f"{100 * line.progress.share:.0f}"
    detail = line.state_label.lower()
    if line.sign == StageState.RUNNING:
        detail = percent(line.progress.share)
    elif line.sign == StageState.DONE and line.progress.seconds is not None:
        detail = took(line.progress.seconds)
    return Stop(node=node, line=line, words=words, detail=detail, ring=ring)


def _retried(job: Job) -> int:
    """How often a shard was tried again, because it failed for a while or its worker was lost."""
    again = Shard.objects.filter(stage_run__job=job, attempts__gt=1).aggregate(all=Sum("attempts"), first=Sum(1))
    return int((again["all"] or 0) - (again["first"] or 0))


def _resumed(job: Job) -> int:
    """How often the job went on after a pause or a failure."""
    return max(0, JobEvent.objects.filter(job=job, type="job.running").count() - 1)


def _about(name: str) -> str:
    """The first sentence of the stage's docstring; nothing for a stage that is no longer installed."""
    try:
        doc = registry().stage(name).doc
    except MprError:
        return ""
    return doc.split("\n\n")[0].replace("\n", " ")


def _between(start: datetime | None, end: datetime) -> float | None:
    return (end - start).total_seconds() if start else None
