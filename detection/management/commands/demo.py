"""`mpr demo`: draws a short sample broadcast, analyses it, and scores the report against the drawing's ground truth."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from detection.report.score import score
from detection.sample import Sample, draw_broadcast


class Command(BaseCommand):
    help = "Draw a sample broadcast, analyse it and score the report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=7, help="Another seed draws another match (default %(default)s)."
        )
        parser.add_argument("--out", type=Path, default=Path("mpr-reports/demo"), metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        console = Console()
        sample = _draw(settings.HOME_DIR / "demo", options["seed"], console)
        call_command("analyze", str(sample.video), brands=sample.brands, out=options["out"])
        report = json.loads((options["out"] / "report.json").read_text())
        result = score(report, json.loads(sample.truth.read_text()))
        console.print(
            f"Against the drawing's ground truth: F1 {result.f1:.3f}, precision {result.precision:.3f}, "
            f"recall {result.recall:.3f}.",
            highlight=False,
        )
        console.print(
            f"Open {options['out'] / 'report.html'}, or start the pages with:  .venv/bin/mpr up", highlight=False
        )


def _draw(folder: Path, seed: int, console: Console) -> Sample:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        row = bar.add_task("drawing the sample broadcast", total=1.0)
        return draw_broadcast(folder, seed=seed, progress=lambda done, total: bar.update(row, completed=done / total))
