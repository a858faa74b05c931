"""What a card of the library says of footage and its jobs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mpr.assets.models import AssetStatus, MediaAsset
from mpr.jobs.estimate import forecast
from mpr.jobs.models import Job, JobStatus
from mpr.jobs.progress import stage_progress
from mpr.jobs.removal import may_delete, restorable_until
from mpr.workspaces.models import Role
from mpr.workspaces.scoping import workspaces_as

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_JOBS_SHOWN = 4


@dataclass(frozen=True, kw_only=True)
class JobLine:
    """A job as a line of the card. `share` and `left_s` are those of the job page, None for a job that has ended."""

    job: Job
    share: float | None
    left_s: float | None


@dataclass(frozen=True, kw_only=True)
class Card:
    """Footage with its newest jobs. `more_jobs` counts those that are left out; `reported` is the newest job with a
    report."""

    asset: MediaAsset
    lines: tuple[JobLine, ...]
    more_jobs: int
    runs: bool
    reported: Job | None
    may_edit: bool
    may_delete: bool
    restorable_until: datetime | None

    @property
    def is_ready(self) -> bool:
        return self.asset.status == AssetStatus.READY

    @property
    def oddities(self) -> list[str]:
        """What a person should know of the file, in words."""
        asset: Any = self.asset
        said = []
        if asset.rotation_deg:
            said.append(f"turned by {asset.rotation_deg}°")
        if asset.interlaced:
            said.append("interlaced")
        if asset.variable_frame_rate:
            said.append("varying frame rate")
        return said


def cards(assets: Iterable[MediaAsset], user: User | AnonymousUser) -> list[Card]:
    """One for each; the assets come from `mpr.library.listing.shown`."""
    analyst = set(workspaces_as(user, Role.ANALYST).values_list("pk", flat=True))
    owner = set(workspaces_as(user, Role.OWNER).values_list("pk", flat=True))
    return [
        _card(
            asset,
            may_edit=asset.workspace_id in analyst,
            may_delete=asset.workspace_id in owner
            or (asset.workspace_id in analyst and asset.created_by_id is not None and asset.created_by_id == user.pk),
        )
        for asset in assets
    ]


def card(asset: MediaAsset, user: User | AnonymousUser) -> Card:
    """The same for one."""
    return _card(asset, may_edit=asset.workspace.allows(user, Role.ANALYST), may_delete=may_delete(user, asset))


def _card(asset: MediaAsset, *, may_edit: bool, may_delete: bool) -> Card:
    jobs = [job for timeline in asset.timelines.all() for job in timeline.jobs.all()]
    jobs.sort(key=lambda job: job.created_at, reverse=True)
    # What is under way comes before what is over, however old it is.
    jobs.sort(key=lambda job: job.is_finished)
    return Card(
        asset=asset,
        lines=tuple(map(_line, jobs[:_JOBS_SHOWN])),
        more_jobs=max(0, len(jobs) - _JOBS_SHOWN),
        runs=any(not job.is_finished for job in jobs),
        reported=max(
            (job for job in jobs if job.status == JobStatus.COMPLETED and job.cleared_at is None),
            key=lambda job: job.created_at,
            default=None,
        ),
        may_edit=may_edit,
        may_delete=may_delete,
        restorable_until=restorable_until(asset),
    )


def _line(job: Job) -> JobLine:
    if job.is_finished:
        return JobLine(job=job, share=None, left_s=None)
    told = forecast(job, stage_progress(job))
    return JobLine(job=job, share=told.share, left_s=told.left_s)
