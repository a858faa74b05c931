"""Workers, what they have in hand, what waits for them, and what went wrong lately: all from the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from mpr.events.models import JobEvent
from mpr.jobs import presence
from mpr.jobs.models import Job, JobStatus, Shard, ShardState, WorkerSign
from mpr.pipeline.stage import Resource
from profiles.families import registry

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

DAY = timedelta(hours=24)
_TROUBLES = {
    "shard.lost": "lost",
    "shard.retry": "tried again",
    "stage.failed": "stages failed",
    "job.failed": "jobs failed",
}
_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Held:
    """A shard in a worker's hand. `job` is None when it belongs to a workspace the person does not see; `late` says
    that its lease has run out."""

    stage: str
    number: int
    progress: float
    job: Job | None
    late: bool


@dataclass(frozen=True, kw_only=True)
class Hand:
    """A worker, and the shards that it holds."""

    sign: WorkerSign
    online: bool
    held: Sequence[Held]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """How many shards wait for a kind of worker, since when, and how many work on such shards now."""

    resource: str
    shards: int
    since: Any
    running: int
    workers: int


def hands(user: User | AnonymousUser) -> list[Hand]:
    """The workers that gave a sign of life within a day, with what they hold."""
    leases = Shard.objects.filter(state=ShardState.RUNNING).select_related("stage_run").order_by("stage_run", "number")
    held = list(leases[:1000])
    jobs = Job.objects.visible_to(user).select_related("timeline__source_asset").defer("plan")
    seen = jobs.in_bulk({shard.stage_run.job_id for shard in held})
    by_owner: dict[str, list[Held]] = {}
    now, since = timezone.now(), presence.since()
    for shard in held:
        late = shard.lease_expires_at is not None and shard.lease_expires_at < now
        by_owner.setdefault(shard.lease_owner, []).append(
            Held(
                stage=shard.stage_run.stage_name,
                number=shard.number,
                progress=shard.progress,
                job=seen.get(shard.stage_run.job_id),
                late=late,
            )
        )
    signs = WorkerSign.objects.filter(seen_at__gt=now - DAY).order_by("-seen_at", "name")
    return [
        Hand(
            sign=sign,
            online=sign.seen_at > since,
            held=[one for owner in sign.owners for one in by_owner.get(owner, ())],
        )
        for sign in signs
    ]


def waiting(user: User | AnonymousUser, workers: Sequence[Hand]) -> list[Waiting]:
    """The shards of running jobs that wait, as far as the person sees them, by the resource they need."""
    shards = Shard.objects.filter(
        stage_run__job__in=Job.objects.visible_to(user), stage_run__job__status=JobStatus.RUNNING
    )
    rows = shards.filter(state__in=[ShardState.PENDING, ShardState.RUNNING]).order_by()
    grouped = rows.values("stage_run__stage_name", "state").annotate(count=Count("pk"), since=Min("due_at"))
    told: dict[str, dict[str, Any]] = {kind.value: {"shards": 0, "running": 0, "since": None} for kind in Resource}
    for row in grouped:
        stage = registry().stages.get(row["stage_run__stage_name"])
        if stage is None:
            continue
        entry = told[stage.resource.value]
        if row["state"] == ShardState.RUNNING:
            entry["running"] += row["count"]
        else:
            entry["shards"] += row["count"]
            entry["since"] = min(filter(None, [entry["since"], row["since"]]))
    online = [worker.sign for worker in workers if worker.online]
    return [
        Waiting(resource=name, workers=sum(name in sign.queues for sign in online), **entry)
        for name, entry in told.items()
    ]


def troubles(user: User | AnonymousUser) -> tuple[Mapping[str, int], QuerySet[JobEvent]]:
    """What went wrong within a day, counted by kind, and the newest of it."""
    jobs = Job.objects.visible_to(user)
    rows = JobEvent.objects.filter(type__in=_TROUBLES, at__gt=timezone.now() - DAY, job__in=jobs)
    counts = {row["type"]: row["count"] for row in rows.order_by().values("type").annotate(count=Count("pk"))}
    newest = rows.select_related("job__timeline__source_asset").order_by("-at", "-pk")[:_SHOWN]
    return {words: counts.get(kind, 0) for kind, words in _TROUBLES.items()}, newest


def late_leases(user: User | AnonymousUser) -> int:
    """Shards whose worker let the lease run out, and that no sweep has taken back yet."""
    patience = timedelta(seconds=settings.MPR_SWEEP_S)
    shards = Shard.objects.filter(state=ShardState.RUNNING, lease_expires_at__lt=timezone.now() - patience)
    return shards.filter(stage_run__job__in=Job.objects.visible_to(user)).count()
