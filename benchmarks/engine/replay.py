"""The loop that the product is built around: change a threshold of match_brands, replay, see the new report.

The timeline is as long as a broadcast; everything before match_brands is stored, as if it had been computed (its
outputs come from benchmarks.engine.broadcast). Each replay has another threshold, so it is computed; the time is from
the call to the end of the job, with workers that are up.
"""

from __future__ import annotations

from datetime import datetime
from itertools import takewhile
from statistics import median

from django.utils import timezone

from benchmarks.engine import clock
from benchmarks.engine.broadcast import Broadcast, brand_names
from benchmarks.engine.rows import journal, make_timeline, play, wait_for, warm_workers
from benchmarks.engine.tables import Finding, Goal, Sheet
from brands.models import Brand
from mpr.jobs.create import create_job
from mpr.jobs.models import Job
from mpr.jobs.replay import replay
from mpr.workspaces.models import Workspace

_PROFILE = "soccer_broadcast"
_BRANDS = 200
_WORKERS = 2
_GOAL_S = 2.0


def measure(*, small: bool) -> Finding:
    duration_s, rounds = (300.0, 2) if small else (3600.0, 7)
    make_brands()
    job = create_job(make_timeline(duration_s, profile_name=_PROFILE), profile_name=_PROFILE)
    play(job, Broadcast(duration_s, brands=_BRANDS).outputs())
    with warm_workers(_WORKERS):
        wait_for(job)
        replays: list[Job] = []
        took_s: list[float] = []
        tasks: list[list[clock.Task]] = []
        for number in range(1, rounds + 2):
            begin = journal().stat().st_size
            changed = {"match_brands": {"min_confidence": round(0.6 + 0.01 * number, 2)}}
            called_at = timezone.now()
            replays.append(replay(job, from_stage="match_brands", overrides=changed))
            took_s.append(_until_end_s(replays[-1], called_at))
            tasks.append(clock.read(journal(), offset=begin))
        called_at = timezone.now()
        again_s = _until_end_s(create_job(job.timeline, profile_name=_PROFILE), called_at)
    # The first replay may come to a process that has not matched before.
    cold_s, *warm_s = took_s
    middle_s = median(warm_s)
    stages = _stages(replays[-1])
    before = list(takewhile(lambda row: row[0] != "match_brands", stages))
    reused = sum(row[1] == "reused" for row in before)
    return Finding(
        name="replay",
        settings={"duration_s": duration_s, "brands": _BRANDS, "workers": _WORKERS, "rounds": rounds,
                  "counts": {row.stage_name: row.output["counts"] for row in replays[-1].outputs.all()}},
        sheets=[
            Sheet(
                title="From the call to the completed job: s",
                columns=["", "first", "median", "fastest", "slowest"],
                rows=[
                    ["replay with another threshold", cold_s, middle_s, min(warm_s), max(warm_s)],
                    ["new job with nothing changed", again_s, "", "", ""],
                ],
                digits=2,
            ),
            Sheet(title="By part, in ms", columns=["part", "median"], rows=_parts(tasks[1:])),
            Sheet(title="Stages of a replay", columns=["stage", "state", "seconds"], rows=stages, digits=2),
        ],
        goals=[
            Goal(says=f"replay under {_GOAL_S:g} s", found=f"{middle_s:.2f} s", met=middle_s < _GOAL_S),
            Goal(
                says="all stages before match_brands reused",
                found=f"{reused} of {len(before)}",
                met=reused == len(before),
            ),
        ],
    )  # fmt: skip


def make_brands() -> None:
    """The brands of the broadcast, in the workspace of the timelines, unless they are there."""
    workspace = Workspace.objects.default()
    Brand.objects.bulk_create(
        [Brand(workspace=workspace, canonical_name=name) for name in brand_names(_BRANDS)], ignore_conflicts=True
    )


def _until_end_s(job: Job, since: datetime) -> float:
    wait_for(job)
    assert job.finished_at is not None
    return (job.finished_at - since).total_seconds()


def _parts(rounds: list[list[clock.Task]]) -> list[list[str | float]]:
    """Where the time goes, over all tasks of a replay."""

    def middle_ms(of: object) -> float:
        return 1e3 * median(of)  # type: ignore[call-overload]

    def shards(tasks: list[clock.Task]) -> list[clock.Task]:
        return [task for task in tasks if task.name == "run_shard"]

    rows: list[list[str | float]] = []
    for place, name in enumerate(("match_brands", "compile_report")):
        for part in ("claim", "inputs", "run", "write", "complete"):
            rows.append([f"{name}: {part}", middle_ms([shards(tasks)[place].spent_s(part) for tasks in rounds])])
        rows.append([f"{name}: rest", middle_ms([shards(tasks)[place].rest_s for tasks in rounds])])
    advances = [sum(task.end_s - task.begin_s for task in tasks if task.name == "advance") for tasks in rounds]
    rows.append(["advance, all together", middle_ms(advances)])
    messages = [sum(clock.gaps_s(tasks).values()) for tasks in rounds]
    rows.append(["messages, all together", middle_ms(messages)])
    return rows


def _stages(job: Job) -> list[list[str | float]]:
    found: list[list[str | float]] = []
    for run in job.stage_runs.order_by("place"):
        assert run.started_at is not None
        assert run.finished_at is not None
        found.append([run.stage_name, run.state, (run.finished_at - run.started_at).total_seconds()])
    return found
