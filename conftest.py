"""Fixtures for all tests. The services come from the plugin mpr.embedded.testing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.test import Client

    from mpr.embedded.places import Addresses
    from mpr.workspaces.models import Workspace


def pytest_configure(config: pytest.Config) -> None:
    if "django.conf" in sys.modules:
        from django.conf import settings

        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(services: Addresses) -> None:
    """pytest-django asks for this before it makes the test database."""


@pytest.fixture(autouse=True)
def _empty_buckets() -> Iterator[None]:
    """Every test begins with empty media_in and media_out (local folders; worker processes share them)."""
    yield
    for name in ("media_in", "media_out") if "MPR_HOME" in os.environ else ():
        bucket = Path(os.environ["MPR_HOME"]) / name
        for path in bucket.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture
def workspace(db: None) -> Workspace:
    from mpr.workspaces.models import Workspace

    return Workspace.objects.create(name="Ours")


@pytest.fixture
def owner(workspace: Workspace, django_user_model: type[User]) -> User:
    """A member of `workspace` in the role owner."""
    user = django_user_model.objects.create_user("owner", password="correct horse")
    workspace.memberships.create(user=user, role="owner")
    return user


@pytest.fixture
def stranger(db: None, django_user_model: type[User]) -> User:
    """Somebody with a workspace of their own, who must not see anything in `workspace`."""
    from mpr.workspaces.models import Workspace

    user = django_user_model.objects.create_user("stranger", password="correct horse")
    Workspace.objects.create(name="Theirs").memberships.create(user=user, role="owner")
    return user


def _client_of(user: User) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def client(owner: User) -> Client:
    """Signed in as `owner`."""
    return _client_of(owner)


@pytest.fixture
def stranger_client(stranger: User) -> Client:
    """Signed in as `stranger`."""
    return _client_of(stranger)


@pytest.fixture
def anonymous_client() -> Client:
    """Not signed in."""
    from django.test import Client

    return Client()


@pytest.fixture(scope="module")
def celery_workers(services: Addresses, django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A real Celery worker process (all queues, two at a time) on the test database.

    For tests marked `django_db(transaction=True)`: the worker sees only what is committed.
    """
    from django.db import connection

    from mpr.processes import workers, workers_online

    test_database = urlsplit(services.database_url)._replace(path="/" + connection.settings_dict["NAME"]).geturl()
    with workers(2, environment={"DATABASE_URL": test_database}):
        until_s = time.monotonic() + 60
        while not workers_online():
            if time.monotonic() > until_s:
                log = Path(os.environ["MPR_HOME"]) / "log" / "worker.log"
                pytest.fail(f"The Celery worker did not start:\n{log.read_text()}")
        yield


@pytest.fixture(scope="session")
def serve(services: Addresses, django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[..., str]]:
    """Starts a real ASGI server process on the test database, with these environment variables besides (once for the
    same ones), and returns its address: what the live server of pytest-django, which speaks WSGI, cannot do, such as
    streams and WebSockets.

    For tests marked `django_db(transaction=True)`: the server sees only what is committed.
    """
    from django.db import connection

    from mpr.orphans import dies_with_parent, end_group
    from mpr.processes import web_command

    started = []

    @cache
    def start(**environment: str) -> str:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        test_database = urlsplit(services.database_url)._replace(path="/" + connection.settings_dict["NAME"]).geturl()
        log = Path(os.environ["MPR_HOME"]) / f"asgi_server_{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                web_command("127.0.0.1", port), env={**os.environ, "DATABASE_URL": test_database, **environment},
                stdout=output, stderr=output, start_new_session=True,
                preexec_fn=dies_with_parent(),  # noqa: PLW1509 — it calls one function, loaded beforehand
            )  # fmt: skip
        started.append(process)
        until_s = time.monotonic() + 60
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > until_s:
                pytest.fail(f"The ASGI server did not start:\n{log.read_text()}")
            time.sleep(0.1)
        return f"http://127.0.0.1:{port}"

    try:
        yield start
    finally:
        for process in started:
            end_group(process, 10.0)


@pytest.fixture(scope="session")
def asgi_server(serve: Callable[..., str]) -> str:
    """The address of an ASGI server with the settings of the tests; see `serve`."""
    return serve()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def _chromium() -> Iterator[Any]:
    """For one module: while it is there its event loop runs in this thread, where no other can."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        sentence = "No Chromium on this machine; install the package chromium to run the browser tests."
        if os.environ.get("MPR_REQUIRE_BROWSER"):
            pytest.fail(sentence)
        pytest.skip(sentence)
    from playwright.sync_api import expect, sync_playwright

    # A loaded machine is slow; what comes at all has come.
    expect.set_options(timeout=30_000)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Django would take every query for a blocking call within that loop.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def browser(_chromium: Any) -> Iterator[Any]:
    """A playwright browser context, with cookies of its own; `browser.new_page()` opens a page."""
    context = _chromium.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    yield context
    context.close()
