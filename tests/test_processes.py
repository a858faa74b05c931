"""Worker processes that a command brings along."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import psutil
import pytest

from mpr import processes
from mpr.errors import Unavailable
from mpr.processes import workers, workers_if_none, workers_online


def wait_until(condition: Callable[[], object], timeout_s: float = 60.0) -> None:
    until_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until_s, "It did not come about in time."
        time.sleep(0.1)


def children() -> list[psutil.Process]:
    """Celery processes below this one."""
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE and "celery" in " ".join(process.cmdline())
    ]


def test_a_worker_lives_as_long_as_the_block_and_is_replaced_when_killed(services) -> None:
    assert workers_online() == 0
    with workers(2):
        wait_until(workers_online)
        first = min(children(), key=lambda process: process.create_time())
        first.kill()
        wait_until(lambda: first.pid not in [process.pid for process in children()] and workers_online())
        all_of_them = children()
        assert len(all_of_them) >= 3  # one that listens, two that work
    assert not any(process.is_running() for process in all_of_them)
    assert workers_online() == 0


def test_workers_that_are_online_are_used(services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "workers_online", lambda: 3)
    with workers_if_none():
        assert children() == []


@pytest.mark.parametrize("in_background", [False, True], ids=["in the foreground", "in the background"])
def test_a_worker_that_cannot_live_ends_the_block(
    services, monkeypatch: pytest.MonkeyPatch, *, in_background: bool
) -> None:
    monkeypatch.setattr(processes, "STARTS_IN_A_ROW", 2)
    # Shells have what they start in the background ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if in_background else signal.default_int_handler)
    try:
        with pytest.raises(Unavailable, match=r"The worker keeps ending; .*worker\.log says why"):  # noqa: SIM117
            with workers(1, environment={"REDIS_URL": "amqp://nonsense"}):
                time.sleep(60)
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_passes_through(services) -> None:
    with pytest.raises(KeyboardInterrupt), workers(1):
        raise KeyboardInterrupt
    assert children() == []
