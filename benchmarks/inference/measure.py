"""The stages one after the other: here on one CPU, on one server, on two."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.engine.tables import Finding, Goal, Sheet
from benchmarks.inference.fleet import cpu_s, fleet
from benchmarks.inference.footage import Footage
from detection.records import ExemplarsGiven
from detection.remote.served import pictures_read
from detection.remote.servers import Servers
from detection.remote.stages import asked
from detection.stages import detect_edges, detect_objects, embed_regions, field_segmentation, preprocess, run_ocr
from mpr.pipeline.codec import decode, encode
from mpr.pipeline.stage import Stage

# As many callers as keep two servers busy while their next calls travel.
_CALLERS = 4
_ORDER: tuple[Stage, ...] = (
    field_segmentation.STAGE, detect_edges.STAGE, detect_objects.STAGE, preprocess.STAGE, run_ocr.STAGE,
    embed_regions.STAGE,
)  # fmt: skip
# One thread a call, so that one CPU is compared with one CPU.
_SETTINGS: dict[str, dict[str, Any]] = {
    "detect_objects": {"frames_at_once": 1}, "run_ocr": {"batches_at_once": 1}, "embed_regions": {"frames_at_once": 1},
}  # fmt: skip

Run = Callable[[int], Any]
Spent = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Took:
    """The best round of a stage: wall time, and what was computed for it by who runs the stage and by who asks."""

    wall_s: float
    cpu_s: float
    asking_s: float


def measure(footage: Footage, *, rounds: int, log: Path) -> Finding:
    own = psutil.Process()
    outputs: dict[str, list[Any]] = {}
    inputs: dict[str, list[Any]] = {}
    took: dict[str, list[Took]] = {}
    processors = own.cpu_affinity() or []
    own.cpu_affinity(processors[:1])
    for stage in _ORDER:
        inputs[stage.name] = [_inputs(stage, footage, outputs, shard) for shard in range(len(footage.spans))]
        run = _here(stage, footage, inputs[stage.name])
        outputs[stage.name], best = _best(run, footage, rounds, callers=1, spent=lambda: cpu_s(own), asking=lambda: 0.0)
        took[stage.name] = [best]
    own.cpu_affinity(processors)
    unlike: list[str] = []
    for count in (1, 2):
        with fleet(count, log=log) as there:
            for stage in _ORDER:
                run = _there(stage, footage, inputs[stage.name], there.servers)
                said, best = _best(run, footage, rounds, callers=_CALLERS, spent=there.cpu_s, asking=lambda: cpu_s(own))
                took[stage.name].append(best)
                if said != outputs[stage.name]:
                    unlike.append(stage.name)
    return _finding(footage, inputs, took, unlike, rounds)


def _best(
    run: Run, footage: Footage, rounds: int, *, callers: int, spent: Spent, asking: Spent
) -> tuple[list[bytes], Took]:
    """The outputs of all shards, and the fastest of the rounds; one more before them loads models."""
    outputs: list[bytes] = []
    found: list[Took] = []
    with ThreadPoolExecutor(callers) as pool:
        for _ in range(rounds + 1):
            begun = time.perf_counter(), spent(), asking()
            outputs = list(pool.map(run, range(len(footage.spans))))
            wall, cpu, asked_for = time.perf_counter() - begun[0], spent() - begun[1], asking() - begun[2]
            found.append(Took(wall_s=wall, cpu_s=cpu, asking_s=asked_for))
    return outputs, min(found[1:], key=lambda one: one.wall_s)


def _here(stage: Stage, footage: Footage, inputs: Sequence[Any]) -> Run:
    config = stage.config(**_SETTINGS.get(stage.name, {}))
    return lambda shard: encode(stage.run(inputs[shard], config, footage.context(shard)))


def _there(stage: Stage, footage: Footage, inputs: Sequence[Any], servers: Servers) -> Run:
    config = stage.config(**_SETTINGS.get(stage.name, {}))
    return lambda shard: encode(asked(stage, inputs[shard], config, footage.context(shard), servers))


def _inputs(stage: Stage, footage: Footage, outputs: dict[str, list[Any]], shard: int) -> Any:
    given: dict[str, Any] = {"filter_scenes": footage.scenes[shard], "exemplars_given": ExemplarsGiven()}
    for other in _ORDER:
        if other.name in outputs:
            given[other.name] = decode(outputs[other.name][shard], other.output)
    return stage.inputs(**{read.name: given[read.name] for read in stage.reads if read.name in given})


def _finding(
    footage: Footage, inputs: dict[str, list[Any]], took: dict[str, list[Took]], unlike: list[str], rounds: int
) -> Finding:
    sent = {name: sum(len(encode(one)) + _pictures(name, one) for one in all_of) for name, all_of in inputs.items()}
    rows = [_row(stage.name, footage, sent[stage.name], took[stage.name]) for stage in _ORDER]
    totals = [_sum([took[stage.name][place] for stage in _ORDER]) for place in range(3)]
    rows.append(_row("all", footage, sum(sent.values()), totals))
    gain = totals[1].wall_s / totals[2].wall_s
    goals = [
        Goal(says="the same bytes here and there", found="all" if not unlike else ", ".join(unlike), met=not unlike),
        Goal(says="two servers do 1.6 times as much as one", found=f"{gain:.2f}", met=gain >= 1.6),
    ]
    columns = (
        "stage", "KB/frame", "here f/s", "1 server f/s", "2 servers f/s", "2 : 1", "CPU ms/frame here", "on a server",
        "of who asks",
    )  # fmt: skip
    sheet = Sheet(title="Frames a second, and what a frame costs", columns=columns, rows=rows)
    settings = {"frames": footage.frames, "shards": len(footage.spans), "callers": _CALLERS, "rounds": rounds}
    details = {name: dict(zip(("here", "1 server", "2 servers"), of, strict=True)) for name, of in took.items()}
    return Finding(name="inference", settings=settings, sheets=[sheet], goals=goals, details=details)


def _row(name: str, footage: Footage, sent: int, took: Sequence[Took]) -> list[str | float | int]:
    frames = footage.frames
    here, one, two = (frames / best.wall_s for best in took)
    costs = [1000 * seconds / frames for seconds in (took[0].cpu_s, took[1].cpu_s, took[1].asking_s)]
    return [name, sent / frames / 1024, here, one, two, round(two / one, 2), *costs]


def _sum(parts: Sequence[Took]) -> Took:
    return Took(
        wall_s=sum(part.wall_s for part in parts),
        cpu_s=sum(part.cpu_s for part in parts),
        asking_s=sum(part.asking_s for part in parts),
    )


def _pictures(stage_name: str, inputs: Any) -> int:
    return sum(frame.size for frame in pictures_read(stage_name, inputs))
