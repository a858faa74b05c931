"""`mpr brands`: what is looked for, its exemplars, and looking for it in a job that is done."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from brands.exemplars import add_exemplar
from brands.folders import put_brands, read_brands, read_picture_file
from brands.lists import checked_row, upsert_brands
from brands.models import Brand
from brands.session import session_brands
from detection.cropping import add_crop
from detection.records import Point
from detection.rematch import rematch
from detection.report.files import write_reports
from detection.report.load import load_report
from detection.report.table import brand_table
from mpr.errors import BadInput
from mpr.jobs.follow import follow
from mpr.jobs.lookup import find_job, short_id
from mpr.jobs.models import Job, JobStatus
from mpr.jobs.table import stage_table
from mpr.processes import workers_if_none
from mpr.workspaces.models import Workspace


class Command(BaseCommand):
    help = (
        "List brands, add them with pictures of their logos, and look for them in jobs that are done: only matching "
        "and what follows is run again, nothing is decoded or read anew."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB")
        verbs.add_parser("list", help="the brands of the workspace (also without a verb)")
        adding = verbs.add_parser("add", help="add a brand, or aliases and exemplars to one")
        adding.add_argument("name", metavar="NAME")
        adding.add_argument("--alias", action="append", default=[], metavar="SPELLING", help="Another spelling.")
        adding.add_argument(
            "--exemplar", action="append", default=[], type=Path, metavar="FILE",
            help="A picture of its logo: SVG, PNG or JPEG.",
        )  # fmt: skip
        _look_again(adding)
        importing = verbs.add_parser("import", help="add the brands of a CSV file, or of a folder with exemplars")
        importing.add_argument("path", type=Path, metavar="FOLDER")
        _look_again(importing)
        cropping = verbs.add_parser("crop", help="make an exemplar of a part of a job's frame")
        cropping.add_argument("name", metavar="NAME")
        cropping.add_argument("frame_of", metavar="JOB", help="The job's id, or its beginning.")
        cropping.add_argument("time_s", type=float, metavar="SECONDS", help="The moment on the timeline.")
        cropping.add_argument(
            "polygon", nargs="+", metavar="X,Y",
            help="Three corners or more, as shares of the frame's width and height; four, clockwise from the logo's "
            "top left, are set upright.",
        )  # fmt: skip
        _look_again(cropping)
        looking = verbs.add_parser("look", help="look for brands and exemplars that came since, in a job that is done")
        looking.add_argument("job", metavar="JOB", help="The job's id, or its beginning; `mpr jobs` lists them.")
        looking.add_argument("--out", type=Path, metavar="DIR", help="Write the reports there.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        verb = options["verb"] or "list"
        job = find_job(options["job"]) if options.get("job") else None
        workspace = job.workspace if job else Workspace.objects.default()
        added: list[Brand] = []
        if verb == "list":
            console.print(_table(workspace))
        elif verb == "add":
            added = [_add(options, workspace, console)]
        elif verb == "import":
            added = put_brands(read_brands(options["path"]), workspace=workspace)
            console.print(f"{len(added)} brands, {sum(brand.exemplars.count() for brand in added)} exemplars.")
        elif verb == "crop":
            added = [_crop(options, console)]
        if job is not None:
            _look(job, [brand.canonical_name for brand in added], options["out"], console)


def _look_again(parser: ArgumentParser) -> None:
    parser.add_argument("--job", metavar="JOB", help="Then look for it in this job, which is done, as a new job.")
    parser.add_argument("--out", type=Path, metavar="DIR", help="Write the reports of that job there.")


def _add(options: dict[str, Any], workspace: Workspace, console: Console) -> Brand:
    row = checked_row(options["name"], options["alias"], where="The brand")
    pictures = [(path, read_picture_file(path)) for path in options["exemplar"]]
    with transaction.atomic():
        (brand,) = upsert_brands([row], workspace=workspace)
        new = sum(add_exemplar(brand, data, called=str(path), note=path.name)[1] for path, data in pictures)
    console.print(
        f"{escape(str(brand))}: {new} of {len(pictures)} exemplars are new, {brand.exemplars.count()} in all."
    )
    return brand


def _crop(options: dict[str, Any], console: Console) -> Brand:
    job = find_job(options["frame_of"])
    (brand,) = session_brands(job.workspace, [options["name"]])
    polygon = [_point(text) for text in options["polygon"]]
    exemplar, is_new = add_crop(brand, job, time_s=options["time_s"], polygon=polygon)
    console.print(f"{escape(str(brand))}: {escape(exemplar.note)}{'' if is_new else ', which was there already'}.")
    return brand


def _point(text: str) -> Point:
    try:
        x, y = map(float, text.split(","))
    except ValueError as error:
        raise BadInput(f"“{text}” is no point; write it as X,Y in shares of the frame, e.g. 0.25,0.5.") from error
    return x, y


def _look(parent: Job, brands: list[str], out: Path | None, console: Console) -> None:
    """Follow the job that looks anew; its stages, and its report. Ends with 1 when it came to another end."""
    made = rematch(parent, brands=brands)
    if made.note:
        console.print(made.note)
    with workers_if_none():
        follow([made.job], console)
    console.print(stage_table(made.job))
    if made.job.status != JobStatus.COMPLETED:
        console.print(f"[red]✘[/red] {escape(made.job.error_message or f'The job was {made.job.status}.')}")
        raise SystemExit(1)
    console.print(brand_table(load_report(made.job), title=made.job.timeline.source_asset.filename))
    for path in write_reports(made.job, out).values() if out else ():
        console.print(f"  {escape(str(path))}")
    console.print(f"Compare with:  mpr diff {short_id(parent.pk)} {short_id(made.job.pk)}")


def _table(workspace: Workspace) -> Table:
    table = Table("brand", "aliases", "exemplars")
    for brand in Brand.objects.in_workspace(workspace).prefetch_related("exemplars"):
        table.add_row(
            escape(brand.canonical_name), escape(", ".join(brand.aliases)), str(len(brand.exemplars.all()) or "–")
        )
    return table
