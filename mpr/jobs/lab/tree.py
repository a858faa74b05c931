"""Everything tried on a timeline as a tree to walk through: runs, the checkpoints each left, and the replays that went
on from them.

A run is a job; its checkpoints stand below it in running order, and a replay stands below the checkpoint that it took
over last. The tree is told flat, in the order of its lines, each with its level, as the ARIA tree pattern has it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from mpr.jobs.models import Checkpoint, Job, StageOutput, StageRun, StageState
from mpr.web.display import counts_line

# So many runs are drawn, the newest, and whatever the present one hangs on.
_RUNS_AT_MOST = 80


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the tree: a run when `checkpoint` is None. `taken_by` counts the replays that took the checkpoint
    over, `reused_from` is the job that computed what it reuses; `hidden` that a line above is closed."""

    key: str
    level: int
    place: int
    of: int
    job: Job | None
    checkpoint: Checkpoint | None
    settings: tuple[tuple[str, Any], ...]
    counts: str
    reused_from: UUID | None
    taken_by: int
    overtaken: bool
    is_here: bool
    has_below: bool
    is_open: bool
    hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Tree:
    lines: tuple[Line, ...]
    left_out: int


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the lines are made from, read in a handful of queries whatever the size of the tree."""

    jobs: Mapping[UUID, Job]
    checkpoints: Mapping[UUID | None, Sequence[Checkpoint]]
    by_id: Mapping[UUID, Checkpoint]
    current: frozenset[UUID]
    taken: Mapping[UUID, int]
    last_taken: Mapping[UUID, UUID]
    reused: Mapping[tuple[UUID, str], UUID | None]

    def node(self, pk: UUID | None) -> Checkpoint | None:
        return self.by_id.get(pk) if pk is not None else None


def tree_of(job: Job, stage_name: str) -> Tree:
    """The tree of the job's timeline with that job open. Here is the checkpoint of the job's stage, which a replay may
    have taken over; without one it is the job."""
    known, left_out = _read(job)
    hangs = _hanging(known)
    open_runs = set(_way_to(job, known))
    own = job.outputs.filter(stage_name=stage_name).values_list("checkpoint", flat=True).first()
    here = own if own is not None and own in known.by_id else job.pk
    drawn = list(_run_lines(None, hangs, known, open_runs, here=here, level=1))
    return Tree(lines=tuple(_hide(drawn)), left_out=left_out)


def _read(job: Job) -> tuple[_Known, int]:
    rows = Job.objects.filter(timeline=job.timeline_id).select_related("created_by").defer("plan")
    every = {row.pk: row for row in rows.order_by("created_at", "pk")}
    way = set(_ancestry(job.pk, every))
    newest = sorted(every, key=lambda pk: every[pk].created_at)[-_RUNS_AT_MOST:]
    jobs = {pk: row for pk, row in every.items() if pk in way or pk in newest}
    checkpoints: dict[UUID | None, list[Checkpoint]] = defaultdict(list)
    nodes: Any = Checkpoint.objects.without_tree_fields().filter(timeline=job.timeline_id)
    for node in nodes.order_by("created_at", "pk"):
        if node.job_id is None or node.job_id in jobs:
            checkpoints[node.job_id].append(node)
    outputs = StageOutput.objects.filter(timeline=job.timeline_id).exclude(checkpoint=None)
    current, taken, last_taken = set(), Counter[UUID](), {}
    for owner, node_job, node in outputs.order_by("created_at", "pk").values_list(
        "job", "checkpoint__job", "checkpoint"
    ):
        current.add(node)
        if owner != node_job:
            taken[node] += 1
            last_taken[owner] = node
    reused = StageRun.objects.filter(job__in=jobs, state=StageState.REUSED).order_by("attempt")
    return _Known(
        jobs=jobs,
        checkpoints=checkpoints,
        by_id={node.pk: node for nodes in checkpoints.values() for node in nodes},
        current=frozenset(current),
        taken=taken,
        last_taken=last_taken,
        reused={(of, name): source for of, name, source in reused.values_list("job", "stage_name", "reused_from")},
    ), len(every) - len(jobs)


def _ancestry(job_id: UUID | None, jobs: Mapping[UUID, Job]) -> Iterator[UUID]:
    while job_id is not None and job_id in jobs:
        yield job_id
        job_id = jobs[job_id].parent_id


def _hanging(known: _Known) -> dict[UUID | None, list[UUID | None]]:
    """The runs below each checkpoint, or below None those that hang on nothing that is drawn."""
    hangs: dict[UUID | None, list[UUID | None]] = defaultdict(list)
    for pk, job in known.jobs.items():
        own = known.checkpoints.get(pk, ())
        begin = known.node(own[0].parent_id if own and own[0].parent_id else known.last_taken.get(pk))
        is_drawn = job.parent_id is not None and begin is not None and begin.job_id != pk
        hangs[begin.pk if begin is not None and is_drawn else None].append(pk)
    if known.checkpoints.get(None):
        hangs[None].append(None)
    return hangs


def _way_to(job: Job, known: _Known) -> Iterator[UUID]:
    """The runs to be open: the job's, and those of the checkpoints that it hangs on."""
    at: UUID | None = job.pk
    seen: set[UUID] = set()
    while at is not None and at not in seen:
        seen.add(at)
        yield at
        own = known.checkpoints.get(at, ())
        begin = known.node(own[0].parent_id if own else known.last_taken.get(at))
        at = begin.job_id if begin is not None else None


def _run_lines(
    below: UUID | None,
    hangs: Mapping[UUID | None, list[UUID | None]],
    known: _Known,
    open_runs: set[UUID],
    *,
    here: UUID,
    level: int,
) -> Iterator[Line]:
    runs = hangs.get(below, [])
    for place, pk in enumerate(runs, start=1):
        job = known.jobs[pk] if pk is not None else None
        nodes = known.checkpoints.get(pk, ())
        yield Line(
            key=f"run-{pk or 'gone'}", level=level, place=place, of=len(runs), job=job, checkpoint=None,
            settings=tuple(_changed(job, known)),
            counts="", reused_from=None, taken_by=0, overtaken=False, is_here=pk == here,
            has_below=bool(nodes), is_open=pk in open_runs,
        )  # fmt: skip
        for number, node in enumerate(nodes, start=1):
            yield _checkpoint_line(node, number, len(nodes), known, hangs, here=here, level=level + 1)
            yield from _run_lines(node.pk, hangs, known, open_runs, here=here, level=level + 2)


def _checkpoint_line(
    node: Checkpoint,
    place: int,
    of: int,
    known: _Known,
    hangs: Mapping[UUID | None, list[UUID | None]],
    *,
    here: UUID,
    level: int,
) -> Line:
    counts = {name: value for name, value in node.stats.items() if name != "seconds" and isinstance(value, int)}
    is_current = node.pk in known.current
    return Line(
        key=f"node-{node.pk}", level=level, place=place, of=of,
        job=known.jobs.get(node.job_id) if node.job_id else None, checkpoint=node,
        settings=tuple(node.config_overrides.items()), counts=counts_line(counts),
        reused_from=known.reused.get((node.job_id, node.stage_name)) if node.job_id and is_current else None,
        taken_by=known.taken.get(node.pk, 0), overtaken=not is_current,
        is_here=node.pk == here, has_below=bool(hangs.get(node.pk)), is_open=True,
    )  # fmt: skip


def _changed(job: Job | None, known: _Known) -> Iterator[tuple[str, Any]]:
    """The settings in which a run differs from the one it replays: stage.setting and value."""
    if job is None:
        return
    parent = known.jobs.get(job.parent_id) if job.parent_id is not None else None
    before = parent.config_overrides if parent is not None else {}
    for stage, values in job.config_overrides.items():
        for name, value in values.items():
            if before.get(stage, {}).get(name, ...) != value:
                yield f"{stage}.{name}", value


def _hide(lines: Sequence[Line]) -> Iterator[Line]:
    closed_at: int | None = None
    for line in lines:
        if closed_at is not None and line.level <= closed_at:
            closed_at = None
        yield replace(line, hidden=True) if closed_at is not None else line
        if closed_at is None and line.has_below and not line.is_open:
            closed_at = line.level
