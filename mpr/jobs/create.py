"""Making a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from mpr.assets.models import Timeline
from mpr.errors import BadInput
from mpr.events import log
from mpr.jobs import dispatch
from mpr.jobs.models import Job, Priority, RunType
from profiles.plan import find_profile, make_plan

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def create_job(
    timeline: Timeline,
    *,
    profile_name: str,
    overrides: Mapping[str, Any] | None = None,
    created_by: User | None = None,
    parent: Job | None = None,
    run_type: RunType = RunType.INITIAL,
    priority: Priority = Priority.BATCH,
    deadline: datetime | None = None,
) -> Job:
    """Validate everything, write the job and start it once the transaction commits.

    `overrides` is {stage: {setting: value}}. Raises NotFound for an unknown profile, BadConfig for a bad override,
    BadInput for a deadline that has passed, and Unavailable when the broker does not answer: the job is then kept,
    pending.
    """
    if deadline is not None and deadline <= timezone.now():
        raise BadInput("The deadline has passed; give a later one, or none.")
    profile = find_profile(profile_name, timeline.workspace)
    plan = make_plan(profile.pipeline, profile.configs, overrides)
    with transaction.atomic():
        job = Job.objects.create(
            timeline=timeline,
            parent=parent,
            profile_name=profile.name,
            profile_version=profile.version,
            config_overrides=dict(overrides or {}),
            plan=plan.plain(),
            run_type=run_type,
            created_by=created_by,
            priority=priority,
            deadline=deadline,
        )
        log.append(job.pk, "job.created", {"profile": profile.name, "version": profile.version})
        transaction.on_commit(lambda: dispatch.advance(job.pk))
    return job
