"""A tree of processes that runs and ends as one: `mpr up`.

Each child leads a session of its own, so that its whole group can be ended, and is told by the kernel when this
process is gone, so that not even kill -9 leaves an orphan. One thread, one loop.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from mpr.orphans import dies_with_parent, kill_group

LOOK_EVERY_S = 0.2
TICK_EVERY_S = 2.0
LONGEST_PAUSE_S = 30.0
# A child that lived this long was well; its next fall counts as the first.
WELL_AFTER_S = 30.0
FALLS_IN_A_ROW = 5
COLOURS = (36, 33, 35, 32, 34)


@dataclass(frozen=True, kw_only=True)
class Program:
    """One child: its name in the log, its command line, and how long it may take to end when asked."""

    name: str
    command: Sequence[str]
    grace_s: float = 20.0


class _Child:
    """A program and the process that runs it now, if any."""

    def __init__(self, program: Program, prefix: str, cwd: Path) -> None:
        self.program, self.prefix, self._cwd = program, prefix, cwd
        self.process: subprocess.Popen[bytes] | None = None
        self.falls = 0
        self.start_at_s = 0.0
        self._begun_s = 0.0
        self._tail = b""

    def start(self, selector: selectors.BaseSelector) -> None:
        self.process = subprocess.Popen(
            self.program.command,
            cwd=self._cwd,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 — this process has one thread
        )
        self._begun_s = time.monotonic()
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        selector.register(self.process.stdout, selectors.EVENT_READ, self)

    def show(self, selector: selectors.BaseSelector) -> None:
        """Print the whole lines that the process wrote since."""
        assert self.process is not None
        assert self.process.stdout is not None
        try:
            data = os.read(self.process.stdout.fileno(), 65536)
        except BlockingIOError:
            return
        if not data:
            selector.unregister(self.process.stdout)
        *lines, self._tail = (self._tail + data).split(b"\n")
        if not data and self._tail:
            lines, self._tail = [*lines, self._tail], b""
        for line in lines:
            print(self.prefix + line.decode(errors="replace"), flush=True)

    def bury(self, selector: selectors.BaseSelector) -> int:
        """Take leave of a process that ended, with whatever it left in its group; returns its exit code."""
        assert self.process is not None
        assert self.process.stdout is not None
        kill_group(self.process)
        if self.process.stdout in selector.get_map():
            self.show(selector)
        if self.process.stdout in selector.get_map():
            selector.unregister(self.process.stdout)
        self.process.stdout.close()
        code, self.process = self.process.returncode, None
        now_s = time.monotonic()
        self.falls = 1 if now_s - self._begun_s > WELL_AFTER_S else self.falls + 1
        self.start_at_s = now_s + min(LONGEST_PAUSE_S, 2.0 ** (self.falls - 1))
        return code


class Supervisor:
    """Runs programs until it is asked to end (Ctrl-C, SIGTERM, a closed terminal), and then ends them all."""

    def __init__(self, programs: Sequence[Program], *, cwd: Path, tick: Callable[[], None] = lambda: None) -> None:
        """`tick` is called every two seconds and once before the first program starts."""
        width = max(len(program.name) for program in programs)
        coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._children = []
        for place, program in enumerate(programs):
            prefix = f"{program.name:<{width}} | "
            if coloured:
                prefix = f"\x1b[{COLOURS[place % len(COLOURS)]}m{prefix}\x1b[0m"
            self._children.append(_Child(program, prefix, cwd))
        self._tick = tick
        self._asked = 0

    def run(self) -> int:
        """Returns 0 after an orderly end, 1 when a program could not be kept alive."""
        before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        try:
            with selectors.DefaultSelector() as selector:
                try:
                    return self._keep(selector)
                finally:
                    self._end(selector)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    def _keep(self, selector: selectors.BaseSelector) -> int:
        next_tick_s = 0.0
        while not self._asked:
            now_s = time.monotonic()
            if now_s >= next_tick_s:
                self._tick()
                next_tick_s = now_s + TICK_EVERY_S
            for child in self._children:
                if child.process is None:
                    if now_s >= child.start_at_s:
                        child.start(selector)
                elif child.process.poll() is not None:
                    code = child.bury(selector)
                    if child.falls >= FALLS_IN_A_ROW:
                        print(f"{child.prefix}ended {child.falls} times in a row (code {code}); giving up", flush=True)
                        return 1
                    print(f"{child.prefix}ended with code {code}, starts again", flush=True)
            self._show(selector)
        return 0

    def _show(self, selector: selectors.BaseSelector) -> None:
        if not selector.get_map():
            time.sleep(LOOK_EVERY_S)
            return
        for key, _ in selector.select(LOOK_EVERY_S):
            key.data.show(selector)

    def _end(self, selector: selectors.BaseSelector) -> None:
        """Ask every child, wait for as long as its program may take, kill what is left; at once when asked again."""
        begun_s = time.monotonic()
        asked_before = self._asked
        living = [child for child in self._children if child.process is not None]
        for child in living:
            if child.process is not None:
                child.process.terminate()
        while living:
            in_haste = self._asked > asked_before
            for child in list(living):
                assert child.process is not None
                late = time.monotonic() - begun_s > child.program.grace_s
                if in_haste or late or child.process.poll() is not None:
                    child.bury(selector)
                    living.remove(child)
            if living:
                self._show(selector)
