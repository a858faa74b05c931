from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.console import Console
from rich.table import Table

from mpr.jobs.kept import clear
from mpr.jobs.models import Job
from mpr.jobs.replay import replay, replay_stage
from mpr.jobs.table import job_table, stage_table

from .conftest import Broker

Run = Callable[..., Job]


def rows(table: Table) -> list[list[str]]:
    """The cells of each row, as printed."""
    console = Console(width=200, no_color=True)
    with console.capture() as capture:
        console.print(table)
    lines = [line for line in capture.get().splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


@pytest.fixture
def first(run_job: Run) -> Job:
    return run_job()


def test_each_stage_says_what_became_of_it(first: Job, broker: Broker) -> None:
    child = replay(first, from_stage="doubled", overrides={"doubled": {"off": True}})
    broker.drain()
    child.refresh_from_db()
    shown = {row[0]: (row[1], row[2], row[4]) for row in rows(stage_table(child))}
    assert shown == {
        "numbers": (f"reused from {str(first.pk)[:8]}", "", ""),
        "doubled": ("skipped", "", "It is switched off."),
        "total": ("computed", "1/1", ""),
    }


def test_a_stale_stage_says_so(first: Job, broker: Broker) -> None:
    job = replay_stage(first, "doubled", {"doubled": {"factor": 3}})
    broker.drain()
    job.refresh_from_db()
    assert [row[1] for row in rows(stage_table(job))] == ["computed", "computed", "computed, stale"]


def test_a_job_is_a_line(first: Job, broker: Broker) -> None:
    child = replay(first, from_stage="total", label="as [it] was")
    clear(first.pk)
    first.refresh_from_db()
    (done, replayed) = rows(job_table([first, child]))
    assert done[:5] == [str(first.pk)[:8], "match.mp4", "sums", "initial", "completed, cleared"]
    assert replayed[3] == f"replay of {str(first.pk)[:8]} “as [it] was”"
    # What is taken over takes no time, and percent is of time.
    assert replayed[4] == "pending, 0%"
