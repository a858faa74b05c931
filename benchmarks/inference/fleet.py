"""Inference servers as processes, each on a CPU of its own where the machine has enough."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import urllib3

from detection.remote.environment import Remote
from detection.remote.served import SERVED
from detection.remote.servers import Servers
from mpr.orphans import dies_with_parent, end_group

_START_S = 60.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Fleet:
    servers: Servers
    processes: list[psutil.Process]

    def cpu_s(self) -> float:
        """What the servers have computed so far."""
        return sum(cpu_s(process) for process in self.processes)


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds of a process so far."""
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def fleet(count: int, *, log: Path) -> Iterator[Fleet]:
    """So many servers, one call at a time each."""
    key = secrets.token_hex(8)
    processors = sorted(psutil.Process().cpu_affinity() or [])
    processes, urls = [], []
    with log.open("ab") as output:
        try:
            for number in range(count):
                process, url = _begin(key, output.fileno())
                processes.append(process)
                urls.append(url)
                if len(processors) > 1:
                    psutil.Process(process.pid).cpu_affinity([processors[number % len(processors)]])
            for url in urls:
                _wait(url, log)
            servers = Servers(Remote(urls=tuple(urls), key=key, timeout_s=120.0, stages=SERVED))
            yield Fleet(servers=servers, processes=[psutil.Process(process.pid) for process in processes])
        finally:
            for process in processes:
                end_group(process, 10.0)


def _begin(key: str, output: int) -> tuple[subprocess.Popen[bytes], str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "mpr.cli", "inference-server", "--port", str(port), "--at-once", "1", "--queue", "4"],
        cwd=_ROOT, env={**os.environ, "INFERENCE_KEY": key}, stdout=output, stderr=output, start_new_session=True,
        preexec_fn=dies_with_parent(),  # noqa: PLW1509 — it calls one function, loaded beforehand
    )  # fmt: skip
    return process, f"http://127.0.0.1:{port}"


def _wait(url: str, log: Path) -> None:
    until_s = time.monotonic() + _START_S
    while True:
        try:
            urllib3.request("GET", f"{url}/health", retries=False)
        except urllib3.exceptions.HTTPError:
            if time.monotonic() > until_s:
                sys.exit(f"The server at {url} did not start:\n{log.read_text()}")
            time.sleep(0.1)
        else:
            return
