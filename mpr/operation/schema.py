"""The database's schema, as far as running an installation goes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from mpr.embedded.places import Places
from mpr.errors import MprError

# Any number does, as long as nobody else on this database takes the same advisory lock.
MIGRATION_LOCK = 7_238_114


def is_embedded() -> bool:
    """Whether the database is the one that MPR itself runs."""
    ours: str = Places(settings.HOME_DIR).addresses.database_url
    return ours == settings.DATABASE_URL


def pending_migrations() -> list[str]:
    """Migrations that the code has and the database lacks, as app.name, in their order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def bring_up_to_date() -> None:
    """Migrate the embedded database and seed it; a database of somebody's own is only looked at.

    Raises MprError when that one lacks migrations.
    """
    if not is_embedded():
        if pending := pending_migrations():
            raise MprError(
                f"The database lacks {len(pending)} migrations ({pending[0]} is the first); run `mpr migrate`."
            )
        return
    with _alone():
        if pending_migrations():
            call_command("migrate", verbosity=0, interactive=False)
        call_command("seed", stdout=io.StringIO())


@contextmanager
def _alone() -> Iterator[None]:
    """Two commands may come first at the same time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATION_LOCK])
