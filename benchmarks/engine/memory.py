"""Whether a worker's memory depends on how long the footage is.

The timeline-scope stages run over synthetic outputs of a short and a long timeline, each in a worker process of
its own; peaks are those of the process while it ran the stage.
"""

from __future__ import annotations

from benchmarks.engine import clock
from benchmarks.engine.broadcast import Broadcast
from benchmarks.engine.replay import make_brands
from benchmarks.engine.rows import journal, make_timeline, play, wait_for, wait_until_settled, warm_workers
from benchmarks.engine.tables import Finding, Goal, Sheet
from mpr.jobs.create import create_job
from mpr.jobs.models import Job, Shard
from mpr.jobs.replay import replay_stage
from mpr.storage.buckets import timeline_folder

_PROFILE = "soccer_broadcast"
_STAGES = ("match_brands", "compile_report", "filter_scenes")
_GOAL = 1.5


def measure(*, small: bool) -> Finding:
    lengths_s = (60.0, 240.0) if small else (600.0, 7200.0)
    make_brands()
    peaks = [_peaks_mb(duration_s) for duration_s in lengths_s]
    short, long = peaks
    ratios = {name: long[name] / short[name] for name in _STAGES}
    worst = max(ratios, key=lambda name: ratios[name])
    return Finding(
        name="memory",
        settings={"lengths_s": lengths_s, "scan_fps": 25, "fps": 2},
        sheets=[
            Sheet(
                title="Peak resident memory of the worker's process: MB",
                columns=["stage", *(f"{duration_s / 60:g} min" for duration_s in lengths_s), "ratio", "growth"],
                rows=[
                    ["(idle)", short["idle"], long["idle"], long["idle"] / short["idle"], long["idle"] - short["idle"]],
                    *([name, short[name], long[name], ratios[name], long[name] - short[name]] for name in _STAGES),
                ],
                digits=2,
            )
        ],
        goals=[
            Goal(
                says=f"at most {_GOAL:g} × the memory for {lengths_s[1] / lengths_s[0]:g} × the footage",
                found=f"{ratios[worst]:.2f} × ({worst})",
                met=ratios[worst] <= _GOAL,
            )
        ],
    )


def _peaks_mb(duration_s: float) -> dict[str, float]:
    """The peak of each stage, and that of the process before it ran any."""
    job = create_job(make_timeline(duration_s, profile_name=_PROFILE), profile_name=_PROFILE)
    play(job, Broadcast(duration_s, pictures_to=timeline_folder(job.timeline_id)).outputs())
    begin = journal().stat().st_size
    with warm_workers(1):
        idle = min(task.peak_bytes for task in clock.read(journal(), offset=begin) if task.peak_bytes)
        wait_for(job)
    tasks = clock.read(journal(), offset=begin)
    # What one stage has freed, its process keeps, so each gets a new one.
    for name, changed in (("compile_report", {"bridge_s": 1.1}), ("filter_scenes", {"min_shot_s": 0.31})):
        with warm_workers(1):
            begin = journal().stat().st_size
            wait_until_settled(replay_stage(job, name, {name: changed}))
        tasks += clock.read(journal(), offset=begin)
    stage_of = _stage_of(job)
    # The later run of a stage is that in a new process.
    peaks = {stage_of[task.about]: task.peak_bytes for task in tasks if task.about in stage_of}
    return {name: peak / 2**20 for name, peak in {"idle": idle, **peaks}.items()}


def _stage_of(job: Job) -> dict[str, str]:
    shards = Shard.objects.filter(stage_run__job=job, stage_run__stage_name__in=_STAGES)
    return {str(pk): name for pk, name in shards.values_list("pk", "stage_run__stage_name")}
