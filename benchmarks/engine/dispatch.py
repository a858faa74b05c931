"""What the engine adds to the work: per shard and per stage, part by part, on one worker that has nothing else to do.

A job of three stages that wait, for shards of different lengths. The overhead of a shard is all the time that its
worker spends on it besides the stage's own; that of a stage what lies between the end of the last run of one stage and
the beginning of the first run of the next.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean, median

from benchmarks.engine import clock
from benchmarks.engine.clock import Task
from benchmarks.engine.rows import journal, make_waiting_job, quantile, wait_for, warm_workers
from benchmarks.engine.tables import Finding, Sheet
from mpr.jobs.models import Job, Shard

# Seconds of work in a shard, and how many shards a stage has.
_FULL = ((0.1, 100), (1.0, 30), (5.0, 10))
_SMALL = ((0.1, 10), (1.0, 3))
_STAGES = 3
_PARTS = ("message", "claim", "inputs", "write", "complete", "send", "rest")


def measure(*, small: bool) -> Finding:
    forms = _SMALL if small else _FULL
    shard_rows, share_rows, stage_rows = [], [], []
    with warm_workers(1):
        for work_s, count in forms:
            begin = journal().stat().st_size
            job = make_waiting_job(stages=_STAGES, shards=count, work_s=work_s)
            wait_for(job)
            tasks = clock.read(journal(), offset=begin)
            parts = _per_shard(tasks)
            totals = [sum(shard.values()) for shard in parts]
            label = f"{work_s:g} s"
            shard_rows.append([label, len(parts), *(_mean_ms(parts, name) for name in _PARTS), 1e3 * fmean(totals)])
            share_rows.append(
                [label, 1e3 * median(totals), 1e3 * quantile(totals, 0.95), 100 * fmean(totals) / work_s]
            )  # fmt: skip
            stage_rows += [[label, *row, 100 * row[-1] / 1e3 / (count * work_s)] for row in _per_stage(job, tasks)]
    return Finding(
        name="dispatch",
        settings={"workers": 1, "stages": _STAGES, "shards_by_work_s": dict(forms)},
        sheets=[
            Sheet(title="Overhead per shard: mean ms", columns=["work", "shards", *_PARTS, "sum"], rows=shard_rows),
            Sheet(
                title="Overhead per shard: spread, and share of the work",
                columns=["work", "median ms", "p95 ms", "share %"], rows=share_rows, digits=2,
            ),
            Sheet(
                title="From the end of one stage to the beginning of the next: ms",
                columns=["work", "to stage", "write", "complete", "message", "advance", "message", "claim, inputs",
                         "sum", "share of the stage %"],
                rows=stage_rows, digits=2,
            ),
        ],
    )  # fmt: skip


def _per_shard(tasks: Sequence[Task]) -> list[dict[str, float]]:
    """Seconds by part for every shard that ran."""
    gaps = clock.gaps_s(tasks)
    found = []
    for task in tasks:
        if task.name == "run_shard" and any(part.name == "run" for part in task.parts):
            parts = {name: task.spent_s(name) for name in _PARTS if name not in ("message", "rest")}
            found.append({"message": gaps[task.about], **parts, "rest": task.rest_s})
    return found


def _mean_ms(parts: Sequence[dict[str, float]], name: str) -> float:
    return 1e3 * fmean(part[name] for part in parts)


def _per_stage(job: Job, tasks: Sequence[Task]) -> list[list[str | float]]:
    """For every stage but the first what it took to come to it, in ms."""
    stage_of = dict(Shard.objects.filter(stage_run__job=job).values_list("pk", "stage_run__stage_name"))
    by_stage: dict[str, list[Task]] = {}
    for task in tasks:
        if task.name == "run_shard":
            by_stage.setdefault(stage_of[int(task.about)], []).append(task)
    advances = [task for task in tasks if task.name == "advance"]
    rows = []
    for (_, before), (name, after) in pairwise(by_stage.items()):
        last = max(before, key=lambda task: task.end_s)
        first = min(after, key=lambda task: task.begin_s)
        between = next(task for task in advances if last.begin_s < task.begin_s < first.begin_s)
        begin_s, end_s = last.part("run").end_s, first.part("run").begin_s
        steps: list[Callable[[], float]] = [
            lambda last=last: last.spent_s("write"),
            lambda last=last, begin_s=begin_s: last.end_s - begin_s - last.spent_s("write"),
            lambda last=last, between=between: between.begin_s - last.end_s,
            lambda between=between: between.end_s - between.begin_s,
            lambda first=first, between=between: first.begin_s - between.end_s,
            lambda first=first, end_s=end_s: end_s - first.begin_s,
        ]
        rows.append([name, *(1e3 * step() for step in steps), 1e3 * (end_s - begin_s)])
    return rows
