"""`mpr up` whole: from an empty home folder to pages that answer, and down again without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mpr.embedded.testing import remove_home

PROJECT_DIR = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="mpr-up-"))
    yield path
    remove_home(path)


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def start_up(home: Path, port: int) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
        command = [sys.executable, "-m", "mpr.cli", "up", "--port", str(port), "--workers", "2"]
        up = subprocess.Popen(
            command, cwd=PROJECT_DIR, env={**environment, "MPR_HOME": str(home)}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        started.append(up)
        return up

    yield start
    for up in started:
        up.kill()
        up.communicate()
    wait_until_gone(home)


def read_until_ready(up: subprocess.Popen[str]) -> str:
    """What it says until its worker is ready."""
    assert up.stdout is not None
    said = ""
    while not said.rstrip().endswith(" ready."):
        line = up.stdout.readline()
        assert line, f"It ended early:\n{said}"
        said += line
    return said


def wait_for_health(port: int, timeout_s: float = 60.0) -> dict[str, str]:
    until_s = time.monotonic() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
                found: dict[str, str] = json.load(answer)
                return found
        except OSError:
            assert time.monotonic() < until_s, "The pages did not answer in time."
            time.sleep(0.2)


def processes_of(home: Path) -> list[psutil.Process]:
    """Whatever runs with this home folder: in its environment or on its command line."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        words, environment = process.info["cmdline"] or [], process.info["environ"] or {}
        is_ours = environment.get("MPR_HOME") == str(home) or any(str(home) in word for word in words)
        if is_ours and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait_until_gone(home: Path, timeout_s: float = 40.0) -> None:
    until_s = time.monotonic() + timeout_s
    while left := processes_of(home):
        assert time.monotonic() < until_s, f"Still there: {left}"
        time.sleep(0.1)


def test_it_starts_from_nothing_and_stops_without_a_trace(start_up, home: Path, port: int) -> None:
    up = start_up()
    said = read_until_ready(up)
    password = (home / "admin_password").read_text().strip()
    assert f"MPR starts at http://127.0.0.1:{port}" in said
    assert f"Sign in as admin with the password {password}" in said
    assert wait_for_health(port)["status"] == "ok"
    assert any("celery" in " ".join(process.cmdline()) for process in processes_of(home))

    up.send_signal(signal.SIGINT)
    said = up.communicate(timeout=60)[0]
    assert up.returncode == 0
    assert "Traceback" not in said
    wait_until_gone(home)


def test_killed_outright_it_leaves_no_orphan_and_starts_again(start_up, home: Path, port: int) -> None:
    up = start_up()
    read_until_ready(up)
    up.kill()
    wait_until_gone(home)

    up = start_up()
    said = read_until_ready(up)
    assert "password" not in said
    assert wait_for_health(port)["status"] == "ok"


def test_a_taken_port_is_said_in_one_sentence(start_up, home: Path, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        up = start_up()
        said = up.communicate(timeout=120)[0]
    assert up.returncode == 1
    assert said == (
        f"mpr: Port {port} on 127.0.0.1 is taken, perhaps by another `mpr up`; choose another with --port.\n"
    )
