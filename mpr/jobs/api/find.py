"""Finding what a request names, if the person may see it and has the role for what they ask.

Each raises Http404 for what belongs to strangers, NotAllowed without the role.
"""

from __future__ import annotations

from uuid import UUID

from rest_framework.request import Request

from mpr.assets.models import Timeline
from mpr.jobs.models import Checkpoint, Job
from mpr.workspaces.access import find_for
from mpr.workspaces.models import Role


def job_for(request: Request, job_id: UUID, role: Role) -> Job:
    jobs = Job.objects.visible_to(request.user).select_related("timeline__source_asset__workspace", "created_by")
    job: Job = find_for(request.user, jobs, job_id, role)
    return job


def timeline_for(request: Request, timeline_id: UUID, role: Role) -> Timeline:
    timelines = Timeline.objects.visible_to(request.user).select_related("source_asset__workspace")
    timeline: Timeline = find_for(request.user, timelines, timeline_id, role)
    return timeline


def checkpoint_for(request: Request, checkpoint_id: UUID, role: Role) -> Checkpoint:
    checkpoints = Checkpoint.objects.without_tree_fields().visible_to(request.user)
    rows = checkpoints.select_related("timeline__source_asset__workspace", "job")
    checkpoint: Checkpoint = find_for(request.user, rows, checkpoint_id, role)
    return checkpoint
