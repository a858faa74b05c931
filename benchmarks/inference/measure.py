"""The stages one after the other: here on one CPU, on one server, on two."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from benchmarks.engine.tables import Finding, Goal, Sheet
from benchmarks.inference.fleet import fleet
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


def measure(footage: Footage, *, rounds: int, log: Path) -> Finding:
    outputs: dict[str, list[Any]] = {}
    inputs: dict[str, list[Any]] = {}
    here_s = {}
    processors = psutil.Process().cpu_affinity() or []
    psutil.Process().cpu_affinity(processors[:1])
    for stage in _ORDER:
        inputs[stage.name] = [_inputs(stage, footage, outputs, shard) for shard in range(len(footage.spans))]
        outputs[stage.name], here_s[stage.name] = _best(_here(stage, footage, inputs[stage.name]), footage, rounds, 1)
    psutil.Process().cpu_affinity(processors)
    there_s: dict[str, dict[int, float]] = {stage.name: {} for stage in _ORDER}
    unlike: list[str] = []
    for count in (1, 2):
        with fleet(count, log=log) as servers:
            for stage in _ORDER:
                ask = _there(stage, footage, inputs[stage.name], servers)
                said, there_s[stage.name][count] = _best(ask, footage, rounds, _CALLERS)
                unlike += [stage.name for one, other in zip(said, outputs[stage.name], strict=True) if one != other]
    return _finding(footage, inputs, here_s, there_s, unlike, rounds)


def _best(run: Run, footage: Footage, rounds: int, callers: int) -> tuple[list[bytes], float]:
    """The outputs of all shards, and the least time of the rounds; one more before them loads models."""
    best_s, outputs = float("inf"), []
    with ThreadPoolExecutor(callers) as pool:
        for number in range(rounds + 1):
            begun_s = time.perf_counter()
            outputs = list(pool.map(run, range(len(footage.spans))))
            if number:
                best_s = min(best_s, time.perf_counter() - begun_s)
    return outputs, best_s


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
    footage: Footage, inputs: dict[str, list[Any]], here_s: dict[str, float], there_s: dict[str, dict[int, float]],
    unlike: list[str], rounds: int,
) -> Finding:  # fmt: skip
    rows: list[list[str | float | int]] = []
    sent = {name: sum(len(encode(one)) + _pictures(name, one) for one in all_of) for name, all_of in inputs.items()}
    totals = [0.0, 0.0, 0.0]
    for stage in _ORDER:
        times = [here_s[stage.name], there_s[stage.name][1], there_s[stage.name][2]]
        totals = [total + one for total, one in zip(totals, times, strict=True)]
        rows.append(_row(stage.name, footage, sent[stage.name], times))
    rows.append(_row("all", footage, sum(sent.values()), totals))
    gain = totals[1] / totals[2]
    goals = [
        Goal(says="the same bytes here and there", found="all" if not unlike else ", ".join(unlike), met=not unlike),
        Goal(says="two servers do 1.6 times as much as one", found=f"{gain:.2f}", met=gain >= 1.6),
    ]
    columns = ("stage", "KB/frame", "here f/s", "1 server f/s", "2 servers f/s", "2 : 1", "1 : here")
    sheet = Sheet(title="Frames a second", columns=columns, rows=rows, digits=2)
    settings = {"frames": footage.frames, "shards": len(footage.spans), "callers": _CALLERS, "rounds": rounds}
    details = {"here_s": here_s, "there_s": {name: {str(n): s for n, s in of.items()} for name, of in there_s.items()}}
    return Finding(name="inference", settings=settings, sheets=[sheet], goals=goals, details=details)


def _row(name: str, footage: Footage, sent: int, times: Sequence[float]) -> list[str | float | int]:
    here, one, two = (footage.frames / seconds for seconds in times)
    return [name, sent / footage.frames / 1024, here, one, two, two / one, one / here]


def _pictures(stage_name: str, inputs: Any) -> int:
    return sum(frame.size for frame in pictures_read(stage_name, inputs))
