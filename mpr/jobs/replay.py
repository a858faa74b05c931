"""Changing a config and running on from one stage, as a new job or in place.

Whatever does not follow from that stage is taken over as it is. The rest is decided by cache key as in any job, so a
stage is computed, reused (`StageRun.reused_from` says from which job) or skipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from mpr.errors import BadConfig, NotFound, Refused
from mpr.events import log
from mpr.jobs import dispatch, finish
from mpr.jobs.control import OPEN_SHARD, OPEN_STAGE, go_on
from mpr.jobs.kept import are_stored, hold
from mpr.jobs.models import Checkpoint, Job, JobStatus, Priority, RunType, Shard, StageRun, StageState
from mpr.jobs.scenarios import checked_label
from mpr.jobs.transitions import log_stage, move_stage
from profiles.families import registry
from profiles.plan import Plan, make_plan, parse_plan

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Overrides = Mapping[str, Mapping[str, Any]]


def replay(
    origin: Checkpoint | Job,
    *,
    from_stage: str,
    also_from: Sequence[str] = (),
    overrides: Overrides | None = None,
    label: str = "",
    created_by: User | None = None,
    priority: Priority = Priority.INTERACTIVE,
) -> Job:
    """A child of the origin's job that runs from one stage on, with these overrides over the job's own. `also_from`
    are stages beside it from which it runs on as well.

    The label names the first checkpoint that the child leaves. Raises NotFound for an unknown stage or a job that is
    gone, BadConfig for a bad override, and Refused with the reason when the stage cannot be started from there.
    """
    job = _job_of(origin)
    firsts = (from_stage, *also_from)
    plan = _changed_plan(job, firsts, overrides or {})
    with transaction.atomic():
        hold(job.timeline_id)
        rerun = set(firsts).union(*map(plan.graph.descendants, firsts))
        taken = _what_stays(job, plan, firsts, rerun)
        child = Job.objects.create(
            timeline=job.timeline,
            parent=job,
            profile_name=job.profile_name,
            profile_version=job.profile_version,
            config_overrides=merged(job.config_overrides, overrides or {}),
            plan=plan.plain(),
            run_type=RunType.REPLAY,
            label=checked_label(label),
            created_by=created_by,
            priority=priority,
        )
        log.append(child.pk, "job.created", {"parent": str(job.pk), "from_stage": from_stage})
        for run in taken:
            _take_over(child, run)
        transaction.on_commit(lambda: dispatch.advance(child.pk))
    return child


def replay_stage(job: Job, stage_name: str, overrides: Overrides | None = None) -> Job:
    """Run one stage of a job again, in place; the job then pauses, or is completed if nothing follows from the stage.

    What follows from it keeps its output, is marked stale, and runs again when the job is resumed or when it is
    replayed in its turn. Raises as `replay` does, and Refused while the job runs.
    """
    with transaction.atomic():
        job = _locked(job)
        if job.status in (JobStatus.PENDING, JobStatus.RUNNING):
            raise Refused(f"This job is {job.status}; pause it or wait for its end before replaying a stage of it.")
        if job.status == JobStatus.CANCELLED:
            raise Refused("This job is cancelled and stays so; replay it as a new job.")
        plan = _changed_plan(job, [stage_name], overrides or {}, only=True)
        hold(job.timeline_id)
        rerun = {stage_name, *plan.graph.descendants(stage_name)}
        _what_stays(job, plan, [stage_name], rerun)
        job.plan = plan.plain()
        job.config_overrides = merged(job.config_overrides, overrides or {})
        job.only_stage = job.pause_after = stage_name
        job.save(update_fields=["plan", "config_overrides", "only_stage", "pause_after"])
        log.append(job.pk, "job.replay_stage", {"stage": stage_name, "stale": _mark_stale(job, rerun)})
        go_on(job)
    return job


def merged(base: Overrides, new: Overrides) -> dict[str, dict[str, Any]]:
    """Overrides over overrides, setting by setting."""
    return {stage: {**base.get(stage, {}), **new.get(stage, {})} for stage in {**base, **new}}


def _job_of(origin: Checkpoint | Job) -> Job:
    """The job as it is in the database. Raises NotFound when it is gone, Refused when the checkpoint is overtaken."""
    if isinstance(origin, Job):
        return _locked(origin, lock=False)
    if origin.job_id is None:
        raise NotFound("The job behind this checkpoint has been deleted; choose a checkpoint of another job.")
    job = _locked(Job(pk=origin.job_id), lock=False)
    row = job.outputs.filter(stage_name=origin.stage_name).first()
    if row is None and job.cleared_at is None:
        raise Refused(f"This checkpoint is stale: its job skips {origin.stage_name} by now; choose a newer one.")
    if row is not None and row.checkpoint_id != origin.pk:
        raise Refused(
            f"This checkpoint is stale: {origin.stage_name} of its job was replayed since; choose a newer one."
        )
    return job


def _locked(job: Job, *, lock: bool = True) -> Job:
    rows = Job.objects.select_related("timeline__source_asset__workspace")
    found = (rows.select_for_update(of=("self",)) if lock else rows).filter(pk=job.pk).first()
    if found is None:
        raise NotFound("This job has been deleted, perhaps with its timeline; analyse the footage again.")
    return found


def _changed_plan(job: Job, firsts: Sequence[str], overrides: Overrides, *, only: bool = False) -> Plan:
    """The job's plan with the overrides in, which may concern these stages and, unless `only`, what follows from
    them."""
    graph = parse_plan(job.plan).graph
    for first in firsts:
        registry().stage(first)
        if first not in {stage.name for stage in graph.stages}:
            raise Refused(f"This job does not run {first}; choose one of its stages.")
    plan = make_plan(job.plan["pipeline"], job.plan["configs"], overrides)
    may_change = set(firsts) if only else set(firsts).union(*map(graph.descendants, firsts))
    for name in overrides:
        if name not in may_change:
            raise BadConfig(
                f"The override changes {name}, which is not run again from {firsts[0]}; replay from {name}."
            )
    return plan


def _what_stays(job: Job, plan: Plan, firsts: Sequence[str], rerun: set[str]) -> list[StageRun]:
    """The runs outside `rerun` that stand; all that the first stages rest on do. Raises Refused when they do not, or
    when their artifacts are gone."""
    if job.cleared_at is not None:
        raise Refused("This checkpoint is stale: the outputs of its job have been cleared; analyse the footage again.")
    runs = job.newest_runs()
    for first in firsts:
        ancestors = plan.graph.ancestors(first)
        for name in (stage.name for stage in plan.graph.stages if stage.name in ancestors - rerun):
            run = runs.get(name)
            if run is None or not run.settled:
                raise Refused(f"{name} of this job is not done, and {first} rests on it; replay from {name}.")
            if run.stale:
                raise Refused(f"{name} of this job is stale, and {first} rests on it; replay {name} first.")
    stay = [run for name, run in runs.items() if name not in rerun and run.current]
    outputs = {row.stage_name: row for row in job.outputs.all()}
    for run in stay:
        row = outputs.get(run.stage_name)
        if row is not None and not are_stored(job.timeline_id, row.output["artifacts"]):
            raise Refused(
                f"This checkpoint is stale: artifacts of {run.stage_name} have been cleared; replay from "
                f"{run.stage_name} or analyse the footage again."
            )
    return sorted(stay, key=lambda run: run.place)


def _take_over(child: Job, old: StageRun) -> None:
    """Give the child a settled stage of its parent as it is, under the same checkpoint."""
    now = timezone.now()
    skipped = old.state == StageState.SKIPPED
    computed_by = old.reused_from_id or old.job_id
    run = StageRun.objects.create(
        job=child,
        stage_name=old.stage_name,
        place=old.place,
        state=StageState.SKIPPED if skipped else StageState.REUSED,
        reason=old.reason if skipped else f"Computed before, by job {computed_by}.",
        reused_from_id=None if skipped else computed_by,
        cache_key=old.cache_key,
        inputs=old.inputs,
        started_at=now,
        finished_at=now,
    )
    log_stage(run)
    row = old.job.outputs.filter(stage_name=old.stage_name).select_related("checkpoint").first()
    if row is not None:
        finish.keep_at(run, row.output, row.checkpoint)


def _mark_stale(job: Job, rerun: set[str]) -> list[str]:
    """Mark what is to be run again, and with it whatever did not finish; end what of it is under way. Returns the
    names."""
    names = []
    for run in job.newest_runs().values():
        if run.stage_name not in rerun and (run.settled or run.state in OPEN_STAGE):
            continue
        if run.state in OPEN_STAGE:
            Shard.objects.filter(stage_run=run, state__in=OPEN_SHARD).update(
                state=StageState.CANCELLED, lease_expires_at=None
            )
            move_stage(run, StageState.CANCELLED)
        run.stale = True
        run.save(update_fields=["stale"])
        names.append(run.stage_name)
    return names
