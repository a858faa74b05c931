"""The whole of MPR as it is run: a server, a worker, real services, a browser, and a film that is drawn for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from tests.serving import Hand, database_url, served

if TYPE_CHECKING:
    from detection.sample import Sample
    from mpr.embedded.places import Addresses

# A dead worker's shards are free again soon.
LEASE = {"MPR_LEASE_S": "6"}
_PASSWORD = "correct horse"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Some seconds of a drawn match with its brand list."""
    from detection.sample import draw_broadcast

    folder: Path = tmp_path_factory.mktemp("film")
    return draw_broadcast(folder, seed=11, duration_s=14.0, width_px=960, height_px=540)


@pytest.fixture(scope="session")
def server(services: Addresses, django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    with served({"DATABASE_URL": database_url(services), **LEASE}) as address:
        yield address


@pytest.fixture(autouse=True)
def _shipped(transactional_db: None) -> None:
    """The profiles that ship, as `mpr up` leaves them."""
    from profiles.shipped import sync_profiles

    sync_profiles()


@pytest.fixture
def hire(services: Addresses, transactional_db: None) -> Iterator[Any]:
    """Call it for a worker at work; all are dismissed in the end."""
    hands: list[Hand] = []

    def one() -> Hand:
        hand = Hand(f"e2e-{len(hands)}", {"DATABASE_URL": database_url(services), **LEASE})
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
