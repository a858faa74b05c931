"""Deciding what of a job runs next.

`advance` may be called at any time, any number of times, by anyone: it looks at the database, settles what can be
settled without work (skipped, reused), plans the shards of stages whose inputs are there, and completes the job when
nothing is left.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from mpr.assets.timelines import facts_of
from mpr.errors import MprError
from mpr.jobs import dispatch, finish
from mpr.jobs.inputs import Input, to_plain
from mpr.jobs.models import Job, JobStatus, Shard, StageOutput, StageRun, StageState
from mpr.jobs.transitions import log_stage, move_job
from mpr.pipeline import codec
from mpr.pipeline.cache import cache_key
from mpr.pipeline.context import Span
from mpr.pipeline.shards import plan_shards
from mpr.pipeline.stage import Scope, Stage
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
    runs = {run.stage_name: run for run in job.stage_runs.order_by("attempt")}
    for place, stage in enumerate(plan.graph.stages):
        if job.pause_after in runs and runs[job.pause_after].settled:
            break
        if stage.name in runs or (job.only_stage and stage.name != job.only_stage):
            continue
        if all(name in runs and runs[name].settled for name in plan.graph.upstream(stage.name)):
            runs[stage.name] = _start(job, plan, stage, place, runs)
    if all(stage.name in runs and runs[stage.name].settled for stage in plan.graph.stages):
        _rest(job, JobStatus.COMPLETED)
    elif job.pause_after in runs and all(run.settled for run in runs.values()):
        _rest(job, JobStatus.PAUSED)


def _rest(job: Job, status: JobStatus) -> None:
    job.current_stage = job.pause_after = job.only_stage = ""
    job.save(update_fields=["current_stage", "pause_after", "only_stage"])
    move_job(job, status)


def _start(job: Job, plan: Plan, stage: Stage, place: int, runs: dict[str, StageRun]) -> StageRun:
    run = StageRun(job=job, stage_name=stage.name, place=place)
    config = plan.configs[stage.name]
    reason = _why_not(job, plan, stage, config, runs)
    if reason:
        return _settle(run, StageState.SKIPPED, reason)
    inputs = _find_inputs(job, plan, stage, config, runs)
    spans = _spans(job, plan, stage)
    run.inputs = to_plain(inputs)
    run.cache_key = cache_key(
        stage,
        config,
        inputs={name: (given.key, given.transform) for name, given in inputs.items()},
        shards=[(span.start_s, span.end_s) for span in spans],
    )
    known = _find_known(job, run.cache_key)
    if known is not None:
        _settle(run, StageState.REUSED, f"Computed before, by job {known.job_id}.")
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
    for shard in shards:
        transaction.on_commit(partial(dispatch.shard, shard.pk, stage.resource), robust=True)
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


def _find_inputs(job: Job, plan: Plan, stage: Stage, config: Any, runs: dict[str, StageRun]) -> dict[str, Input]:
    reachable = plan.graph.ancestors(stage.name)
    outputs = {row.stage_name: row for row in job.outputs.all()}
    found: dict[str, Input] = {}
    for read in stage.reads:
        if read.name in registry().sources:
            found[read.name] = _load_source(job, read.name, config)
        elif read.name in reachable and read.name in outputs:
            edge = plan.graph.edge(read.name, stage.name)
            row = outputs[read.name]
            found[read.name] = Input(
                key=row.cache_key,
                artifacts=tuple(row.output["artifacts"]),
                transform=edge.transform if edge else Transform(),
            )
    return found


def _load_source(job: Job, name: str, config: Any) -> Input:
    record = registry().sources[name].load(job, config)
    digest = codec.digest(record)
    key = f"sources/{name}/{digest}.bin"
    folder = timeline_folder(job.timeline_id)
    if not folder.exists(key):
        folder.write(key, codec.encode(record))
    return Input(key=digest, artifacts=(key,))


def _spans(job: Job, plan: Plan, stage: Stage) -> list[Span]:
    facts = facts_of(job.timeline)
    if stage.scope == Scope.TIMELINE:
        return [Span(number=0, start_s=0.0, end_s=facts.duration_s)]
    return plan_shards(facts.duration_s, shard_s=plan.graph.shard_s, keyframes_s=facts.keyframes_s)


def _find_known(job: Job, key: str) -> StageOutput | None:
    """The newest output on this timeline that was computed from the same things and is still stored."""
    folder = timeline_folder(job.timeline_id)
    for row in StageOutput.objects.filter(timeline=job.timeline, cache_key=key).order_by("-created_at")[:3]:
        if all(folder.exists(artifact) for artifact in row.output["artifacts"]):
            return row
    return None
