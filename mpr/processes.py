"""The processes that MPR consists of: how each is started, and a pair of hands for commands that find none at work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from django.conf import settings

from mpr.celery import app
from mpr.errors import Unavailable
from mpr.jobs.dispatch import QUEUES
from mpr.orphans import dies_with_parent, end_group

GRACE_S = 15.0
# A worker that ends within this time of its start has not ended by chance.
SHORT_LIFE_S = 20.0
STARTS_IN_A_ROW = 3
# How a block learns that its worker cannot live. Not SIGINT: what a shell starts in the background does not hear that.
_GIVEN_UP = signal.SIGUSR1


def workers_online(timeout_s: float = 1.0) -> int:
    """How many Celery workers answer within `timeout_s`. Raises kombu's OperationalError when the broker does not."""
    return len(app.control.ping(timeout=timeout_s))


def worker_command(count: int, *, name: str, queues: Sequence[str] = QUEUES) -> list[str]:
    """The command line of a worker that runs `count` tasks at a time."""
    return [
        # Celery warns root of pickled messages on every start; ours are JSON.
        *(sys.executable, "-W", "ignore:::celery.platforms", "-m", "celery", "--quiet"),
        *("--app", "mpr.celery", "worker"),
        *("--queues", ",".join(queues), "--concurrency", str(count), "--hostname", f"{name}@%h"),
        *("--loglevel", "INFO", "--without-gossip", "--without-mingle"),
    ]


def web_command(host: str, port: int) -> list[str]:
    """The command line of the server for pages, API, event streams and WebSockets."""
    return [
        *(sys.executable, "-m", "uvicorn", "mpr.asgi:application", "--host", host, "--port", str(port)),
        *("--no-server-header", "--lifespan", "off"),
        # Events are a few hundred bytes. Compressing each for every client costs a quarter of the time of sending it.
        *("--ws-per-message-deflate", "false"),
        # A page that listens for events would hold it open for good.
        *("--timeout-graceful-shutdown", "3"),
    ]


@contextmanager
def workers_if_none() -> Iterator[None]:
    """While the block runs there are workers: those that are online, else as many of our own as there are CPUs."""
    if workers_online():
        yield
        return
    with workers(os.cpu_count() or 1):
        yield


@contextmanager
def workers(count: int, *, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a worker beside the block, `count` tasks at a time; what it says goes to log/worker.log in MPR_HOME.

    A worker that dies is replaced. One that cannot live ends the block with Unavailable. Main thread only.
    """
    log = settings.HOME_DIR / "log" / "worker.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    watcher = _Watcher(worker_command(count, name=f"mpr-{os.getpid()}"), {**os.environ, **(environment or {})}, log)
    before = signal.signal(_GIVEN_UP, _end_block)
    watcher.start()
    try:
        yield
    except _GivenUpError:
        raise Unavailable(f"The worker keeps ending; {log} says why.") from None
    finally:
        watcher.finish()
        signal.signal(_GIVEN_UP, before)


class _GivenUpError(BaseException):
    """Ends a block whose worker cannot live, whatever it catches."""


def _end_block(number: int, frame: FrameType | None) -> None:
    raise _GivenUpError


class _Watcher(threading.Thread):
    """Keeps one worker process alive. It is this thread's child, and would be told if only this thread ended."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        super().__init__(name="worker", daemon=True)
        self._command, self._environment, self._log = command, environment, log
        self._finished = threading.Event()

    def run(self) -> None:
        starts = 0
        while starts < STARTS_IN_A_ROW:
            begun_s = time.monotonic()
            self._run_once()
            if self._finished.is_set():
                return
            starts = starts + 1 if time.monotonic() - begun_s < SHORT_LIFE_S else 1
        # A signal also wakes a main thread that sleeps.
        signal.pthread_kill(threading.main_thread().ident or 0, _GIVEN_UP)

    def finish(self) -> None:
        self._finished.set()
        self.join()

    def _run_once(self) -> None:
        with self._log.open("ab") as output:
            # A session of its own: Ctrl-C is for us, and we then ask the worker to hand its work back.
            process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509 — it calls one function, loaded beforehand
            )
        try:
            while process.poll() is None and not self._finished.wait(0.1):
                pass
        finally:
            end_group(process, GRACE_S)
