"""`mpr diff A B`: which brands gained and lost seconds from one job to another, and where."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from detection.diff import RunDiff, diff_jobs, proof_jpeg
from detection.evidence import View
from detection.report.diff import Stretch
from detection.report.words import clock
from mpr.errors import NotFound, from_os_error
from mpr.jobs.lookup import find_job, short_id
from mpr.jobs.models import Job
from mpr.pipeline.blobs import write_whole


class Command(BaseCommand):
    help = "Compare two jobs on the same footage: seconds gained and lost per brand."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("before", metavar="A", help="A job's id, or its beginning; `mpr jobs` lists them.")
        parser.add_argument("after", metavar="B", help="The job to compare it with.")
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="Write diff.json and the frame of every difference there."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        before, after = find_job(options["before"]), find_job(options["after"])
        diff = diff_jobs(before, after)
        console.print(_brands(diff))
        for change in diff.settings:
            console.print(f"  {change.stage}.{change.setting}: {change.before} → {change.after}", markup=False)
        for brand in diff.brands:
            for sign, stretches in (("+", brand.gained), ("-", brand.lost)):
                for stretch in stretches:
                    console.print(f"  {sign} {brand.brand}  {_told(stretch)}", markup=False)
        if options["out"]:
            console.print(f"  {escape(str(_write(diff, after, options['out'])))}")


def _brands(diff: RunDiff) -> Table:
    table = Table(title=f"{short_id(diff.before)} → {short_id(diff.after)}")
    table.add_column("brand")
    for heading in ("before", "after", "gained", "lost"):
        table.add_column(heading, justify="right")
    for brand in diff.brands:
        table.add_row(
            escape(brand.brand),
            f"{brand.before_s:.1f} s",
            f"{brand.after_s:.1f} s",
            f"[green]+{brand.gained_s:.1f} s[/green]" if brand.gained_s else "",
            f"[red]-{brand.lost_s:.1f} s[/red]" if brand.lost_s else "",
        )
    if not diff.brands:
        table.add_row("neither job saw a brand", *[""] * 4)
    return table


def _told(stretch: Stretch) -> str:
    seconds = f"{clock(stretch.start_s)} to {clock(stretch.end_s)} ({stretch.end_s - stretch.start_s:.1f} s)"
    if stretch.proof is None:
        return seconds
    return f"{seconds}, “{stretch.proof.text}” at {stretch.proof.confidence:.2f}, frame {stretch.proof.frame.seq}"


def _write(diff: RunDiff, job: Job, folder: Path) -> Path:
    """diff.json, and beside it the frames that show a difference, by the seconds at which they lie."""
    try:
        for brand in diff.brands:
            for sign, stretches in (("gained", brand.gained), ("lost", brand.lost)):
                for path, data in _pictures(stretches, job):
                    write_whole(folder / sign / path, [data])
        write_whole(folder / "diff.json", [msgspec.json.format(msgspec.json.encode(diff), indent=2)])
    except OSError as error:
        raise from_os_error(error, f"write to {folder}") from error
    return folder / "diff.json"


def _pictures(stretches: Iterable[Stretch], job: Job) -> Iterable[tuple[str, bytes]]:
    for stretch in stretches:
        if stretch.proof is None:
            continue
        try:
            yield (
                f"{stretch.start_s:09.2f}s-frame{stretch.proof.frame.seq}.jpg",
                proof_jpeg(job, stretch.proof, View.FRAME),
            )
        except NotFound:
            continue  # its frame is no longer kept
