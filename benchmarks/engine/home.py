"""A temporary home for a benchmark: services, buckets and settings of its own, so that nothing else is touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mpr.embedded.places import Places
from mpr.embedded.services import use
from mpr.embedded.testing import FOREIGN, remove_home


@contextmanager
def temporary_home(settings: str, *, keep: bool = False) -> Iterator[Path]:
    """A home whose PostgreSQL and Valkey run while the block does; Django is set up on the settings module named."""
    home = Path(tempfile.mkdtemp(prefix="mpr-bench-"))
    _configure(home, settings)
    try:
        with use(home):
            import django

            django.setup()
            yield home
    finally:
        if keep:
            print(f"The home folder {home} stays.", flush=True)
        else:
            remove_home(home)


def _configure(home: Path, settings: str) -> None:
    """Point the settings of this process and its children to the home, and keep what else is set out."""
    for name in list(os.environ):
        if name.startswith("MPR_") or name in FOREIGN or name.endswith(("_API_KEY", "_BASE_URL")):
            del os.environ[name]
    for folder in ("static", "media_in", "media_out"):
        (home / folder).mkdir()
    home.chmod(0o711)  # root's PostgreSQL runs as another user
    addresses = Places(home).addresses
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": settings,
        "MPR_HOME": str(home),
        "MPR_SECRET_KEY": "a key for benchmarks that guards nothing",
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "BENCH_JOURNAL": str(home / "journal"),
    }
    (home / "journal").touch()
