"""One clip through MPR or through the script: the report, and what it cost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from benchmarks.accuracy.clips import Clip
from benchmarks.engine import clock
from benchmarks.engine.rows import journal, seconds, wait_for
from brands.lists import read_brand_list, upsert_brands
from detection.report.files import job_facts
from detection.report.load import load_report
from detection.report.tree import encode_json, report_json
from mpr.assets.ingest import ingest
from mpr.assets.models import MediaAsset
from mpr.assets.timelines import timeline_of
from mpr.jobs.create import create_job
from mpr.jobs.models import Job, Shard
from mpr.workspaces.models import Workspace

Overrides = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class StageCost:
    """`wall_s` is from the stage's first shard to its last; `run_s` and `cpu_s` add up over shards."""

    wall_s: float
    run_s: float
    cpu_s: float
    reused: bool = False


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came out of one clip. `start_s` is what starting the process and loading its models took; it is no part of
    `total_s`. `cpu_s` is over all processes that compute; `peak_bytes` is of the largest of them."""

    report: Mapping[str, Any]
    total_s: float
    cpu_s: float
    peak_bytes: int
    start_s: float = 0.0
    stages: Mapping[str, StageCost] = field(default_factory=dict)
    error: str = ""


def run_script(clip: Clip) -> Run:
    """The script, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.accuracy.naive", str(clip.video), str(clip.brands)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    cost = told["cost"]
    return Run(
        report=told["report"], total_s=cost["wall_s"], cpu_s=cost["cpu_s"], peak_bytes=cost["peak_bytes"],
        start_s=cost["start_s"],
    )  # fmt: skip


def run_product(clip: Clip, *, profile: str, overrides: Overrides) -> Run:
    """MPR on workers that are up: from the file to the report in hand. The clip gets a workspace, so that nothing of an
    earlier run is reused."""
    begin = journal().stat().st_size
    begun_s = time.monotonic()
    workspace = Workspace.objects.create(name=f"{clip.name} {uuid.uuid4().hex[:8]}"[-120:])
    asset = ingest(clip.video, workspace=workspace)
    ingested_s = time.monotonic() - begun_s
    job = start_job(asset, clip.brands, profile=profile, overrides=overrides)
    error = ""
    try:
        wait_for(job)
    except AssertionError as problem:
        error = str(problem)
    loading_s = time.monotonic()
    report = {"brands": []} if error else _report(job)
    loaded_s = time.monotonic() - loading_s
    stages = _stages(job, clock.read(journal(), offset=begin))
    return Run(
        report=report,
        total_s=ingested_s + loaded_s + (0.0 if error else seconds(job)),
        cpu_s=sum(cost.cpu_s for cost, _ in stages.values()),
        peak_bytes=max((peak for _, peak in stages.values()), default=0),
        stages={"ingest": StageCost(wall_s=ingested_s, run_s=ingested_s, cpu_s=0.0)}
        | {name: cost for name, (cost, _) in stages.items()},
        error=error,
    )


def _report(job: Job) -> dict[str, Any]:
    """What report.json holds, but for the names of evidence pictures."""
    told: dict[str, Any] = json.loads(encode_json(report_json(load_report(job), job_facts(job), lambda frame: None)))
    return told


def start_job(asset: MediaAsset, brands: Path, *, profile: str, overrides: Overrides) -> Job:
    """As `mpr analyze` does it: look for the list's brands and no others."""
    listed = upsert_brands(read_brand_list(brands), workspace=asset.workspace)
    wanted = {stage: dict(values) for stage, values in overrides.items()}
    wanted.setdefault("match_brands", {})["brands"] = [brand.canonical_name for brand in listed]
    return create_job(timeline_of(asset, profile_name=profile), profile_name=profile, overrides=wanted)


def _stages(job: Job, tasks: list[clock.Task]) -> dict[str, tuple[StageCost, int]]:
    """Cost and peak memory by stage, in running order."""
    stage_of = dict(Shard.objects.filter(stage_run__job=job).values_list("pk", "stage_run__stage_name"))
    found = {}
    for run in job.stage_runs.order_by("place"):
        mine = [task for task in tasks if task.name == "run_shard" and stage_of.get(int(task.about)) == run.stage_name]
        parts = [part for task in mine for part in task.parts if part.name == "run"]
        wall_s = (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else 0.0
        cost = StageCost(
            wall_s=wall_s, run_s=sum(part.own_s for part in parts), cpu_s=sum(part.cpu_s for part in parts),
            reused=run.state == "reused",
        )  # fmt: skip
        found[run.stage_name] = cost, max((task.peak_bytes for task in mine), default=0)
    return found
