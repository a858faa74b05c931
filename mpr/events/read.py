"""Reading a job's log from a sequence number on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from mpr.events.models import JobEvent


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event as clients get it: `data` is its JSON, with seq, type, at and payload."""

    seq: int
    type: str
    data: str


def read_after(job_id: UUID, after: int, at_most: int) -> list[Entry]:
    """Events with a number above `after`, in order. Fewer than `at_most` means that there were no more."""
    rows = JobEvent.objects.filter(job=job_id, seq__gt=after).order_by("seq")[:at_most]
    return [_entry(row) for row in rows]


def gapless_from(job_id: UUID, newest: int) -> int:
    """The number from which on the log is whole; below it, old events of finished jobs may have been pruned."""
    table = connection.ops.quote_name(JobEvent._meta.db_table)
    # Counting down from the newest, an event and the place it has in the count agree until the first one is missing.
    whole = (
        f"SELECT min(seq) FROM (SELECT seq, row_number() OVER (ORDER BY seq DESC) AS place FROM {table} "
        "WHERE job_id = %s AND seq <= %s) AS log WHERE seq = %s - place + 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(whole, [job_id, newest, newest])
        (first,) = cursor.fetchone()
    return newest + 1 if first is None else int(first)


def _entry(row: JobEvent) -> Entry:
    told = {"seq": row.seq, "type": row.type, "at": row.at, "payload": row.payload}
    return Entry(seq=row.seq, type=row.type, data=json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False))
