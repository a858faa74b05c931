"""Where the embedded services keep their files, all of it worked out from the home folder alone."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from mpr.errors import MprError, StorageFull, from_os_error

DATABASE_NAME = "mpr"
SUPERUSER = "postgres"
POSTGRES_SOCKET = ".s.PGSQL.5432"
# The kernel takes 107 bytes for a socket's path on Linux and 103 on macOS.
LONGEST_SOCKET_PATH = 100
# libpq, redis-py and kombu each read a comma, a blank or a percent sign in a socket's path in their own way.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")
# initdb needs 40 MB, its first log segment and the rest as much again.
SMALLEST_FREE_BYTES = 128 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """URLs for settings.DATABASE_URL and settings.REDIS_URL."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Places:
    """The files of the embedded services under one home folder (an absolute path)."""

    home: Path

    @property
    def postgres_data(self) -> Path:
        return self.home / "postgres"

    @property
    def valkey_data(self) -> Path:
        return self.home / "valkey"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def users_lock(self) -> Path:
        """Held shared by everyone who uses the services."""
        return self.home / "users.lock"

    @property
    def start_lock(self) -> Path:
        """Held by whoever looks whether the keeper runs, and starts it."""
        return self.home / "start.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held by the keeper while it lives; its text is the keeper's state."""
        return self.home / "keeper.lock"

    @property
    def run(self) -> Path:
        """The folder of the sockets: inside the home unless that path is too long for a socket or odd in a URL."""
        inside = self.home / "run"
        if len(str(inside / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH and PLAIN_PATH.fullmatch(str(inside)):
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path("/tmp") / f"mpr-{digest}"

    @property
    def postgres_socket(self) -> Path:
        return self.run / POSTGRES_SOCKET

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def addresses(self) -> Addresses:
        return Addresses(
            database_url=f"postgresql://{SUPERUSER}@/{DATABASE_NAME}?host={self.run}",
            redis_url=f"unix://{self.valkey_socket}",
        )


def make_home(home: Path) -> Places:
    """Create the home folder with room to work in; MprError says why it cannot be used."""
    places = Places(home.absolute())
    as_root = os.geteuid() == 0
    try:
        # Root's PostgreSQL runs as another user, who must be able to pass through.
        places.home.mkdir(mode=0o711 if as_root else 0o700, parents=True, exist_ok=True)
        for folder in (places.log, places.valkey_data):
            folder.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=places.home):
            pass
        free_bytes = os.statvfs(places.home)
    except (FileExistsError, NotADirectoryError) as error:
        raise MprError(f"{error.filename} is a file, but MPR needs a folder there; move it or set MPR_HOME.") from error
    except PermissionError as error:
        raise MprError(
            f"MPR may not write to {places.home}; run it as the folder's owner or set MPR_HOME to a folder of yours."
        ) from error
    except OSError as error:
        raise from_os_error(error, f"use {places.home} as MPR_HOME") from error
    if free_bytes.f_bavail * free_bytes.f_frsize < SMALLEST_FREE_BYTES:
        raise StorageFull(
            f"The disk of {places.home} is full; free {SMALLEST_FREE_BYTES // 2**20} MB or set MPR_HOME elsewhere."
        )
    return places
