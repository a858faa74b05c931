"""The keeper: a process of its own that runs both servers for as long as anybody uses them.

Users hold a shared lock on users.lock. The keeper ends when it gets that lock for itself alone: then the last user is
gone, by whatever death. While it stops the servers it keeps the lock, so that who comes next waits for a clean start.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from types import FrameType

from mpr.embedded import locks, postgres, server, valkey
from mpr.embedded.places import Places
from mpr.errors import MprError

READY = "ready"
FAILED = "failed: "
LOOK_EVERY_S = 0.2


class _Ended(Exception):
    """Somebody asked this process to end."""


def main(home: str) -> int:
    """Take the keeper's lock and go on in the background, as nobody's child.

    Runs the servers of a home folder until nobody uses them. The state is written to keeper.lock.
    """
    places = Places(Path(home))
    keeper_lock = locks.open_lock(places.keeper_lock)
    if not locks.try_lock(keeper_lock, shared=False) or os.fork():
        return 0
    return keep(places, keeper_lock)


def keep(places: Places, keeper_lock: int) -> int:
    users_lock = locks.open_lock(places.users_lock)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    running: dict[str, Popen[bytes]] = {}
    try:
        postgres.prepare(places)
        running["valkey"] = valkey.start(places)
        running["postgres"] = postgres.start(places)
        locks.write_text(keeper_lock, READY)
        # A database that was just made is not on the disk yet; PostgreSQL syncs only what it writes from now on.
        threading.Thread(target=os.sync, daemon=True).start()
        _watch(places, running, users_lock)
    except MprError as error:
        locks.write_text(keeper_lock, FAILED + error.message)
        return 1
    except _Ended:
        return 0
    except Exception as error:  # noqa: BLE001 — the last resort: whoever waits for us must learn of it
        traceback.print_exc()
        log = places.log / "keeper.log"
        locks.write_text(keeper_lock, f"{FAILED}The embedded services failed ({error}); {log} has the details.")
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for name, stop_signal in (("postgres", postgres.STOP_SIGNAL), ("valkey", valkey.STOP_SIGNAL)):
            if name in running:
                server.stop(running[name], stop_signal)
        # In this order: who gets the users' lock next must find no keeper.
        os.close(keeper_lock)
        os.close(users_lock)
    return 0


def _watch(places: Places, running: dict[str, Popen[bytes]], users_lock: int) -> None:
    """Return when the last user is gone; start a server again that ended by itself."""
    starts: dict[str, Callable[[Places], Popen[bytes]]] = {"postgres": postgres.start, "valkey": valkey.start}
    while not locks.try_lock(users_lock, shared=False):
        for name, process in running.items():
            if process.poll() is not None:
                print(f"{name} ended with code {process.returncode}; starting it again", flush=True)
                running[name] = starts[name](places)
        time.sleep(LOOK_EVERY_S)


def _end(number: int, frame: FrameType | None) -> None:
    raise _Ended


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
