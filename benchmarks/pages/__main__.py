"""Measure every page on a two-hour match with 2,000 airings and 7,200 frames: `python -m benchmarks.pages`, or
`make bench-pages`.

Services and the web process are its own. Prints tables and says which pages take longer than their bound; ends with 1
when one does by the CPU alone, or does not answer at all.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.engine.home import temporary_home

if TYPE_CHECKING:
    from benchmarks.engine.tables import Finding
    from benchmarks.pages.measure import Measured, Searched
    from benchmarks.pages.world import World

BOUND_MS = 300.0
SEARCH_BOUND_MS = 100.0


def main() -> int:
    arguments = _parser().parse_args()
    with temporary_home("benchmarks.pages.settings", keep=arguments.keep) as home:
        return _run(arguments, home)


def _run(arguments: argparse.Namespace, home: Path) -> int:
    from django.core.management import call_command
    from django.db import connection
    from rich.console import Console

    from benchmarks.engine import tables
    from benchmarks.pages import measure
    from benchmarks.pages.world import make_world

    call_command("migrate", verbosity=0, interactive=False)
    load_before = os.getloadavg()[0]
    world = make_world(rows=arguments.rows)
    connection.close()
    with measure.server(home) as port:
        measured = measure.pages(world, port, rounds=arguments.rounds)
        searched = measure.searches(world, port, rounds=arguments.rounds)
    finding = _finding(world, measured, searched, arguments)
    console = Console(width=None if sys.stdout.isatty() else 150)
    tables.show(finding, console)
    if arguments.out:
        path = tables.keep(finding, arguments.out, load_before=load_before)
        console.print(f"kept in {path}\n", highlight=False, soft_wrap=True)
    silent = [one.page.name for one in measured if one.status not in (200, 404)]
    if silent:
        console.print(f"These did not answer with 200: {', '.join(silent)}", highlight=False)
    return int(bool(silent) or any(one.cpu_ms > BOUND_MS for one in measured))


def _finding(
    world: World, measured: Sequence[Measured], searched: Sequence[Searched], arguments: argparse.Namespace
) -> Finding:
    from benchmarks.engine.tables import Finding, Goal, Sheet

    there = [one for one in measured if one.median_ms is not None]
    slow = [f"{one.page.name} {one.median_ms:.0f} ms" for one in there if (one.median_ms or 0) > BOUND_MS]
    slow_searches = [f"“{one.text}” {one.median_ms:.0f} ms" for one in searched if one.median_ms > SEARCH_BOUND_MS]
    columns = ("page", "median ms", "p95 ms", "CPU ms", "SQL ms", "queries", "HTML kB", "CSS kB", "JS kB", "pictures")
    return Finding(
        name="pages",
        settings={"airings": world.airings, "frames": world.frames, "rounds": arguments.rounds, "rows": arguments.rows},
        sheets=[
            Sheet(
                title=f"Pages on a match of two hours, {world.airings:,} airings, {world.frames:,} frames",
                columns=columns,
                rows=[_row(one) for one in there],
                digits=0,
            ),
            Sheet(
                title=f"The search among {arguments.rows:,} rows of each kind",
                columns=("query", "found", "median ms", "p95 ms"),
                rows=[(one.text, one.found, one.median_ms, one.p95_ms) for one in searched],
                digits=0,
            ),
        ],
        goals=[
            Goal(says=f"every page within {BOUND_MS:.0f} ms", found=", ".join(slow) or "all are", met=not slow),
            Goal(
                says=f"every search within {SEARCH_BOUND_MS:.0f} ms",
                found=", ".join(slow_searches) or "all are",
                met=not slow_searches,
            ),
        ],
    )


def _row(one: Measured) -> tuple[str | float | int, ...]:
    times = (one.page.name, one.median_ms or 0.0, one.p95_ms, one.cpu_ms, one.query_ms, one.queries)
    if one.weight is None:
        return (*times, "–", "–", "–", "–")
    pictures = f"{one.weight.pictures} ({one.weight.lazy} lazy)" if one.weight.pictures else "0"
    return (*times, f"{one.weight.html / 1000:.0f}", *_loaded(one), pictures)


def _loaded(one: Measured) -> tuple[str, str]:
    if one.page.is_part or one.weight is None:
        return "–", "–"
    return f"{one.weight.styles / 1000:.0f}", f"{one.weight.scripts / 1000:.0f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each page is asked for")
    parser.add_argument("--rows", type=int, default=100_000, help="rows of each kind for the search")
    parser.add_argument("--out", type=Path, help="folder for a JSON file")
    parser.add_argument("--keep", action="store_true", help="leave the home folder with its logs behind")
    return parser


if __name__ == "__main__":
    sys.exit(main())
