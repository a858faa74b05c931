"""Measure the engine on services and workers of its own: `python -m benchmarks.engine`, or `make bench-engine`.

Prints a table per benchmark and writes each as JSON when told where. Ends with 0 whatever is measured: numbers depend
on the machine; what must hold everywhere is in the tests.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

NAMES = ("dispatch", "throughput", "replay", "memory", "events")


def main() -> int:
    parser = _parser()
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    home = Path(tempfile.mkdtemp(prefix="mpr-bench-"))
    _configure(home)
    with ExitStack() as stack:
        from mpr.embedded.services import use
        from mpr.embedded.testing import remove_home

        if arguments.keep:
            print(f"The home folder {home} stays.", flush=True)
        else:
            stack.callback(remove_home, home)
        stack.enter_context(use(home))
        import django

        django.setup()
        _run(arguments)
    return 0


def _run(arguments: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.db import connection
    from rich.console import Console

    from benchmarks.engine import dispatch, events, memory, replay, tables, throughput
    from profiles.shipped import sync_profiles

    call_command("migrate", verbosity=0, interactive=False)
    sync_profiles()
    measures = {
        "dispatch": dispatch.measure, "throughput": throughput.measure, "replay": replay.measure,
        "memory": memory.measure, "events": events.measure,
    }  # fmt: skip
    console = Console(width=None if sys.stdout.isatty() else 120)
    for name in arguments.names or NAMES:
        load_before = os.getloadavg()[0]
        # The worker inherits nothing of ours but its settings.
        connection.close()
        finding = measures[name](small=arguments.small)
        tables.show(finding, console)
        if arguments.out:
            path = tables.keep(finding, arguments.out, load_before=load_before)
            console.print(f"kept in {path}\n", highlight=False, soft_wrap=True)


def _configure(home: Path) -> None:
    """Point the settings of this process and its children to a home of their own, and keep what else is set out."""
    from mpr.embedded.places import Places
    from mpr.embedded.testing import FOREIGN

    for name in list(os.environ):
        if name.startswith("MPR_") or name in FOREIGN or name.endswith(("_API_KEY", "_BASE_URL")):
            del os.environ[name]
    for folder in ("static", "media_in", "media_out"):
        (home / folder).mkdir()
    home.chmod(0o711)  # root's PostgreSQL runs as another user
    addresses = Places(home).addresses
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.engine.settings",
        "MPR_HOME": str(home),
        "MPR_SECRET_KEY": "a key for benchmarks that guards nothing",
        "DATABASE_URL": addresses.database_url,
        "REDIS_URL": addresses.redis_url,
        "BENCH_JOURNAL": str(home / "journal"),
    }
    (home / "journal").touch()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all when none is named")
    parser.add_argument("--out", type=Path, help="folder for one JSON file per benchmark")
    parser.add_argument("--small", action="store_true", help="small sizes: to see that it works, not to measure")
    parser.add_argument("--keep", action="store_true", help="leave the home folder with its logs behind")
    return parser


if __name__ == "__main__":
    sys.exit(main())
