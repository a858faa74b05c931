"""`mpr doctor`: what is configured, what is missing, what to do."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.markup import escape

from mpr.embedded.places import Places
from mpr.embedded.services import use
from mpr.errors import MprError
from mpr.operation.doctor import Finding, State, examine

MARKS = {State.WELL: "[green]✔[/green]", State.HINT: "[yellow]![/yellow]", State.BROKEN: "[red]✘[/red]"}


class Command(BaseCommand):
    help = "Say what is configured, what is missing and what to do. The exit code is 1 when MPR cannot run like this."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Write JSON, for programs.")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console(highlight=False)
        findings = []
        with ExitStack() as stack:
            for finding in _findings(stack):
                findings.append(finding)
                if not options["json"]:
                    console.print(_line(finding), soft_wrap=True)
        if options["json"]:
            print(json.dumps([_plain(finding) for finding in findings], indent=2, ensure_ascii=False))
        if any(finding.state is State.BROKEN for finding in findings):
            sys.exit(1)


def _findings(stack: ExitStack) -> Iterator[Finding]:
    """The services run while `stack` is open; that they do not is a finding like any other."""
    ours = Places(settings.HOME_DIR).addresses
    if ours.database_url == settings.DATABASE_URL or ours.redis_url == settings.REDIS_URL:
        try:
            stack.enter_context(use(settings.HOME_DIR))
        except MprError as error:
            yield Finding(name="Services", state=State.BROKEN, said="cannot be started", fix=error.message)
    yield from examine()


def _line(finding: Finding) -> str:
    fix = f" — {escape(finding.fix)}" if finding.fix else ""
    return f"{MARKS[finding.state]} [bold]{finding.name}[/bold]: {escape(finding.said)}{fix}"


def _plain(finding: Finding) -> dict[str, str]:
    return {"name": finding.name, "state": finding.state.value, "said": finding.said, "fix": finding.fix}
