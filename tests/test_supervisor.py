"""The process tree of `mpr up`, with small programs in the places of web and worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

SUPERVISE = """
import json, sys
from pathlib import Path
from mpr import supervisor
supervisor.FALLS_IN_A_ROW = 3
programs = [supervisor.Program(**program) for program in json.loads(sys.argv[1])]
sys.exit(supervisor.Supervisor(programs, cwd=Path("/")).run())
"""
# Says its process number, then obeys; the second starts a child that would rather stay.
OBEDIENT = "import os, signal, time; print('pid', os.getpid()); signal.pause()"
STAYS = "import signal; signal.signal(15, signal.SIG_IGN); signal.pause()"
WITH_CHILD = (
    f"import os, signal, subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {STAYS!r}]);"
    "print('pid', os.getpid()); print('pid', child.pid); signal.pause()"
)
DEAF = "import os, signal; signal.signal(15, signal.SIG_IGN); print('pid', os.getpid())\nwhile True: signal.pause()"


class Tree:
    """A running supervisor, what it printed, and the processes its programs told of."""

    def __init__(self, programs: Sequence[dict[str, Any]]) -> None:
        words = [sys.executable, "-c", SUPERVISE, json.dumps(programs)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines: list[str] = []
        self.told: list[psutil.Process] = []

    def read_until(self, *, told: int) -> list[psutil.Process]:
        """Read on until so many processes have told their number; returns all that did."""
        assert self.process.stdout is not None
        while len(self.told) < told:
            line = self.process.stdout.readline().rstrip("\n")
            assert line, f"It ended early: {self.lines}"
            self.lines.append(line)
            if " pid " in line:
                self.told.append(psutil.Process(int(line.rpartition(" ")[2])))
        return self.told

    def end(self, signal_number: int) -> int:
        self.process.send_signal(signal_number)
        self.lines += self.process.communicate(timeout=30)[0].splitlines()
        return self.process.returncode


@pytest.fixture
def start_tree() -> Iterator[Callable[..., Tree]]:
    trees: list[Tree] = []

    def start(*programs: dict[str, Any]) -> Tree:
        trees.append(Tree(programs))
        return trees[-1]

    yield start
    for tree in trees:
        tree.process.kill()
        tree.process.communicate()


def program(name: str, code: str, grace_s: float = 10.0) -> dict[str, Any]:
    return {"name": name, "command": [sys.executable, "-c", code], "grace_s": grace_s}


def all_gone(processes: Sequence[psutil.Process], timeout_s: float = 10.0) -> bool:
    """Whether they are gone; nobody may be there to bury an orphan, so a zombie counts as gone."""
    until_s = time.monotonic() + timeout_s
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
        if time.monotonic() > until_s:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_all_end_when_asked(start_tree, signal_number: int) -> None:
    tree = start_tree(program("web", OBEDIENT), program("worker", WITH_CHILD))
    processes = tree.read_until(told=3)
    assert tree.end(signal_number) == 0
    assert all_gone(processes, timeout_s=0)


def test_lines_carry_the_name_of_who_wrote_them(start_tree) -> None:
    tree = start_tree(program("web", "print('half', end='')\nraise SystemExit"), program("worker", OBEDIENT))
    tree.read_until(told=1)
    time.sleep(0.5)
    tree.end(signal.SIGTERM)
    assert "web    | half" in tree.lines
    assert any(line.startswith("worker | pid ") for line in tree.lines)


def test_a_deaf_program_is_killed_after_its_grace(start_tree) -> None:
    tree = start_tree(program("worker", DEAF, grace_s=1.0))
    processes = tree.read_until(told=1)
    begun_s = time.monotonic()
    assert tree.end(signal.SIGTERM) == 0
    assert 1.0 <= time.monotonic() - begun_s < 8
    assert all_gone(processes, timeout_s=0)


def test_asking_twice_ends_at_once(start_tree) -> None:
    tree = start_tree(program("worker", DEAF, grace_s=600.0))
    processes = tree.read_until(told=1)
    tree.process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert all(process.is_running() for process in processes)
    assert tree.end(signal.SIGINT) == 0
    assert all_gone(processes, timeout_s=0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
def test_a_killed_supervisor_leaves_no_orphan(start_tree) -> None:
    tree = start_tree(program("web", OBEDIENT), program("worker", OBEDIENT))
    processes = tree.read_until(told=2)
    assert tree.end(signal.SIGKILL) == -signal.SIGKILL
    assert all_gone(processes)


def test_a_program_that_is_killed_starts_again(start_tree) -> None:
    tree = start_tree(program("web", OBEDIENT), program("worker", OBEDIENT))
    one, other = tree.read_until(told=2)
    one.kill()
    again = tree.read_until(told=3)[2]
    assert all_gone([one])
    assert other.is_running()
    assert again.is_running()
    tree.end(signal.SIGTERM)
    assert any(line.endswith("| ended with code -9, starts again") for line in tree.lines)


def test_a_program_that_cannot_live_ends_all(start_tree) -> None:
    tree = start_tree(program("web", "raise SystemExit(7)"), program("worker", OBEDIENT))
    processes = tree.read_until(told=1)
    output = tree.process.communicate(timeout=30)[0]
    assert "web    | ended 3 times in a row (code 7); giving up" in output
    assert tree.process.returncode == 1
    assert all_gone(processes, timeout_s=0)


def test_a_flood_of_lines_does_not_stop_the_tree(start_tree, tmp_path: Path) -> None:
    done = tmp_path / "done"
    code = f"for n in range(20_000): print('line', n)\nopen({os.fspath(done)!r}, 'w').close()\n{OBEDIENT}"
    tree = start_tree(program("web", code))
    tree.read_until(told=1)
    assert done.exists()
    assert "web | line 19999" in tree.lines
    assert tree.end(signal.SIGTERM) == 0
