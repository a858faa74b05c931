"""What is kept of the work done on a timeline: finding it again, holding on to it, clearing it.

A stage's artifacts and packs lie in one folder per cache key. Jobs that reuse an output share its folder, so it goes
when no job needs it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from mpr.assets.models import Timeline
from mpr.errors import NotFound, Refused
from mpr.events import log
from mpr.jobs.models import Job, StageOutput, StageRun, StageState
from mpr.jobs.outputs import output_of
from mpr.storage.buckets import media_out, timeline_prefix

# How many stored outputs of one key are looked at: the newest may have lost their artifacts.
_LOOK_AT = 3


@dataclass(frozen=True, kw_only=True)
class Known:
    """An output that is stored, and the job that computed it."""

    output: dict[str, Any]
    computed_by: UUID


def folder_of(stage_name: str, cache_key: str) -> str:
    """Where everything lies that is computed under a cache key, in its timeline's folder."""
    return f"{stage_name}/{cache_key[:20]}"


def find_known(timeline_id: UUID, stage_name: str, cache_key: str) -> Known | None:
    """The newest output on this timeline that was computed from the same things and is still stored. It is kept until
    the transaction ends if the timeline is held."""
    stored = frozenset(_stored(timeline_id, [folder_of(stage_name, cache_key)]))
    for known in _candidates(timeline_id, stage_name, cache_key) if stored else ():
        if stored.issuperset(known.output["artifacts"]):
            return known
    return None


def are_stored(timeline_id: UUID, artifacts: Iterable[str]) -> bool:
    """Whether all of these artifacts are there."""
    wanted = frozenset(artifacts)
    return wanted.issubset(_stored(timeline_id, sorted({str(PurePosixPath(key).parent) for key in wanted})))


def hold(timeline_id: UUID) -> None:
    """Keep everything stored of a timeline from being cleared until the transaction ends. Raises NotFound when the
    timeline is gone."""
    table = connection.ops.quote_name(Timeline._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR KEY SHARE", [timeline_id])
        if cursor.fetchone() is None:
            raise NotFound("The timeline of this job has been deleted; analyse the footage again.")


def clear(job_id: UUID) -> Job:
    """Remove a job's outputs, and of what it computed all that no other job of the timeline needs. What a family keeps
    in its own tables stays. Raises Refused while the job runs or is paused."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if not job.is_finished:
            raise Refused(f"This job is {job.status}; stop it before clearing it.")
        _lock(job.timeline_id)
        own = _folders(Job.objects.filter(pk=job.pk))
        needed = _folders(Job.objects.filter(timeline=job.timeline_id, cleared_at=None).exclude(pk=job.pk))
        _forget(job)
        for folder in sorted(own - needed):
            media_out.delete_below(f"{timeline_prefix(job.timeline_id)}/{folder}")
    return job


def clear_cache(timeline_id: UUID) -> int:
    """Remove everything computed on a timeline, frame cache included; returns how many jobs had outputs. Raises Refused
    while a job on it is not finished, NotFound when it is gone."""
    with transaction.atomic():
        jobs = Job.objects.filter(timeline=timeline_id)
        kept = [job for job in jobs.select_for_update().order_by("pk") if job.cleared_at is None]
        _lock(timeline_id)
        busy = jobs.unfinished().order_by("created_at").first()
        if busy is not None:
            raise Refused(f"Job {busy.pk} on this timeline is {busy.status}; stop it before clearing the cache.")
        for job in kept:
            _forget(job)
        media_out.delete_below(timeline_prefix(timeline_id))
    return len(kept)


def _lock(timeline_id: UUID) -> None:
    if not Timeline.objects.select_for_update().filter(pk=timeline_id).exists():
        raise NotFound("There is no such timeline.")


def _forget(job: Job) -> None:
    job.outputs.all().delete()
    job.cleared_at = timezone.now()
    job.save(update_fields=["cleared_at"])
    log.append(job.pk, "job.cleared")


def _folders(jobs: Any) -> set[str]:
    """The folders in which outputs of these jobs lie, those of earlier attempts and of unfinished stages included."""
    runs = StageRun.objects.filter(job__in=jobs).exclude(cache_key="").values_list("stage_name", "cache_key")
    outputs = StageOutput.objects.filter(job__in=jobs).values_list("output__artifacts", flat=True)
    return {folder_of(name, key) for name, key in runs} | {
        str(PurePosixPath(artifact).parent) for artifacts in outputs for artifact in artifacts
    }


def _candidates(timeline_id: UUID, stage_name: str, cache_key: str) -> Iterator[Known]:
    """Outputs of that key, the newest first, then those of earlier attempts whose output row has passed on."""
    same = {"stage_name": stage_name, "cache_key": cache_key}
    for row in StageOutput.objects.filter(timeline=timeline_id, **same).order_by("-created_at")[:_LOOK_AT]:
        run = StageRun.objects.filter(job=row.job_id, **same).order_by("-attempt").first()
        computed_by = run.reused_from_id if run is not None else None
        yield Known(output=row.output, computed_by=computed_by or row.job_id)
    runs = StageRun.objects.filter(job__timeline=timeline_id, state=StageState.DONE, **same)
    for run in runs.order_by("-finished_at")[:_LOOK_AT]:
        yield Known(output=output_of(run), computed_by=run.job_id)


def _stored(timeline_id: UUID, folders: Iterable[str]) -> Iterator[str]:
    """The keys in these folders, relative to the timeline's."""
    prefix = timeline_prefix(timeline_id)
    for folder in folders:
        for key in media_out.keys(f"{prefix}/{folder}"):
            yield key.removeprefix(f"{prefix}/")
