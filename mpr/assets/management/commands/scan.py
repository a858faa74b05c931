"""`mpr scan`: what was dropped into media_in, and taking it in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from mpr.assets import preparing
from mpr.assets.intake.models import Intake, IntakeState
from mpr.assets.intake.scan import Condition, Found, scan, take_in_found
from mpr.errors import NotFound
from mpr.web.format import size
from mpr.workspaces.models import Workspace


class Command(BaseCommand):
    help = "Take in the videos that were dropped into media_in; --list shows them and takes in nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "keys", nargs="*", metavar="FILE", help="These files, by their place in media_in; else all."
        )
        parser.add_argument("--list", action="store_true", help="Show what lies there and take in nothing.")
        parser.add_argument("--workspace", metavar="NAME", help="Whose they are to be; else the first workspace.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        workspace = _workspace(options["workspace"])
        found = scan(workspace)
        if not found:
            console.print("Nothing lies in media_in that is not in the library.")
            return
        if options["list"]:
            for file in found:
                console.print(_line(file))
            return
        failures = 0
        for intake in take_in_found(workspace, options["keys"] or None, None):
            failures += not _take_in(intake, console)
        for file in found:
            if not options["keys"] and file.condition != Condition.READY:
                console.print(_line(file))
        if failures:
            raise SystemExit(1)


def _take_in(intake: Intake, console: Console) -> bool:
    """Here and now; a worker that hears of it too finds it in hand or done."""
    preparing.prepare("intake", str(intake.pk))
    intake.refresh_from_db()
    name = escape(intake.key)
    if intake.state == IntakeState.FAILED:
        console.print(f"[red]✘[/red] {name}: {escape(intake.error_message)}")
    elif intake.state == IntakeState.DONE:
        console.print(f"[green]✔[/green] {name}: in the library")
    else:
        console.print(f"  {name}: {intake.get_state_display().lower()}")
    return intake.state != IntakeState.FAILED


def _line(file: Found) -> str:
    said = file.said or "can be taken in"
    return f"  {escape(file.key)} ({size(file.size)}): {escape(said)}"


def _workspace(name: str | None) -> Workspace:
    if name is None:
        return Workspace.objects.default()
    found = Workspace.objects.filter(name__iexact=name).first()
    if found is None:
        raise NotFound(f"There is no workspace “{name}”; the admin lists them.")
    return found
