"""Sending Celery messages. A message only says where to look; losing one loses no work.

In the broker a queue is one list per priority, and a worker that is free takes from the lowest number first: messages
of the control queue, which bear none, then shards of interactive jobs, then of batch jobs, whichever came first.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from mpr.messages import send
from mpr.pipeline.stage import Resource

CONTROL_QUEUE = "control"
QUEUES = (CONTROL_QUEUE, *(resource.value for resource in Resource))


def advance(job_id: UUID) -> None:
    """Have someone look what is next for a job. Raises Unavailable when the broker does not answer."""
    send("mpr.jobs.tasks.advance_job", str(job_id), queue=CONTROL_QUEUE)


def shard(shard_id: int, resource: Resource, *, priority: int, countdown_s: float = 0.0) -> None:
    """Have a worker of that resource run a shard; `priority` is its job's. Raises Unavailable when the broker does not
    answer."""
    send("mpr.jobs.tasks.run_shard", shard_id, queue=resource.value, countdown_s=countdown_s, priority=priority)


def shards(shard_ids: Iterable[int], resource: Resource, *, priority: int) -> None:
    """Have workers run shards of one job, until the broker does not answer (Unavailable): asking it once more for each
    of thousands would take hours, and a sweep sends for the rest."""
    for shard_id in shard_ids:
        shard(shard_id, resource, priority=priority)
