"""Deleting footage: it is gone at once for everybody, can be restored for a while, and then its files go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from mpr.assets.ingest import held
from mpr.assets.intake.models import IntakeState
from mpr.assets.intake.sending import forget_bytes
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.assets.prepared import MediaChunk
from mpr.errors import NotAllowed, NotFound, Refused
from mpr.jobs import control
from mpr.jobs.models import Job
from mpr.storage.buckets import media_in, media_out, timeline_prefix
from mpr.workspaces.access import require
from mpr.workspaces.models import Role

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

# One takes seconds where much was computed.
_AT_ONCE = 3


class JobsRun(Refused):
    """Jobs run on this footage."""

    code = "jobs_run"

    def __init__(self, asset: MediaAsset, count: int) -> None:
        jobs = "A job runs" if count == 1 else f"{count} jobs run"
        super().__init__(
            f"{jobs} on {asset.filename}; stop {'it' if count == 1 else 'them'} first, or delete it with them."
        )


def may_delete(user: User | AnonymousUser, asset: MediaAsset) -> bool:
    """Owners may, and who brought it in while an analyst."""
    workspace = asset.workspace
    mine = asset.created_by_id is not None and asset.created_by_id == user.pk
    return workspace.allows(user, Role.OWNER) or (mine and workspace.allows(user, Role.ANALYST))


def require_may_delete(user: User | AnonymousUser, asset: MediaAsset) -> None:
    """Raises NotAllowed with a sentence."""
    if may_delete(user, asset):
        return
    require(user, asset.workspace, Role.OWNER)
    raise NotAllowed


def delete(asset_id: UUID, user: User | None, *, stop_jobs: bool = False) -> MediaAsset:
    """Delete footage with all that was computed on it, to be restored for MPR_DELETED_KEEP_DAYS. `stop_jobs` ends those
    that run on it, else they refuse it (JobsRun). Doing it again changes nothing. Raises NotFound."""
    with transaction.atomic():
        asset = _locked(asset_id)
        if asset.deleted_at is not None:
            return asset
        running = list(Job.objects.unfinished().filter(timeline__source_asset=asset).values_list("pk", flat=True))
        if running and not stop_jobs:
            raise JobsRun(asset, len(running))
        for job_id in running:
            control.stop(job_id)
        asset.deleted_at, asset.deleted_by = timezone.now(), user
        asset.save(update_fields=["deleted_at", "deleted_by"])
    return asset


def restore(asset_id: UUID) -> MediaAsset:
    """Take a deletion back; jobs that were stopped stay so. Doing it again changes nothing. Raises NotFound once its
    files are gone."""
    with transaction.atomic():
        asset = _locked(asset_id)
        if asset.deleted_at is not None:
            asset.deleted_at = asset.deleted_by = None
            asset.save(update_fields=["deleted_at", "deleted_by"])
    return asset


def restorable_until(asset: MediaAsset) -> datetime | None:
    """When its files go; None for what is not deleted."""
    return asset.deleted_at and asset.deleted_at + _kept()


def purge() -> int:
    """Remove footage that was deleted long enough ago, its files and all that was computed on it; how many."""
    due = MediaAsset.objects.filter(deleted_at__lt=timezone.now() - _kept())
    removed = 0
    for asset_id in list(due.order_by("deleted_at").values_list("pk", flat=True)[:_AT_ONCE]):
        with transaction.atomic():
            # Whoever restores it waits, and then finds nothing.
            asset = due.select_for_update().filter(pk=asset_id).first()
            if asset is not None:
                _purge(asset)
                removed += 1
    return removed


def _purge(asset: MediaAsset) -> None:
    """Files first: if this process dies, the row is still there and the next sweep goes on."""
    timelines = list(asset.timelines.all())
    for timeline in timelines:
        media_out.delete_below(timeline_prefix(timeline.pk))
    if asset.poster_path:
        media_out.delete(asset.poster_path)
    others = MediaAsset.objects.exclude(pk=asset.pk)
    if asset.sha256 and not others.filter(sha256=asset.sha256).exists():
        media_out.delete_below(f"renditions/{asset.sha256[:2]}/{asset.sha256}")
    keys = {key for timeline in timelines for key in timeline.chunk_paths} | {asset.file_path}
    keys |= set(asset.chunks.values_list("key", flat=True))
    for key in sorted(filter(None, keys)):
        # The same footage in another workspace is the same file.
        with held(key):
            if not _is_needed(key, asset):
                media_in.delete(key)
    for intake in asset.intakes.exclude(state=IntakeState.RUNNING):
        forget_bytes(intake)
        intake.delete()
    asset.delete()


def _is_needed(key: str, asset: MediaAsset) -> bool:
    return (
        MediaAsset.objects.filter(file_path=key, status=AssetStatus.READY).exclude(pk=asset.pk).exists()
        or Timeline.objects.filter(chunk_paths__contains=[key]).exclude(source_asset=asset).exists()
        or MediaChunk.objects.filter(key=key).exclude(asset=asset).exists()
    )


def _locked(asset_id: UUID) -> MediaAsset:
    found = MediaAsset.objects.select_for_update(of=("self",)).filter(pk=asset_id).first()
    if found is None:
        raise NotFound("This footage is gone, with its files; add it again.")
    return found


def _kept() -> timedelta:
    return timedelta(days=settings.MPR_DELETED_KEEP_DAYS)
