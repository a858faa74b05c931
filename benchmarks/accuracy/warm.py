"""Workers that have loaded their models before anything is measured."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from benchmarks.accuracy.runs import Overrides, start_job
from benchmarks.engine import clock
from benchmarks.engine.rows import journal, wait_for
from detection.sample import draw_broadcast
from mpr.assets.ingest import ingest
from mpr.jobs.models import Shard
from mpr.pipeline.stage import Scope
from mpr.processes import workers, workers_online
from mpr.workspaces.models import Workspace
from profiles.families import registry

_CLIP_S = 2.5
_WIDTH_PX, _HEIGHT_PX = 640, 360


@contextmanager
def warm_workers(number: int, *, profile: str, overrides: Overrides) -> Iterator[dict[str, float]]:
    """Workers that run so many tasks at a time, each of whose processes has run every stage over shards before the
    block begins. Gives the seconds that the workers took to start, and then to be warm."""
    begun_s = time.monotonic()
    with workers(number), tempfile.TemporaryDirectory() as folder:
        while not workers_online(timeout_s=0.3):
            pass
        online_s = time.monotonic()
        seeds = count(1)
        drawing_s = 0.0
        ran: dict[str, set[int]] = defaultdict(set)
        while not ran or any(len(pids) < number for pids in ran.values()):
            drawn_s = time.monotonic()
            footage = [_draw(Path(folder) / str(seed), seed) for seed, _ in zip(seeds, range(number), strict=False)]
            drawing_s += time.monotonic() - drawn_s
            for task, stage in _run(footage, profile, overrides):
                ran[stage].add(task.pid)
        yield {"workers_s": online_s - begun_s, "models_s": time.monotonic() - online_s - drawing_s}


def _draw(folder: Path, seed: int) -> tuple[Path, Path]:
    sample = draw_broadcast(folder, seed=seed, duration_s=_CLIP_S, width_px=_WIDTH_PX, height_px=_HEIGHT_PX)
    return sample.video, sample.brands


def _run(footage: list[tuple[Path, Path]], profile: str, overrides: Overrides) -> Iterator[tuple[clock.Task, str]]:
    """Analyse the clips at the same time; gives what ran of stages over shards."""
    workspace = Workspace.objects.default()
    begin = journal().stat().st_size
    wait_for(
        *(
            start_job(ingest(video, workspace=workspace), brands, profile=profile, overrides=overrides)
            for video, brands in footage
        )
    )
    tasks = [task for task in clock.read(journal(), offset=begin) if any(part.name == "run" for part in task.parts)]
    shards = Shard.objects.filter(pk__in=[int(task.about) for task in tasks])
    stage_of = dict(shards.values_list("pk", "stage_run__stage_name"))
    for task in tasks:
        name = stage_of[int(task.about)]
        if registry().stages[name].scope == Scope.SHARD:
            yield task, name
