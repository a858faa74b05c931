"""`mpr jobs`: what runs and ran, and steering it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from mpr.jobs import control, kept
from mpr.jobs.lookup import find_job, short_id
from mpr.jobs.models import Job, JobStatus
from mpr.jobs.table import job_table, stage_table
from mpr.processes import workers_online
from mpr.web.display import short

_STEER: dict[str, tuple[Callable[[UUID], Job], str]] = {
    "pause": (control.pause, "stop starting work; what is in hand is given back"),
    "resume": (control.resume, "go on with a paused job, stale stages included"),
    "step": (control.step, "run the next stage of a paused job, then pause again"),
    "stop": (control.stop, "end a job for good; what it computed stays"),
    "retry": (control.retry, "go on with a failed job from where it failed"),
    "clear": (kept.clear, "remove what a finished job computed and no other job needs"),
}


class Command(BaseCommand):
    help = "List jobs, show one, or steer one. An id may be shortened as long as it means one job."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB")
        listing = verbs.add_parser("list", help="the newest jobs (also without a verb)")
        listing.add_argument("--limit", type=int, default=20, metavar="N", help="How many (default %(default)s).")
        _of_a_job(verbs, "show", "a job's stages: computed, reused, skipped, stale")
        for verb, (_, what) in _STEER.items():
            _of_a_job(verbs, verb, what)
        _of_a_job(verbs, "pause-after", "pause when a stage is done").add_argument("stage", metavar="STAGE")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        verb = options["verb"] or "list"
        if verb == "list":
            jobs = Job.objects.select_related("timeline__source_asset").order_by("-created_at")
            console.print(job_table(jobs[: max(0, options.get("limit", 20))]))
            return
        job = find_job(options["job"])
        if verb == "show":
            _show(job, console)
            return
        if verb == "pause-after":
            control.pause_after(job.pk, options["stage"])
            console.print(f"Job {short_id(job.pk)} will pause after {options['stage']}.")
            return
        _STEER[verb][0](job.pk)
        job.refresh_from_db()
        console.print(f"Job {short_id(job.pk)} is {'cleared' if verb == 'clear' else job.status}.")
        if job.status == JobStatus.RUNNING and not workers_online():
            console.print("No worker is online; start one with `mpr up` or `mpr worker`.")


def _of_a_job(verbs: Any, verb: str, what: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(verb, help=what)
    parser.add_argument("job", metavar="ID", help="The job's id, or its beginning.")
    return parser


def _show(job: Job, console: Console) -> None:
    console.print(stage_table(job))
    if job.parent_id:
        console.print(f"Replay of {job.parent_id}")
    for stage, values in job.config_overrides.items():
        for setting, value in values.items():
            console.print(f"  {stage}.{setting} = {short(value)}", markup=False)
    if job.error_message:
        console.print(f"[red]✘[/red] {escape(job.error_message)}")
