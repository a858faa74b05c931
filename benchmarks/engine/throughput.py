"""How much faster more workers are, for stages that wait as for inference on another machine.

The same job with 1, 2, 4 and 8 tasks at a time, in turn and several times over. Efficiency is t₁ / (n · tₙ), with the
median time of each; 1 is perfect.
"""

from __future__ import annotations

from statistics import median

from benchmarks.engine.rows import make_waiting_job, seconds, wait_for, warm_workers
from benchmarks.engine.tables import Finding, Goal, Sheet

_COUNTS = (1, 2, 4, 8)
_STAGES = 2
_WORK_S = 0.5
_GOAL = 0.9


def measure(*, small: bool) -> Finding:
    shards, rounds = (16, 1) if small else (64, 3)
    took_s: dict[int, list[float]] = {count: [] for count in _COUNTS}
    for _ in range(rounds):
        for count in _COUNTS:
            with warm_workers(count):
                job = make_waiting_job(stages=_STAGES, shards=shards, work_s=_WORK_S)
                wait_for(job)
                took_s[count].append(seconds(job))
    middle_s = {count: median(times) for count, times in took_s.items()}
    work_s = _STAGES * shards * _WORK_S
    efficiency = {count: middle_s[1] / (count * middle_s[count]) for count in _COUNTS}
    rows = [
        [count, middle_s[count], min(took_s[count]), max(took_s[count]), _STAGES * shards / middle_s[count],
         efficiency[count], work_s / (count * middle_s[count])]
        for count in _COUNTS
    ]  # fmt: skip
    return Finding(
        name="throughput",
        settings={"stages": _STAGES, "shards_per_stage": shards, "work_s": _WORK_S, "rounds": rounds},
        sheets=[
            Sheet(
                title=f"A job of {_STAGES} × {shards} shards of {_WORK_S:g} s, by workers",
                columns=["workers", "median s", "fastest s", "slowest s", "shards/s", "efficiency", "share of ideal"],
                rows=rows, digits=2,
            )
        ],
        goals=[
            Goal(
                says=f"8 workers at {_GOAL:g} of linear or more",
                found=f"{efficiency[8]:.2f}", met=efficiency[8] >= _GOAL,
            )
        ],
    )  # fmt: skip
