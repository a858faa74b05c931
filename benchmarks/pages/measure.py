"""Asking a real server for every page again and again."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from benchmarks.engine.rows import quantile
from benchmarks.pages import meter
from benchmarks.pages.pages import PAGES, Page
from benchmarks.pages.weight import Weight, weigh
from benchmarks.pages.world import World
from mpr.orphans import dies_with_parent, end_group
from mpr.processes import web_command

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_START_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One page: time within Django in ms, of that on the CPU and in the database, and what it weighs. `median_ms` is
    None where there is no such page."""

    page: Page
    status: int
    median_ms: float | None = None
    p95_ms: float = 0.0
    cpu_ms: float = 0.0
    query_ms: float = 0.0
    queries: int = 0
    weight: Weight | None = None


@dataclass(frozen=True, kw_only=True)
class Searched:
    """One query over everything at many rows."""

    text: str
    found: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def number(self, name: str) -> float:
        return float(self.headers.get(name.lower(), "nan"))


class Browser:
    """Asks with somebody's session, one question at a time, over one connection."""

    def __init__(self, port: int, user: User) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={_session(user)}"

    def ask(self, address: str, *, accept: str = "text/html") -> Answer:
        self._connection.request("GET", address, headers={"Cookie": self._cookie, "Accept": accept})
        answer = self._connection.getresponse()
        body = answer.read()
        return Answer(status=answer.status, headers={k.lower(): v for k, v in answer.getheaders()}, body=body)


@contextmanager
def server(home: Path) -> Iterator[int]:
    """A web process of MPR on a port of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (home / "web.log").open("wb") as log:
        process = subprocess.Popen(
            web_command("127.0.0.1", port), env=dict(os.environ), stdout=log, stderr=log, start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 — it calls one function, loaded beforehand
        )  # fmt: skip
    try:
        _wait_for(port)
        yield port
    finally:
        end_group(process, 10.0)


def pages(world: World, port: int, *, rounds: int) -> list[Measured]:
    """Every page in turn, round after round, so that what else the machine does falls on all alike."""
    browser = Browser(port, world.analyst)
    fetch = cache(lambda address: browser.ask(address).body)
    there = [(one, address) for one in PAGES if (address := one.address(world.things)) is not None]
    answers: dict[str, list[Answer]] = {one.name: [] for one, _ in there}
    for number in range(rounds + 1):
        for one, address in there:
            answer = browser.ask(address)
            # The first round loads templates and fills what the process keeps.
            if number:
                answers[one.name].append(answer)
    missing = [Measured(page=one, status=404) for one in PAGES if one.name not in answers]
    return [_measured(one, answers[one.name], fetch) for one, _ in there] + missing


def _measured(page: Page, answers: Sequence[Answer], fetch: object) -> Measured:
    last = answers[-1]
    if last.status != 200:
        return Measured(page=page, status=last.status)
    took = [answer.number(meter.TOOK) for answer in answers]
    is_html = last.headers.get("content-type", "").startswith("text/html")
    return Measured(
        page=page,
        status=last.status,
        median_ms=quantile(took, 0.5),
        p95_ms=quantile(took, 0.95),
        cpu_ms=quantile([answer.number(meter.CPU) for answer in answers], 0.5),
        query_ms=quantile([answer.number(meter.ASKED) for answer in answers], 0.5),
        queries=int(last.number(meter.QUERIES)),
        weight=weigh(last.body, fetch) if is_html else None,  # type: ignore[arg-type]
    )


QUERIES = ("ba", "mar", "marvesku", "tanosel 4711", "season", "no such thing", "77")


def searches(world: World, port: int, *, rounds: int) -> list[Searched]:
    """What the search in the bar takes, among all that the keeper may see."""
    browser = Browser(port, world.keeper)
    found = []
    for text in QUERIES:
        address = f"/search?q={text.replace(' ', '+')}"
        answers = [browser.ask(address, accept="application/json") for _ in range(rounds + 1)][1:]
        took = [answer.number(meter.TOOK) for answer in answers]
        count = answers[-1].body.count(b'role=\\"option\\"')
        found.append(Searched(text=text, found=count, median_ms=quantile(took, 0.5), p95_ms=quantile(took, 0.95)))
    return found


def _session(user: User) -> str:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def _wait_for(port: int) -> None:
    until_s = time.monotonic() + _START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if time.monotonic() > until_s:
            raise RuntimeError("The web process did not start; its log is web.log in the home folder.")
        time.sleep(0.1)
