"""What a Celery worker does besides its tasks; tests/fault does it to real ones."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection

from mpr.jobs import worker


@pytest.mark.django_db
def test_postgres_ends_a_session_that_freezes_in_a_transaction(settings: object) -> None:
    settings.MPR_LEASE_S = 5
    other = connection.copy()
    try:
        worker._bound_transactions(other)
        with other.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("5s",)
    finally:
        other.close()


@pytest.mark.parametrize("trouble", [OperationalError("gone"), RuntimeError("anything")], ids=["known", "unknown"])
def test_the_next_sweep_comes_whatever_one_meets(trouble: Exception, monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    swept = []

    def sweep() -> None:
        swept.append(1)
        if len(swept) == 3:
            worker._swept_enough.set()
        raise trouble

    monkeypatch.setattr(worker, "sweep", sweep)
    monkeypatch.setattr(worker, "connection", connection.copy())
    monkeypatch.setattr(worker.random, "uniform", lambda low, high: 0.001)
    try:
        worker._keep_sweeping()
    finally:
        worker._swept_enough.clear()
    assert len(swept) == 3
