"""Who works on a job at this moment, by the leases of its shards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from mpr.jobs.models import Job, Shard, ShardState


@dataclass(frozen=True, kw_only=True)
class Worker:
    """A process with shards of one stage in hand. `silent_s` is how long it has given no sign of life, None while
    that is nothing unusual."""

    name: str
    stage: str
    shards: tuple[int, ...]
    silent_s: float | None

    @property
    def on(self) -> str:
        return f"shard{'s' * (len(self.shards) != 1)} {', '.join(map(str, self.shards))}"


def workers_of(job: Job) -> list[Worker]:
    """One entry for each worker and stage, by name."""
    rows = Shard.objects.filter(stage_run__job=job, state=ShardState.RUNNING).values_list(
        "stage_run__stage_name", "lease_owner", "number", "lease_expires_at"
    )
    held: dict[tuple[str, str], list[tuple[int, datetime | None]]] = {}
    for stage, owner, number, expires_at in rows.order_by("number"):
        held.setdefault((stage, owner), []).append((number, expires_at))
    return [
        Worker(
            name=owner,
            stage=stage,
            shards=tuple(number for number, _ in shards),
            silent_s=_silent_s([expires_at for _, expires_at in shards if expires_at is not None]),
        )
        for (stage, owner), shards in sorted(held.items())
    ]


def _silent_s(expiries: list[datetime]) -> float | None:
    """A lease is renewed six times in its length; three of them missed is worth telling."""
    if not expiries:
        return None
    silent_s = settings.MPR_LEASE_S - (max(expiries) - timezone.now()).total_seconds()
    return silent_s if silent_s > settings.MPR_LEASE_S / 2 else None
