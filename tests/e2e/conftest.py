"""The whole of MPR as it is run: a server, a worker, real services, a browser, and a film that is drawn for it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher

if TYPE_CHECKING:
    from detection.sample import Sample
    from mpr.embedded.places import Addresses

# A dead worker's shards are free again soon.
LEASE = {"MPR_LEASE_S": "6"}
_ONLINE_WITHIN_S = 60
_PASSWORD = "correct horse"


class Hand:
    """A Celery worker of its own, that can be killed."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        from mpr.orphans import dies_with_parent
        from mpr.processes import worker_command

        self._log = Path(os.environ["MPR_HOME"]) / f"{name}.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                worker_command(2, name=name),
                env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509 — it calls one function, loaded beforehand
            )  # fmt: skip

    def wait_online(self) -> None:
        from mpr.processes import workers_online

        until_s = time.monotonic() + _ONLINE_WITHIN_S
        while not workers_online():
            if time.monotonic() > until_s:
                pytest.fail(f"The worker did not start:\n{self._log.read_text()}")

    def kill(self, holds: Callable[[], bool]) -> None:
        """As the power would: the main process and its pool at once, at a moment when it `holds` something."""
        until_s = time.monotonic() + _ONLINE_WITHIN_S
        os.killpg(self._process.pid, signal.SIGSTOP)
        while not holds():
            assert time.monotonic() < until_s, "The worker never held anything."
            os.killpg(self._process.pid, signal.SIGCONT)
            time.sleep(0.1)
            os.killpg(self._process.pid, signal.SIGSTOP)
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        from mpr.orphans import end_group

        end_group(self._process, 15.0)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Some seconds of a drawn match with its brand list."""
    from detection.sample import draw_broadcast

    folder: Path = tmp_path_factory.mktemp("film")
    return draw_broadcast(folder, seed=11, duration_s=14.0, width_px=960, height_px=540)


@pytest.fixture(scope="session")
def server(serve: Callable[..., str]) -> str:
    return serve(**LEASE)


@pytest.fixture(autouse=True)
def _shipped(transactional_db: None) -> None:
    """The profiles that ship, as `mpr up` leaves them."""
    from profiles.shipped import sync_profiles

    sync_profiles()


@pytest.fixture
def hire(services: Addresses, transactional_db: None) -> Iterator[Any]:
    """Call it for a worker at work; all are dismissed in the end."""
    from django.db import connection

    test_database = urlsplit(services.database_url)._replace(path="/" + connection.settings_dict["NAME"]).geturl()
    hands: list[Hand] = []

    def one() -> Hand:
        hand = Hand(f"e2e-{len(hands)}", {"DATABASE_URL": test_database, **LEASE})
        hands.append(hand)
        hand.wait_online()
        return hand

    yield one
    for hand in hands:
        hand.end()


@pytest.fixture
def enter(_chromium: Any, server: str) -> Iterator[Any]:
    """Call it with a name: a browser of that person's own, signed in by the form; without one, of nobody."""
    contexts = []

    def person(name: str = "") -> Any:
        context = _chromium.new_context(
            viewport={"width": 1440, "height": 900}, locale="en-GB", base_url=server, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        if name:
            _let_in(name)
            page.goto("/sign-in")
            page.get_by_label("Username").fill(name)
            page.get_by_label("Password").fill(_PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/")
        return page

    yield person
    for context in contexts:
        context.close()


def _let_in(name: str) -> None:
    """Tests keep passwords as MD5, which saves time and which no real server takes."""
    encoded = PBKDF2PasswordHasher().encode(_PASSWORD, "salt", iterations=1)
    get_user_model().objects.filter(username=name).update(password=encoded)
