"""`mpr audit JOB`: a person looks at a sample of a report's seconds, and the report says how far it can be trusted."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.table import Table

from detection.audits import answer, item_jpeg, result, start_audit
from detection.choosing import add_choice, choice_from, read_text
from detection.models import Audit, AuditItem
from detection.report.audit import Audited, Interval
from detection.report.words import clock, duration, percent
from mpr.errors import BadInput, NotFound, from_os_error
from mpr.jobs.lookup import find_job
from mpr.jobs.models import Job
from mpr.pipeline.blobs import write_whole

SHEET = "audit.csv"
COLUMNS = ("number", "time", "question", "picture", "verdict", "missed")
_SEPARATOR = ";"


class Command(BaseCommand):
    help = (
        "Draw a sample of a report's seconds to look at (--out DIR: a sheet and its pictures), read the answers back "
        "(--answers), and say how right and how complete the report is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", help="The job's id, or its beginning; `mpr jobs` lists them.")
        add_choice(parser)
        parser.add_argument("--size", type=int, default=100, metavar="N", help="Seconds to look at (%(default)s).")
        parser.add_argument("--seed", type=int, metavar="N", help="The same seed draws the same sample.")
        parser.add_argument("--out", type=Path, metavar="DIR", help="Draw a new sample and write it there.")
        parser.add_argument(
            "--answers", type=Path, metavar="FILE.csv", help="Read the answers of the newest sample's sheet back."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        job = find_job(options["job"])
        if options["out"]:
            audit = start_audit(job, size=options["size"], seed=options["seed"], choice=choice_from(options))
            path = _write_sheet(audit, options["out"])
            console.print(f"  {path}", markup=False)
            console.print(
                "Fill in “verdict” (yes, no or unclear) and, where a brand is there that the report does not have, "
                f"“missed”; then: mpr audit {str(job.pk)[:8]} --answers {path}",
                markup=False,
            )
            return
        audit = _newest(job)
        if options["answers"]:
            _read_answers(audit, options["answers"])
        console.print(_table(result(audit)))


def _newest(job: Job) -> Audit:
    audit = job.audits.first()
    if audit is None:
        raise NotFound("This job has no audit yet; draw a sample with --out DIR.")
    return audit


def _write_sheet(audit: Audit, folder: Path) -> Path:
    path = folder / SHEET
    try:
        rows = [_row(item, _write_picture(audit, item, folder)) for item in audit.items.all()]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows([COLUMNS, *rows])
    except OSError as error:
        raise from_os_error(error, f"write {path}") from error
    return path


def _write_picture(audit: Audit, item: AuditItem, folder: Path) -> str:
    """Its name, or nothing when the frame is no longer kept."""
    name = f"pictures/{item.number:04d}.jpg"
    try:
        write_whole(folder / name, [item_jpeg(audit, item)])
    except NotFound:
        return ""
    return name


def _row(item: AuditItem, picture: str) -> Sequence[Any]:
    question = f"Is {item.brand_name} there?"
    if item.kind == "any":
        question = f"Is a brand there besides {', '.join(item.claims)}?" if item.claims else "Is any brand there?"
    return item.number, clock(item.t_s), question, picture, item.verdict, _SEPARATOR.join(item.missed)


def _read_answers(audit: Audit, path: Path) -> None:
    """Keep the answers of a sheet; rows without a verdict stay open. Raises BadInput naming the row."""
    rows = csv.DictReader(read_text(path).splitlines())
    if not {"number", "verdict"} <= set(rows.fieldnames or ()):
        raise BadInput(f"{path} lacks the columns number and verdict; fill in the sheet that --out wrote.")
    for row in rows:
        verdict = (row["verdict"] or "").strip().lower()
        if not verdict:
            continue
        if not (row["number"] or "").isdigit():
            raise BadInput(f"{path}: “{row['number']}” is no number of an item.")
        try:
            answer(audit, int(row["number"]), verdict, missed=(row.get("missed") or "").split(_SEPARATOR))
        except (BadInput, NotFound) as error:
            raise type(error)(f"Item {row['number']}: {error.message}") from error


def _table(audited: Audited) -> Table:
    table = Table(
        title=f"{audited.answered} of {audited.asked} seconds answered", caption=f"{audited.level:.0%} intervals"
    )
    table.add_column("brand")
    for heading in ("claimed", "precision", "recall", "really seen"):
        table.add_column(heading, justify="right")
    for one in (audited.all_brands, *audited.brands):
        table.add_row(
            one.brand or "all brands",
            duration(one.claimed_s),
            _told(one.precision, percent),
            _told(one.recall, percent),
            _told(one.true_s, duration),
        )
    return table


def _told(found: Interval, words: Any) -> str:
    if found.estimate is None:
        return ""
    return f"{words(found.estimate)} ({words(found.low)} – {words(found.high)})"
