"""`mpr replay JOB --from STAGE`: change a setting, run on from one stage, look."""

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
from mpr.jobs.follow import follow
from mpr.jobs.lookup import find_job, short_id
from mpr.jobs.models import JobStatus
from mpr.jobs.replay import replay
from mpr.jobs.table import stage_table
from mpr.processes import workers_if_none


class Command(BaseCommand):
    help = "Run a job again from one stage, with other settings; what lies above that stage is reused."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", help="The job's id, or its beginning; `mpr jobs` lists them.")
        parser.add_argument("--from", required=True, dest="stage", metavar="STAGE", help="The first stage to run.")
        parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="STAGE.SETTING=VALUE")
        parser.add_argument("--label", default="", help="A name for what is tried.")
        parser.add_argument("--out", type=Path, metavar="DIR", help="Write the reports there.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console()
        parent = find_job(options["job"])
        overrides = parse_overrides(options["overrides"])
        job = replay(parent, from_stage=options["stage"], overrides=overrides, label=options["label"])
        with workers_if_none():
            follow([job], console)
        console.print(stage_table(job))
        if job.status != JobStatus.COMPLETED:
            console.print(f"[red]✘[/red] {escape(job.error_message or f'The job was {job.status}.')}")
            raise SystemExit(1)
        console.print(brand_table(load_report(job), title=job.timeline.source_asset.filename))
        for path in write_reports(job, options["out"]).values() if options["out"] else ():
            console.print(f"  {escape(str(path))}", highlight=False)
        console.print(f"Compare with:  mpr diff {short_id(parent.pk)} {short_id(job.pk)}", highlight=False)
