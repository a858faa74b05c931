"""`mpr report JOB`: its report, computed anew with any preset and settings."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from detection.choosing import add_choice, choice_from
from detection.exporting import material_of
from detection.recompute import Reported
from detection.report.addenda import preset_words
from detection.report.files import write_reports
from detection.report.table import brand_table, value_table
from mpr.jobs.lookup import find_job


class Command(BaseCommand):
    help = "Show a job's report, computed anew with any preset and settings; no stage runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", help="The job's id, or its beginning; `mpr jobs` lists them.")
        add_choice(parser)
        parser.add_argument("--out", type=Path, metavar="DIR", help="Write report.json, .csv and .html there.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        job = find_job(options["job"])
        material = material_of(Reported(job, choice_from(options)))
        report = material.report
        console.print(brand_table(report, title=job.timeline.source_asset.filename))
        if any(brand.impressions is not None for brand in report.brands):
            console.print(value_table(report))
        console.print(preset_words(report), markup=False)
        if options["out"]:
            written = write_reports(job, options["out"], report=report, check=material.check, audited=material.audited)
            for path in written.values():
                console.print(f"  {escape(str(path))}")
