"""The benchmark itself, in a home whose services run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from django.core.management import call_command
from django.db import connection
from rich.console import Console

from benchmarks.accuracy.clips import Clip
from benchmarks.accuracy.decoding import bare_decoding
from benchmarks.accuracy.marks import Marks, mark
from benchmarks.accuracy.runs import Overrides, Run, run_product, run_script
from benchmarks.accuracy.sheets import Result, goals, sheets
from benchmarks.accuracy.warm import warm_workers
from benchmarks.engine.tables import Finding, keep, show
from profiles.shipped import sync_profiles


def measure(
    clips: Sequence[Clip],
    *,
    profile: str,
    overrides: Overrides,
    jobs: int,
    with_script: bool,
    name: str,
    out: Path | None,
) -> None:
    """Run every clip, show the tables, and keep them as <out>/<name>.json with the reports in <out>/<name>/."""
    call_command("migrate", verbosity=0, interactive=False)
    sync_profiles()
    connection.close()  # workers inherit nothing of ours but its settings
    console = Console(width=None if sys.stdout.isatty() else 190, highlight=False)
    load_before = os.getloadavg()[0]
    results = []
    with warm_workers(jobs, profile=profile, overrides=overrides) as start:
        for clip in clips:
            results.append(_one(clip, profile, overrides, jobs=jobs, with_script=with_script))
            console.print(_line(results[-1]))
            if out:
                _keep_reports(results[-1], out / name)
    script_starts_s = [result.script_run.start_s for result in results if result.script_run]
    finding = Finding(
        name=name,
        settings={"profile": profile, "overrides": overrides, "worker_processes": jobs, "start": start,
                  "script_start_s": script_starts_s},
        sheets=sheets(results), goals=goals(results), details=[_detail(result) for result in results],
    )  # fmt: skip
    show(finding, console)
    said = f"Counted apart: workers start in {start['workers_s']:.1f} s and are warm {start['models_s']:.1f} s later"
    if script_starts_s:
        said += f"; the script starts and loads its models in {fmean(script_starts_s):.1f} s"
    console.print(f"{said}. Load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after.")
    if out:
        console.print(f"kept in {keep(finding, out, load_before=load_before)}", soft_wrap=True)


def _one(clip: Clip, profile: str, overrides: Overrides, *, jobs: int, with_script: bool) -> Result:
    """The script and MPR in turn, never both at once."""
    duration_s, decoding_s = bare_decoding(clip.video, at_once=jobs)
    script = run_script(clip) if with_script else None
    run = run_product(clip, profile=profile, overrides=overrides)
    return Result(
        clip=clip, duration_s=duration_s, decoding_s=decoding_s, run=run, marks=mark(run, clip),
        script_run=script, script_marks=mark(script, clip) if script else None,
    )  # fmt: skip


def _line(result: Result) -> str:
    """What a clip brought, while others are still to come."""

    def told(run: Run, marks: Marks) -> str:
        worth = f"{marks.score.false_bins} false bins" if not marks.score.present_bins else f"F1 {marks.score.f1:.3f}"
        return f"{worth}, {run.total_s:.1f} s"

    line = f"{result.clip.name}: {told(result.run, result.marks)}"
    if result.script_run and result.script_marks:
        line += f"; the script {told(result.script_run, result.script_marks)}"
    return f"{line}  {result.run.error}".rstrip()


def _keep_reports(result: Result, folder: Path) -> None:
    for who, run in (("mpr", result.run), ("script", result.script_run)):
        if run is not None:
            path = folder / f"{result.clip.name}.{who}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(run.report, indent=1), encoding="utf-8")


def _detail(result: Result) -> dict[str, Any]:
    def told(run: Run | None, marks: Marks | None) -> dict[str, Any] | None:
        if run is None or marks is None:
            return None
        cost = {name: value for name, value in asdict(run).items() if name != "report"}
        return cost | asdict(marks)

    return {
        "clip": result.clip.name,
        "duration_s": result.duration_s,
        "decoding_s": result.decoding_s,
        "mpr": told(result.run, result.marks),
        "script": told(result.script_run, result.script_marks),
    }
