"""`mpr chunk VIDEO`: a long video split without encoding anew, and a timeline of what counts."""

from __future__ import annotations

import re
import time
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mpr.assets import chunks
from mpr.assets.ingest import ingest
from mpr.assets.models import AssetStatus, MediaAsset
from mpr.assets.prepared import MediaChunk, RenditionKind, WorkState
from mpr.assets.preparing import ask_for, prepare
from mpr.assets.working import kind_of
from mpr.chunker.shots import shots_of
from mpr.errors import BadVideo, NotFound, Unavailable
from mpr.web.format import clock, size
from mpr.workspaces.models import Workspace
from profiles.plan import find_profile

_TIME = re.compile(r"(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d+)?)", re.ASCII)
# A chunk that another worker took is waited for this long without a sign of life.
_PATIENCE_S = 600.0


def seconds(text: str) -> float:
    """45:00, 1:02:03.5 or 90 as seconds."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ArgumentTypeError(f"“{text}” is no time; write it as 1:02:03, 45:00 or 90 (seconds)")
    hours, minutes, rest = found.groups()
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(rest)


def stretch(text: str) -> tuple[float, float]:
    """0:00-45:00 as two times."""
    start, dash, end = text.partition("-")
    if not dash:
        raise ArgumentTypeError(f"“{text}” is no stretch; write it as 0:00-45:00")
    return seconds(start), seconds(end)


class Command(BaseCommand):
    help = "Split a video into chunks without encoding it anew, and make a timeline of them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("video", metavar="VIDEO", help="A file, or the id of footage that is in the library.")
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--every", type=seconds, metavar="TIME", help="A chunk every so long, such as 10:00.")
        how.add_argument("--shots", type=seconds, metavar="TIME", help="Cut where shots begin, each at least so long.")
        how.add_argument("--at", type=seconds, nargs="+", metavar="TIME", help="Cut at these times.")
        how.add_argument(
            "--keep", type=stretch, nargs="+", metavar="FROM-TO", help="These stretches alone; the rest is left out."
        )
        parser.add_argument("--dry-run", action="store_true", help="Only say where the cuts would fall.")
        parser.add_argument("--timeline", action="store_true", help="Make a timeline of the chunks, in this order.")
        parser.add_argument(
            "--profile", default=settings.MPR_DEFAULT_PROFILE, help="Of its jobs (default %(default)s)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        asset = _asset(options["video"])
        wishes = _wishes(asset, options, console)
        if options["dry_run"]:
            console.print(_proposed(asset, wishes))
            return
        profile = find_profile(options["profile"], asset.workspace)
        made = chunks.split(asset, wishes)
        failed = 0
        for chunk in made:
            _finish(chunk)
            is_done = chunk.state == WorkState.DONE
            failed += not is_done
            sign = "[green]✔[/green]" if is_done else "[red]✘[/red]"
            said = size(chunk.file_size) if is_done else escape(chunk.error_message or chunk.get_state_display())
            console.print(f"{sign} {_times(chunk.start_s, chunk.end_s)}  {said}")
        if failed:
            raise CommandError(f"{failed} of {len(made)} chunks could not be made.")
        if options["timeline"]:
            timeline = chunks.timeline_of_chunks(made, profile_name=profile.name)
            console.print(f"Timeline {timeline.pk}, {clock(timeline.duration_s, with_ms=True)}")
            console.print(f"Analyse it with:  mpr analyze --timeline {timeline.pk}")


def _asset(text: str) -> MediaAsset:
    path = Path(text)
    if path.exists():
        asset = ingest(path, workspace=Workspace.objects.default())
        if asset.status != AssetStatus.READY:
            raise BadVideo(asset.error_message)
        return asset
    try:
        found = MediaAsset.objects.filter(pk=UUID(text), deleted_at=None).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound(f"“{text}” is neither a file nor the id of footage in the library.")
    return found


def _wishes(asset: MediaAsset, options: dict[str, Any], console: Console) -> list[chunks.Wish]:
    if options["every"] is not None:
        return chunks.every(asset, options["every"])
    if options["at"]:
        return chunks.parted(asset, options["at"])
    if options["keep"]:
        return list(options["keep"])
    for row in ask_for(asset, RenditionKind.FILMSTRIP):
        prepare(kind_of(row), str(row.pk))
    shots = shots_of(asset)
    console.print(shots.known_by)
    return chunks.at_shots(asset, shots.starts_s, least_s=options["shots"])


def _proposed(asset: MediaAsset, wishes: list[chunks.Wish]) -> Table:
    table = Table("Begins", "Ends", "Length", "Wished")
    for one in chunks.proposed(asset, wishes):
        table.add_row(
            clock(one.start_s, with_ms=True), clock(one.end_s, with_ms=True),
            clock(one.end_s - one.start_s, with_ms=True), _times(one.wished_start_s, one.wished_end_s),
        )  # fmt: skip
    return table


def _finish(chunk: MediaChunk) -> None:
    """Make it here, unless a worker has it: then wait for that one."""
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        prepare(kind_of(chunk), str(chunk.pk))
        before = chunk.progress
        chunk.refresh_from_db()
        if not chunk.is_open:
            return
        if chunk.progress != before:
            until_s = time.monotonic() + _PATIENCE_S
        if time.monotonic() > until_s:
            raise Unavailable("A worker took the chunk and gives no sign of life; start it again.")
        time.sleep(0.3)


def _times(start_s: float, end_s: float) -> str:
    return f"{clock(start_s, with_ms=True)} – {clock(end_s, with_ms=True)}"
