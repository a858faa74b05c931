"""What a benchmark found, as a table to read and as JSON to keep."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What was hoped for, and what came out."""

    says: str
    found: str
    met: bool


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table. Columns carry their units; numbers are shown with `digits` after the point."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str | float | int]]
    digits: int = 1


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one benchmark found. `settings` are the sizes it ran with, `details` what only the JSON holds."""

    name: str
    settings: dict[str, Any]
    sheets: Sequence[Sheet]
    goals: Sequence[Goal] = field(default_factory=tuple)
    details: Any = None


def show(finding: Finding, console: Console) -> None:
    for sheet in finding.sheets:
        table = Table(*sheet.columns, title=sheet.title, title_justify="left")
        for column in table.columns[1:]:
            column.justify = "right"
        for row in sheet.rows:
            table.add_row(*(f"{cell:.{sheet.digits}f}" if isinstance(cell, float) else str(cell) for cell in row))
        console.print(table)
    for goal in finding.goals:
        console.print(f"{'met    ' if goal.met else 'NOT MET'}  {goal.says}: {goal.found}", highlight=False)
    console.print()


def keep(finding: Finding, folder: Path, *, load_before: float) -> Path:
    """Write the finding to <folder>/<name>.json, with what the machine was and how busy it was; returns the path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{finding.name}.json"
    machine = {
        "cpus": os.cpu_count(), "machine": platform.machine(), "system": platform.system(),
        "python": platform.python_version(), "load_before": load_before, "load_after": os.getloadavg()[0],
    }  # fmt: skip
    told = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "on": machine, **asdict(finding)}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(told)) + b"\n")
    return path
