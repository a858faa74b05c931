"""`mpr contract JOB FILE.csv`: was kept what was promised?"""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from detection.choosing import add_choice, choice_from, read_text
from detection.contracts import promises_of, save_contract
from detection.recompute import Reported
from detection.report.contract import LEAST_GAP_S, Check, check_contract, read_contract
from detection.report.words import clock, duration, percent
from mpr.errors import BadInput
from mpr.jobs.lookup import find_job

MISSED = 3


class Command(BaseCommand):
    help = "Check a contract, a CSV of promised seconds per brand and placement, against a job's report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", help="The job's id, or its beginning; `mpr jobs` lists them.")
        parser.add_argument(
            "file", nargs="?", type=Path, metavar="FILE.csv",
            help="With the header brand,placement,promised_s[,from_s,to_s]; the kept contract when left out.",
        )  # fmt: skip
        add_choice(parser)
        parser.add_argument(
            "--least-gap", type=float, default=LEAST_GAP_S, metavar="SECONDS", help="Default %(default)s."
        )
        parser.add_argument("--keep", action="store_true", help="Keep it: every report on this footage then has it.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        job, path = find_job(options["job"]), options["file"]
        if path is None:
            promises = promises_of(job.timeline)
            if promises is None:
                raise BadInput("There is no contract for this footage; name a file, and --keep to keep it.")
        else:
            text = read_text(path)
            promises = read_contract(text)
            if options["keep"]:
                save_contract(job.timeline, text, name=path.name)
        report = Reported(job, choice_from(options)).report
        check = check_contract(report, promises, least_gap_s=options["least_gap"])
        console.print(_table(check))
        for kept in check.promises:
            for start_s, end_s in kept.gaps:
                gap = f"{clock(start_s)} to {clock(end_s)} ({end_s - start_s:.1f} s)"
                console.print(f"  {kept.promise.brand}, {kept.promise.placement}: not seen {gap}", markup=False)
        if check.missed:
            raise SystemExit(MISSED)


def _table(check: Check) -> Table:
    table = Table(title=f"{check.met} of {len(check.promises)} promises met")
    for heading in ("brand", "placement", "result"):
        table.add_column(heading)
    for heading in ("promised", "delivered", "share", "missing", "longest gap"):
        table.add_column(heading, justify="right")
    for kept in check.promises:
        table.add_row(
            kept.promise.brand,
            kept.promise.placement,
            "[green]met[/green]" if kept.met else "[red]missed[/red]",
            duration(kept.promise.promised_s),
            duration(kept.delivered_s),
            percent(kept.share, 0),
            duration(kept.missing_s) if kept.missing_s else "",
            duration(kept.longest_gap_s),
        )
    return table
