"""A clock in every worker: how long each part of a task takes, and how much memory it needs.

It wraps the engine's functions by name, so a part that is renamed stops the benchmark instead of being left out. Each
task becomes one line of the journal; times are those of the system's monotonic clock, which all processes share.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

JOURNAL = "BENCH_JOURNAL"


class Part(msgspec.Struct):
    """One call within a task. `own_s` leaves out the parts that were called from within it; `cpu_s` is what all threads
    of the process computed meanwhile."""

    name: str
    begin_s: float
    end_s: float
    own_s: float
    cpu_s: float


class Task(msgspec.Struct):
    """One run of `run_shard` (`about` is the shard's id) or `advance` (the job's). `sent` says when it sent messages
    about what. `peak_bytes` is the most memory that the process had resident meanwhile; 0 where that is not told."""

    name: str
    about: str
    pid: int
    begin_s: float
    end_s: float = 0.0
    parts: list[Part] = []
    sent: dict[str, float] = {}
    peak_bytes: int = 0

    def spent_s(self, name: str) -> float:
        """Time within parts of that name alone."""
        return sum(part.own_s for part in self.parts if part.name == name)

    @property
    def rest_s(self) -> float:
        """Time within none of the parts."""
        return self.end_s - self.begin_s - sum(part.own_s for part in self.parts)

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)


def read(journal: Path, *, offset: int = 0) -> list[Task]:
    """The tasks that ended since the journal had `offset` bytes, in the order of their ends."""
    with journal.open("rb") as file:
        file.seek(offset)
        tasks = [msgspec.json.decode(line, type=Task) for line in file]
    return sorted(tasks, key=lambda task: task.end_s)


def install() -> None:
    """Wrap the engine in this process."""
    from mpr.jobs import advance, dispatch, finish, work
    from mpr.pipeline.blobs import Under
    from profiles.families import registry

    for owner, name, part in (
        (work, "claim", "claim"),
        (work, "assemble", "inputs"),
        (Under, "write", "write"),
        (finish, "complete", "complete"),
    ):
        setattr(owner, name, _timed(part, getattr(owner, name)))
    dispatch.send = _noted(_timed("send", dispatch.send))
    work.run_shard = _task("run_shard", work.run_shard)
    advance.advance = _task("advance", advance.advance)
    stages = registry().stages
    for name, stage in stages.items():
        stages[name] = dataclasses.replace(stage, run=_timed("run", stage.run))


_now: list[Task] = []
_within: list[float] = []


def _timed(name: str, function: Callable[..., T]) -> Callable[..., T]:
    """The function as a part of the task that calls it."""

    @functools.wraps(function)
    def timed(*given: Any, **named: Any) -> T:
        if not _now:
            return function(*given, **named)
        begin_s, begin_cpu_s = time.monotonic(), time.process_time()
        _within.append(0.0)
        try:
            return function(*given, **named)
        finally:
            end_s = time.monotonic()
            inner_s = _within.pop()
            if _within:
                _within[-1] += end_s - begin_s
            own_s, cpu_s = end_s - begin_s - inner_s, time.process_time() - begin_cpu_s
            _now[0].parts.append(Part(name=name, begin_s=begin_s, end_s=end_s, own_s=own_s, cpu_s=cpu_s))

    return timed


def _noted(send: Callable[..., None]) -> Callable[..., None]:
    """Sending, with a note of what the message is about."""

    @functools.wraps(send)
    def noted(task: str, argument: str | int, **named: Any) -> None:
        send(task, argument, **named)
        if _now:
            _now[0].sent[str(argument)] = time.monotonic()

    return noted


def _task(name: str, function: Callable[..., T]) -> Callable[..., T]:
    """The function as a task of its own, unless it is called within one or nobody keeps a journal."""

    @functools.wraps(function)
    def task(about: Any) -> T:
        journal = os.environ.get(JOURNAL)
        if _now or not journal:
            return function(about)
        _forget_peak()
        now = Task(name=name, about=str(about), pid=os.getpid(), begin_s=time.monotonic())
        _now.append(now)
        try:
            return function(about)
        finally:
            _now.clear()
            now.end_s = time.monotonic()
            now.peak_bytes = _peak_bytes()
            with open(journal, "ab", buffering=0) as file:
                file.write(msgspec.json.encode(now) + b"\n")

    return task


def _forget_peak() -> None:
    """Begin a new peak of this process's memory (proc(5), clear_refs); Linux alone."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def gaps_s(tasks: Sequence[Task]) -> dict[str, float]:
    """For every task with a known message how long the message took, counted from when it was sent or, if that was
    later, from when its process had ended the task before. By what the task is about, the first one each."""
    sent: dict[str, float] = {}
    for task in tasks:
        for about, at_s in task.sent.items():
            sent.setdefault(about, at_s)
    ended: dict[int, float] = {}
    found: dict[str, float] = {}
    for task in sorted(tasks, key=lambda task: task.begin_s):
        since_s = max(sent.get(task.about, 0.0), ended.get(task.pid, 0.0))
        if task.about in sent and since_s and task.about not in found:
            found[task.about] = max(0.0, task.begin_s - since_s)
        ended[task.pid] = task.end_s
    return found
