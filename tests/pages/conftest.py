"""A browser page at a real server, signed in as `owner`, that notices what goes wrong in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture
def job_page(browser: Any, asgi_server: str, client: Any) -> Iterator[Any]:
    """Addresses it asks for are in `asked`, without the server's. A script error, anything that the content security
    policy holds back, and any request that leaves the server fail the test."""
    browser.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": asgi_server}])
    page = browser.new_page()
    trouble: list[str] = []
    page.asked = []

    def note(request: Any) -> None:
        page.asked.append(request.url.removeprefix(asgi_server))
        if not request.url.startswith(asgi_server):
            trouble.append(request.url)

    page.on("request", note)
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda told: "Content Security Policy" in told.text and trouble.append(told.text))
    page.server = asgi_server
    yield page
    page.close()
    _wait_for_quiet()
    assert trouble == []


def _wait_for_quiet() -> None:
    """Until the server has nothing in hand in the database any more, which is emptied next."""
    until_s = time.monotonic() + 10
    quiet = 0
    while quiet < 3 and time.monotonic() < until_s:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND state <> 'idle'"
            )
            quiet = 0 if cursor.fetchone()[0] else quiet + 1
        time.sleep(0.1)
