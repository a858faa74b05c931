"""Deciding what of a job runs next.

`advance` may be called at any time, any number of times, by anyone: it looks at the database, settles what can be
settled without work (skipped, reused), plans the shards of stages whose inputs are there, and completes the job when
nothing is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from mpr.errors import MprError
from mpr.jobs import dispatch, finish
from mpr.jobs.inputs import Input, to_plain
from mpr.jobs.kept import find_known, hold
from mpr.jobs.models import Job, JobStatus, Shard, StageRun, StageState
from mpr.jobs.outputs import spans_of
from mpr.jobs.transitions import log_stage, move_job
from mpr.pipeline import codec
from mpr.pipeline.cache import cache_key
from mpr.pipeline.stage import Stage
from mpr.pipeline.transforms import Transform
from mpr.storage.buckets import timeline_folder
from profiles.families import registry
from profiles.plan import Plan, parse_plan


def advance(job_id: UUID) -> None:
    """Bring the job as far as it goes without waiting for a shard."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.status == JobStatus.PENDING:
            move_job(job, JobStatus.RUNNING)
        if job.status != JobStatus.RUNNING:
            return
        try:
            with transaction.atomic():
                _plan_what_is_ready(job, parse_plan(job.plan))
        except MprError as error:
            if error.transient:
                raise
            move_job(job, JobStatus.FAILED, reason=error.message)


def _plan_what_is_ready(job: Job, plan: Plan) -> None:
    hold(job.timeline_id)
    runs = job.newest_runs()

    def is_current(name: str) -> bool:
        return name in runs and runs[name].current

    for place, stage in enumerate(plan.graph.stages):
        if is_current(job.pause_after):
            break
        if (stage.name in runs and not runs[stage.name].stale) or job.only_stage not in ("", stage.name):
            continue
        if all(is_current(name) for name in plan.graph.upstream(stage.name)):
            runs[stage.name] = _start(job, plan, stage, place, runs)
    if all(is_current(stage.name) for stage in plan.graph.stages):
        _rest(job, JobStatus.COMPLETED)
    elif is_current(job.pause_after) and all(run.settled or run.stale for run in runs.values()):
        _rest(job, JobStatus.PAUSED)


def _rest(job: Job, status: JobStatus) -> None:
    job.current_stage = job.pause_after = job.only_stage = ""
    job.save(update_fields=["current_stage", "pause_after", "only_stage"])
    move_job(job, status)


def _start(job: Job, plan: Plan, stage: Stage, place: int, runs: dict[str, StageRun]) -> StageRun:
    attempt = runs[stage.name].attempt + 1 if stage.name in runs else 1
    run = StageRun(job=job, stage_name=stage.name, place=place, attempt=attempt)
    config = plan.configs[stage.name]
    reason = _why_not(job, plan, stage, config, runs)
    sources = {} if reason else _load_sources(job, stage, config)
    reason = reason or _what_is_absent(stage, sources)
    if reason:
        # What an earlier attempt gave does not follow from the present inputs.
        job.outputs.filter(stage_name=stage.name).delete()
        return _settle(run, StageState.SKIPPED, reason)
    inputs = _find_inputs(job, plan, stage, sources)
    spans = spans_of(job.timeline, plan, stage)
    run.inputs = to_plain(inputs)
    run.cache_key = cache_key(
        stage,
        config,
        inputs={name: (given.key, given.transform) for name, given in inputs.items()},
        shards=[(span.start_s, span.end_s) for span in spans],
    )
    known = find_known(job.timeline_id, stage.name, run.cache_key)
    if known is not None:
        run.reused_from_id = known.computed_by
        _settle(run, StageState.REUSED, f"Computed before, by job {known.computed_by}.")
        finish.keep_output(run, known.output)
        return run
    run.shards_total = len(spans)
    run.save()
    job.current_stage = stage.name
    job.save(update_fields=["current_stage"])
    log_stage(run)
    shards = Shard.objects.bulk_create(
        Shard(stage_run=run, number=span.number, start_s=span.start_s, end_s=span.end_s) for span in spans
    )
    send = partial(dispatch.shards, [shard.pk for shard in shards], stage.resource, priority=job.priority)
    transaction.on_commit(send, robust=True)
    return run


def _settle(run: StageRun, state: StageState, reason: str) -> StageRun:
    run.state = state
    run.reason = reason
    run.started_at = run.finished_at = timezone.now()
    run.save()
    log_stage(run)
    return run


def _why_not(job: Job, plan: Plan, stage: Stage, config: Any, runs: dict[str, StageRun]) -> str | None:
    """Why the stage does not run in this job, as a sentence, or None when it does."""
    for read in stage.reads:
        if not read.optional and read.name in runs and runs[read.name].state == StageState.SKIPPED:
            return f"It reads {read.name}, which was skipped."
    for name in plan.graph.upstream(stage.name):
        edge = plan.graph.edge(name, stage.name)
        if edge is None or edge.when is None or runs[name].state == StageState.SKIPPED:
            continue
        counts = job.outputs.get(stage_name=name).output["counts"]
        if not edge.when.holds(counts):
            return f"The rule “{edge.when}” on {name} → {stage.name} does not hold: {counts.get(edge.when.count, 0)}."
    return stage.skip_reason(config)


def _load_sources(job: Job, stage: Stage, config: Any) -> dict[str, Any]:
    """What the stage reads that no stage computes, None where this job has no such thing."""
    known = registry().sources
    return {read.name: known[read.name].load(job, config) for read in stage.reads if read.name in known}


def _what_is_absent(stage: Stage, sources: Mapping[str, Any]) -> str | None:
    """Why the stage cannot run for want of a source, as a sentence, or None when it can."""
    for read in stage.reads:
        if not read.optional and sources.get(read.name, ...) is None:
            return registry().sources[read.name].absent
    return None


def _find_inputs(job: Job, plan: Plan, stage: Stage, sources: Mapping[str, Any]) -> dict[str, Input]:
    reachable = plan.graph.ancestors(stage.name)
    outputs = {row.stage_name: row for row in job.outputs.all()}
    found: dict[str, Input] = {}
    for read in stage.reads:
        if sources.get(read.name) is not None:
            found[read.name] = _keep_source(job, read.name, sources[read.name])
        elif read.name in reachable and read.name in outputs:
            edge = plan.graph.edge(read.name, stage.name)
            row = outputs[read.name]
            found[read.name] = Input(
                key=row.cache_key,
                artifacts=tuple(row.output["artifacts"]),
                transform=edge.transform if edge else Transform(),
            )
    return found


def _keep_source(job: Job, name: str, record: Any) -> Input:
    digest = codec.digest(record)
    key = f"sources/{name}/{digest}.bin"
    folder = timeline_folder(job.timeline_id)
    if not folder.exists(key):
        folder.write(key, codec.encode(record))
    return Input(key=digest, artifacts=(key,))
