"""What the lab shows of a job: the settings of one stage as a form, and how a replay goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mpr.errors import MprError, NotFound
from mpr.jobs.models import Job, JobStatus, RunType, StageOutput, StageState
from mpr.jobs.page import job_page
from mpr.pipeline.config import defaults, plain
from mpr.pipeline.stage import Stage
from mpr.web.format import stage_title
from profiles.families import registry
from profiles.fields import Field, Texts, fields_of, words
from profiles.plan import find_profile, make_plan

# More stages than this are counted rather than named.
_NAMED_AT_MOST = 6


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The settings that a job's are shown beside: those of its profile as it is now, or the defaults where it is gone
    or does not run the stage any more."""

    name: str
    values: Mapping[str, Any]


def chosen_stage(job: Job, wanted: str) -> Stage:
    """The stage of the job that is looked at: the one that is named, else where a replay began, or the last.

    Raises NotFound for one that the job does not run.
    """
    names: list[str] = job.plan["pipeline"]["stages"]
    if wanted and wanted not in names:
        raise NotFound(f"This job does not run “{wanted[:60]}”; choose one of its stages.")
    return registry().stage(wanted or _usual(job, names))


def settings_of(job: Job, stage: Stage) -> dict[str, Any]:
    """Every setting of a stage as the job ran it."""
    values: dict[str, Any] = {**defaults(stage.config), **job.plan["configs"].get(stage.name, {})}
    return values


def beside(job: Job, stage: Stage) -> Beside:
    try:
        profile = find_profile(job.profile_name, job.workspace)
        config = make_plan(profile.pipeline, profile.configs).configs.get(stage.name)
    except MprError:
        config = None
    if config is None:
        return Beside(name="the defaults", values=defaults(stage.config))
    return Beside(name=str(profile), values=plain(config))


def settings_page(
    job: Job, stage: Stage, *, typed: Texts | None = None, errors: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What the form of a stage shows; `typed` and `errors` when it comes back."""
    other = beside(job, stage)
    fields: list[Field] = fields_of(stage, settings_of(job, stage), other.values, typed=typed, errors=errors)
    rows = job.outputs.filter(stage_name=stage.name).select_related("checkpoint")
    output: StageOutput | None = rows.first()
    run = job.newest_runs().get(stage.name)
    return {
        "job": job,
        "stage": stage,
        "about": stage.doc.split("\n\n")[0].replace("\n", " "),
        "beside": other,
        "fields": fields,
        "differing": sum(field.differs for field in fields),
        "checkpoint": output.checkpoint if output is not None else None,
        "run": run,
        "stage_names": job.plan["pipeline"]["stages"],
        "label": (typed.get("label") or "") if typed is not None else "",
    }


def run_page(job: Job) -> dict[str, Any]:
    """How the job goes or went, in terms of what it had to compute."""
    page = job_page(job)
    states = Counter(line.sign for line in page["lines"])
    return {
        **page,
        "is_replay": job.run_type == RunType.REPLAY,
        "reused": states[StageState.REUSED],
        "ran": states[StageState.DONE],
        "skipped": states[StageState.SKIPPED],
        "sentence": _sentence(job, page["lines"]),
        "is_open": job.status in (JobStatus.PENDING, JobStatus.RUNNING),
    }


def changed_settings(job: Job) -> list[tuple[str, str]]:
    """The settings in which a job differs from the job it replays, or from its profile."""
    before = job.parent.config_overrides if job.parent is not None else {}
    return [
        (f"{stage}.{name}", words(value))
        for stage, values in job.config_overrides.items()
        for name, value in values.items()
        if before.get(stage, {}).get(name, ...) != value
    ]


def _sentence(job: Job, lines: list[Any]) -> str:
    """What was reused and what ran, in words."""
    reused = [line for line in lines if line.sign == StageState.REUSED]
    ran = [stage_title(line.progress.name) for line in lines if line.sign == StageState.DONE]
    skipped = [line for line in lines if line.sign == StageState.SKIPPED]
    parts = [f"{len(reused)} of {len(lines)} stages reused" if reused else "Nothing reused"]
    if len(ran) > _NAMED_AT_MOST:
        parts.append(f"{len(ran)} of {len(lines)} stages ran")
    elif ran:
        parts.append(f"ran: {', '.join(ran)}")
    elif job.is_finished:
        parts.append("nothing had to run")
    if skipped:
        parts.append(f"{len(skipped)} left out")
    return "; ".join(parts) + "."


def _usual(job: Job, names: list[str]) -> str:
    """Where a replay began, else the last stage."""
    runs = job.newest_runs()
    if job.run_type == RunType.REPLAY:
        for name in names:
            if name in runs and runs[name].state not in (StageState.REUSED, StageState.SKIPPED):
                return name
    return names[-1]
