"""Measure stages on inference servers against the same stages here: `python -m benchmarks.inference`, or
`make bench-inference`.

Prints a table and, when told where, keeps it as JSON. Ends with 1 when a stage said something else on a server.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from benchmarks.engine import tables
from benchmarks.inference.footage import draw
from benchmarks.inference.measure import measure


def main() -> int:
    arguments = _parser().parse_args()
    console = Console(width=None if sys.stdout.isatty() else 140)
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="mpr-bench-") as folder:
        footage = draw(Path(folder), duration_s=arguments.seconds, shards=arguments.shards)
        finding = measure(footage, rounds=arguments.rounds, log=Path(folder) / "servers.log")
    tables.show(finding, console)
    if arguments.out:
        path = tables.keep(finding, arguments.out, load_before=load_before)
        console.print(f"kept in {path}", highlight=False, soft_wrap=True)
    return 0 if all(goal.met for goal in finding.goals if goal.says.startswith("the same")) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference", description=__doc__)
    parser.add_argument("--seconds", type=float, default=24.0, help="length of the drawn footage (default %(default)s)")
    parser.add_argument("--shards", type=int, default=8, help="calls it is cut into (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts (default %(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the JSON file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
