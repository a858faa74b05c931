"""`mpr export JOB --format NAME…`: a job's report as files for other programs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from detection.choosing import add_choice, choice_from
from detection.exporting import PACK, Stream, open_export
from detection.recompute import Reported
from detection.report.exports.catalogue import EXPORTS
from mpr.errors import from_os_error
from mpr.jobs.lookup import find_job
from mpr.pipeline.blobs import write_whole

_ALL = "all"


class Command(BaseCommand):
    help = "Write a job's report in other forms: PDF, CSV, COCO, EDL, chapters, an evidence pack."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", metavar="JOB", help="The job's id, or its beginning; `mpr jobs` lists them.")
        names = ", ".join([*(export.name for export in EXPORTS), PACK, _ALL])
        parser.add_argument("--format", action="append", dest="formats", required=True, metavar="NAME", help=names)
        add_choice(parser)
        parser.add_argument("--brand", metavar="NAME", help="One brand alone, for edl, webvtt and ffmetadata.")
        parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="Default: here.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        reported = Reported(find_job(options["job"]), choice_from(options))
        for name in _wanted(options["formats"], has_contract=hasattr(reported.job.timeline, "contract")):
            file = open_export(reported, name, brand=options["brand"])
            console.print(f"  {escape(str(_write(file, options['out'])))}")


def _wanted(names: list[str], *, has_contract: bool) -> list[str]:
    if _ALL not in names:
        return names
    every = [export.name for export in EXPORTS if export.name != "contract" or has_contract]
    return [*every, PACK]


def _write(file: Stream, folder: Path) -> Path:
    path = folder / file.file_name
    try:
        write_whole(path, file.pieces)
    except OSError as error:
        raise from_os_error(error, f"write {path}") from error
    return path
