from __future__ import annotations

import pytest

from mpr.errors import MprError
from mpr.operation import schema


@pytest.mark.django_db
def test_a_migrated_database_lacks_nothing() -> None:
    assert schema.pending_migrations() == []
    assert schema.is_embedded()


@pytest.mark.django_db
def test_a_database_of_ones_own_is_only_looked_at(settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATABASE_URL = "postgresql://elsewhere/mpr"
    monkeypatch.setattr(schema, "call_command", lambda *args, **options: pytest.fail("It must not be changed."))
    schema.bring_up_to_date()
    monkeypatch.setattr(schema, "pending_migrations", lambda: ["jobs.0002_more", "jobs.0003_most"])
    with pytest.raises(MprError, match=r"lacks 2 migrations \(jobs.0002_more is the first\); run `mpr migrate`"):
        schema.bring_up_to_date()


@pytest.mark.django_db
def test_the_embedded_database_is_migrated_and_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    called = []
    monkeypatch.setattr(schema, "call_command", lambda name, **options: called.append(name))
    schema.bring_up_to_date()
    assert called == ["seed"]
    monkeypatch.setattr(schema, "pending_migrations", lambda: ["jobs.0002_more"])
    schema.bring_up_to_date()
    assert called == ["seed", "migrate", "seed"]
