"""The database connections of worker processes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.db import connection
from django_celery_results.models import TaskResult

from mpr import messages
from mpr.jobs import dispatch
from mpr.jobs.models import Priority
from mpr.pipeline.stage import Resource

NO_SHARD = 10**9


def sessions() -> set[int]:
    """PostgreSQL's processes that serve others than this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return {pid for (pid,) in cursor.fetchall()}


def run_tasks(count: int = 20) -> None:
    """Have tasks run that look into the database and find nothing to do."""
    for _ in range(count):
        dispatch.shard(NO_SHARD, Resource.CPU, priority=Priority.BATCH)
    wait_until(lambda: messages.waiting(Resource.CPU) == 0)
    time.sleep(0.5)


def wait_until(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until_s, "It did not come about in time."
        time.sleep(0.05)


@pytest.mark.django_db(transaction=True)
def test_tasks_of_a_process_share_a_connection_and_outlive_it(celery_workers: None) -> None:
    run_tasks()
    first = sessions()
    assert first
    run_tasks()
    assert first <= sessions()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s) AS pid", [list(first)])
    wait_until(lambda: not first & sessions())
    run_tasks()
    assert sessions()
    assert not TaskResult.objects.filter(status="FAILURE").exists()
