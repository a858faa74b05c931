"""`mpr analyze VIDEO…`: footage in, reports out."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from brands.folders import put_brands, read_brands
from detection.overrides import parse_overrides
from detection.report.files import write_reports
from detection.report.load import load_report
from detection.report.table import brand_table
from mpr.assets.ingest import ingest
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.assets.timelines import timeline_of
from mpr.errors import BadInput, MprError, NotFound
from mpr.jobs.create import create_job
from mpr.jobs.follow import follow
from mpr.jobs.models import Job, JobStatus
from mpr.processes import workers_if_none
from mpr.workspaces.models import Workspace
from profiles.plan import find_profile, make_plan


class Command(BaseCommand):
    help = "Analyse videos and write their sponsorship reports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("videos", nargs="*", type=Path, metavar="VIDEO")
        parser.add_argument(
            "--timeline", action="append", default=[], type=UUID, dest="timelines", metavar="ID",
            help="A timeline of chunks, as `mpr chunk --timeline` or the page of the footage made it.",
        )  # fmt: skip
        parser.add_argument(
            "--profile", default=settings.MPR_DEFAULT_PROFILE, help="How to look (default %(default)s)."
        )
        parser.add_argument(
            "--brands", type=Path, metavar="FOLDER",
            help="What to look for: a CSV with canonical_name,aliases, or a folder with it as brands.csv and pictures "
            "of the logos as exemplars/<canonical_name>/*.",
        )  # fmt: skip
        parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="STAGE.SETTING=VALUE")
        parser.add_argument("--out", type=Path, default=Path("mpr-reports"), metavar="DIR", help="Default %(default)s.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console()
        if not (options["videos"] or options["timelines"]):
            raise BadInput("Name a video, or a timeline with --timeline.")
        workspace = Workspace.objects.default()
        overrides = parse_overrides(options["overrides"])
        profile = find_profile(options["profile"], workspace)
        make_plan(profile.pipeline, profile.configs, overrides)
        if options["brands"]:
            brands = put_brands(read_brands(options["brands"]), workspace=workspace)
            overrides.setdefault("match_brands", {})["brands"] = [brand.canonical_name for brand in brands]
        assets, failures = _ingest(options["videos"], workspace, console)
        timelines = [timeline_of(asset, profile_name=profile.name) for asset in assets]
        timelines += [_timeline(timeline_id) for timeline_id in options["timelines"]]
        jobs = [create_job(timeline, profile_name=profile.name, overrides=overrides) for timeline in timelines]
        if jobs:
            with workers_if_none():
                follow(jobs, console)
        several = len(options["videos"]) + len(options["timelines"]) > 1
        for job in jobs:
            folder = options["out"] / _folder_name(job) if several else options["out"]
            failures += not _report(job, folder, console)
        if failures:
            raise SystemExit(1)


def _ingest(videos: list[Path], workspace: Workspace, console: Console) -> tuple[list[MediaAsset], int]:
    assets: list[MediaAsset] = []
    failures = 0
    for video in videos:
        try:
            asset = ingest(video, workspace=workspace)
        except MprError as error:
            console.print(f"[red]✘[/red] {escape(str(video))}: {escape(error.message)}")
            failures += 1
            continue
        if asset.status == AssetStatus.READY:
            assets.append(asset)
        else:
            console.print(f"[red]✘[/red] {escape(str(video))}: {escape(asset.error_message)}")
            failures += 1
    return assets, failures


def _timeline(timeline_id: UUID) -> Timeline:
    found = Timeline.objects.filter(pk=timeline_id, source_asset__deleted_at=None).first()
    if found is None:
        raise NotFound(f"There is no timeline {timeline_id}; make one with `mpr chunk VIDEO … --timeline`.")
    return found


def _report(job: Job, folder: Path, console: Console) -> bool:
    name = escape(job.timeline.source_asset.filename)
    if job.status != JobStatus.COMPLETED:
        console.print(f"[red]✘[/red] {name}: {escape(job.error_message or f'The job was {job.status}.')}")
        return False
    console.print(brand_table(load_report(job), title=job.timeline.source_asset.filename))
    for path in write_reports(job, folder).values():
        console.print(f"  {escape(str(path))}", highlight=False)
    return True


def _folder_name(job: Job) -> str:
    return f"{Path(job.timeline.source_asset.filename).stem}-{str(job.pk)[:8]}"
