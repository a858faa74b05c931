"""Appending to a job's log.

Call inside the transaction that makes the change: the event is there exactly when the change is. Who listens is woken
after the commit; the log, not the wake-up, carries the truth.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction

from mpr.events.models import JobEvent
from mpr.events.wake import wake


def append(job_id: UUID, type: str, payload: dict[str, Any] | None = None) -> JobEvent:
    """Add one event. The job's row is locked until the transaction ends, which keeps `seq` gapless.

    Raises TransactionManagementError outside a transaction.
    """
    jobs = connection.ops.quote_name(JobEvent._meta.get_field("job").related_model._meta.db_table)
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Events are appended inside the transaction of their change.")
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {jobs} SET event_seq = event_seq + 1 WHERE id = %s RETURNING event_seq", [job_id])
        (seq,) = cursor.fetchone()
    event = JobEvent.objects.create(job_id=job_id, seq=seq, type=type, payload=payload or {})
    transaction.on_commit(lambda: wake(job_id, seq), robust=True)
    return event
