"""Measure the engine on services and workers of its own: `python -m benchmarks.engine`, or `make bench-engine`.

Prints a table per benchmark and writes each as JSON when told where. Ends with 0 whatever is measured: numbers depend
on the machine; what must hold everywhere is in the tests.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from benchmarks.engine.home import temporary_home

NAMES = ("dispatch", "throughput", "replay", "brands", "memory", "events")


def main() -> int:
    parser = _parser()
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    with temporary_home("benchmarks.engine.settings", keep=arguments.keep):
        _run(arguments)
    return 0


def _run(arguments: argparse.Namespace) -> None:
    from django.core.management import call_command
    from django.db import connection
    from rich.console import Console

    from benchmarks.engine import brands, dispatch, events, memory, replay, tables, throughput
    from profiles.shipped import sync_profiles

    call_command("migrate", verbosity=0, interactive=False)
    sync_profiles()
    measures = {
        "dispatch": dispatch.measure, "throughput": throughput.measure, "replay": replay.measure,
        "brands": brands.measure, "memory": memory.measure, "events": events.measure,
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(NAMES)}; all when none is named")
    parser.add_argument("--out", type=Path, help="folder for one JSON file per benchmark")
    parser.add_argument("--small", action="store_true", help="small sizes: to see that it works, not to measure")
    parser.add_argument("--keep", action="store_true", help="leave the home folder with its logs behind")
    return parser


if __name__ == "__main__":
    sys.exit(main())
