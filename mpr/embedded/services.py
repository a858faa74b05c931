"""The embedded PostgreSQL and Valkey, for whoever needs them now."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mpr.embedded import keeper, locks
from mpr.embedded.places import Addresses, Places, make_home
from mpr.errors import MprError

START_S = 90.0
# As long as the keeper takes at most to stop both servers.
STOPPING_S = 120.0
POLL_S = 0.01
PROJECT_DIR = Path(__file__).resolve().parents[2]


@contextmanager
def use(home: Path) -> Iterator[Addresses]:
    """Keep the services of a home folder running while the block runs, in company with any other process that does so.

    Starts them when nobody did. They stop when their last user is gone. Raises MprError with one sentence.
    """
    places = make_home(home)
    with locks.opened(places.users_lock) as users_lock:
        if not locks.wait_for_lock(users_lock, shared=True, timeout_s=STOPPING_S):
            raise MprError(f"The services in {places.home} are stopping and do not come to an end; see {places.log}.")
        ensure_running(places)
        yield places.addresses


def ensure_running(places: Places) -> None:
    """Start the keeper unless it runs, and return when the services answer. The caller holds the users' lock."""
    with locks.opened(places.start_lock) as start_lock:
        if not locks.wait_for_lock(start_lock, shared=False, timeout_s=START_S):
            raise MprError(f"Another command starts the services in {places.home} and hangs; see {places.log}.")
        with locks.opened(places.keeper_lock) as keeper_lock:
            gone = locks.try_lock(keeper_lock, shared=False)
            if gone:
                locks.write_text(keeper_lock, "")
        if gone:
            _start_keeper(places)
        with locks.opened(places.keeper_lock) as keeper_lock:
            _wait_until_ready(places, keeper_lock)


def wait_until_stopped(home: Path) -> None:
    """Return when no services run in a home folder whose users are gone."""
    lock = Places(home.absolute()).keeper_lock
    until_s = time.monotonic() + STOPPING_S
    while lock.exists() and not _is_free(lock) and time.monotonic() < until_s:
        time.sleep(POLL_S)


def _start_keeper(places: Places) -> None:
    """Return when the keeper, by now in the background, holds its lock."""
    with (places.log / "keeper.log").open("ab") as output:
        # A session of its own: Ctrl-C in the terminal is not meant for it, and it may outlive whoever came first.
        subprocess.run(
            [sys.executable, "-m", "mpr.embedded.keeper", str(places.home)],
            cwd=PROJECT_DIR, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, check=False,
        )  # fmt: skip


def _wait_until_ready(places: Places, keeper_lock: int) -> None:
    until_s = time.monotonic() + START_S
    while True:
        # Looked at before its words are read: a keeper that ended has said its last.
        ended = _is_free(places.keeper_lock)
        state = locks.read_text(keeper_lock)
        if state == keeper.READY and not ended:
            return
        if state.startswith(keeper.FAILED):
            raise MprError(state.removeprefix(keeper.FAILED))
        if ended:
            raise MprError(f"The embedded services ended while they started; {places.log / 'keeper.log'} says why.")
        if time.monotonic() > until_s:
            raise MprError(f"The embedded services did not answer within {START_S:.0f} seconds; see {places.log}.")
        time.sleep(POLL_S)


def _is_free(lock: Path) -> bool:
    with locks.opened(lock) as descriptor:
        return locks.try_lock(descriptor, shared=True)
