"""The processes of MPR on the test database, as an operator would start them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from mpr.embedded.places import Addresses

_STARTS_WITHIN_S = 60


def database_url(services: Addresses) -> str:
    """Of the test database, for processes of their own."""
    from django.db import connection

    return urlsplit(services.database_url)._replace(path="/" + connection.settings_dict["NAME"]).geturl()


@contextmanager
def served(environment: Mapping[str, str]) -> Iterator[str]:
    """A real ASGI server process with such an environment besides ours; gives its address."""
    from mpr.orphans import end_group
    from mpr.processes import web_command

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = Path(os.environ["MPR_HOME"]) / f"asgi_server-{port}.log"
    process = _started(web_command("127.0.0.1", port), environment, log)
    try:
        until_s = time.monotonic() + _STARTS_WITHIN_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > until_s:
                pytest.fail(f"The ASGI server did not start:\n{log.read_text()}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        end_group(process, 10.0)


class Hand:
    """A Celery worker of its own, that can be killed."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        from mpr.processes import worker_command

        self._log = Path(os.environ["MPR_HOME"]) / f"{name}.log"
        self._process = _started(worker_command(2, name=name), environment, self._log)

    def wait_online(self) -> None:
        from mpr.processes import workers_online

        until_s = time.monotonic() + _STARTS_WITHIN_S
        while not workers_online():
            if time.monotonic() > until_s:
                pytest.fail(f"The worker did not start:\n{self._log.read_text()}")

    def kill(self) -> None:
        """As the power would: the main process and its pool at once."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        from mpr.orphans import end_group

        end_group(self._process, 15.0)


def _started(command: list[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    from mpr.orphans import dies_with_parent

    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 — it calls one function, loaded beforehand
        )  # fmt: skip


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
