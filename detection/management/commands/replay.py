"""`mpr replay`: change a setting, run on from one stage, look; as a job of its own, or one stage in place."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from detection.overrides import parse_overrides
from detection.report.files import write_reports
from detection.report.load import load_report
from detection.report.table import brand_table
from mpr.errors import BadInput
from mpr.jobs.follow import follow, rests
from mpr.jobs.lookup import find_job, short_id
from mpr.jobs.models import Job, JobStatus
from mpr.jobs.progress import stage_progress
from mpr.jobs.replay import Overrides, replay, replay_stage
from mpr.jobs.table import stage_table
from mpr.processes import workers_if_none


class Command(BaseCommand):
    help = (
        "Run a job again with other settings: from one stage on, as a new job (--from), or one stage alone, in the job "
        "itself (--stage … --in-place). What lies above that stage is reused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", help="The job's id, or its beginning; `mpr jobs` lists them.")
        begin = parser.add_mutually_exclusive_group(required=True)
        begin.add_argument("--from", dest="first", metavar="STAGE", help="The first stage that a new job runs.")
        begin.add_argument("--stage", metavar="STAGE", help="The one stage to run again; needs --in-place.")
        parser.add_argument(
            "--in-place", action="store_true",
            help="Make no new job: what follows from the stage becomes stale, and the job pauses.",
        )  # fmt: skip
        parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="STAGE.SETTING=VALUE")
        parser.add_argument("--label", default="", help="A name for what is tried.")
        parser.add_argument("--out", type=Path, metavar="DIR", help="Write the reports there.")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        console = Console()
        job = find_job(options["job"])
        overrides = parse_overrides(options["overrides"])
        if options["in_place"]:
            _in_place(job, options["stage"], overrides, options["out"], console)
        else:
            _as_child(job, options["first"], overrides, options["label"], options["out"], console)


def _check(options: dict[str, Any]) -> None:
    """Raises BadInput where options do not go together."""
    if options["stage"] and not options["in_place"]:
        raise BadInput(
            "--stage runs one stage alone and changes the job itself: add --in-place, or say "
            f"--from {options['stage']} for a new job."
        )
    if options["first"] and options["in_place"]:
        raise BadInput(f"In place one stage is run alone: say --stage {options['first']} instead of --from.")
    if options["label"] and options["in_place"]:
        raise BadInput("--label names what a new job tries; leave it out, or use --from instead of --in-place.")


def _as_child(parent: Job, stage: str, overrides: Overrides, label: str, out: Path | None, console: Console) -> None:
    job = replay(parent, from_stage=stage, overrides=overrides, label=label)
    with workers_if_none():
        follow([job], console)
    _show(job, out, console)
    console.print(f"Compare with:  mpr diff {short_id(parent.pk)} {short_id(job.pk)}", highlight=False)


def _in_place(job: Job, stage: str, overrides: Overrides, out: Path | None, console: Console) -> None:
    job = replay_stage(job, stage, overrides)
    with workers_if_none():
        follow([job], console, until=rests)
    _show(job, out, console)
    if job.status == JobStatus.PAUSED:
        stale = ", ".join(stage.name for stage in stage_progress(job) if stage.stale)
        console.print(f"Stale now: {stale}. There is a report again when nothing is.", highlight=False)
        console.print(f"Go on with:  mpr jobs resume {short_id(job.pk)}", highlight=False)


def _show(job: Job, out: Path | None, console: Console) -> None:
    """The stages, and the report of a completed job. Ends with 1 when the job came to another end."""
    console.print(stage_table(job))
    if job.status == JobStatus.COMPLETED:
        console.print(brand_table(load_report(job), title=job.timeline.source_asset.filename))
        for path in write_reports(job, out).values() if out else ():
            console.print(f"  {escape(str(path))}", highlight=False)
    elif job.status != JobStatus.PAUSED:
        console.print(f"[red]✘[/red] {escape(job.error_message or f'The job was {job.status}.')}")
        raise SystemExit(1)
