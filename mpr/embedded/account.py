"""PostgreSQL refuses to run as root; then it runs as a system user of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from mpr.errors import MprError

NAME = "pgserver"
_INSTEAD = "Run MPR as an ordinary user, or set DATABASE_URL to a PostgreSQL of yours."


def prefix(*paths: Path) -> list[str]:
    """The words to put before a PostgreSQL command that works on `paths`; none for an ordinary user."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise MprError(f"PostgreSQL does not run as root and the command setpriv is missing (util-linux). {_INSTEAD}")
    group = str(_entry().pw_gid)
    # SIGINT is PostgreSQL's fast shutdown; the kernel forgets such a wish at the change of user, so setpriv states it.
    words = [setpriv, f"--reuid={NAME}", f"--regid={group}", "--clear-groups", "--pdeathsig=INT"]
    closed = [path for path in paths if not _is_open_to_all(path)]
    if closed:
        # A project below /root, say: lend the right to pass through instead of opening the folder to everybody.
        capability = _capability_to_pass(closed[0])
        words += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
    return [*words, "--"]


def give(path: Path) -> None:
    """Make the folder PostgreSQL's own."""
    if os.geteuid() == 0:
        os.chown(path, _entry().pw_uid, _entry().pw_gid)


def owner_uid() -> int:
    """The user id PostgreSQL runs with."""
    return _entry().pw_uid if os.geteuid() == 0 else os.geteuid()


def _entry() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        pass
    try:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
            check=True,
            capture_output=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise MprError(
            f"PostgreSQL does not run as root and the system user {NAME} could not be created. {_INSTEAD}"
        ) from error
    return pwd.getpwnam(NAME)


def _is_open_to_all(path: Path) -> bool:
    """Whether any user may pass as far as `path` and, where it is a program, run it."""
    if path.is_file() and path.stat().st_mode & 0o005 != 0o005:
        return False
    return all(parent.stat().st_mode & 0o001 for parent in path.parents)


def _capability_to_pass(path: Path) -> str:
    held = _effective_capabilities()
    for bit, name in ((2, "dac_read_search"), (1, "dac_override")):
        if held >> bit & 1:
            return name
    raise MprError(f"PostgreSQL does not run as root and its user {NAME} may not enter {path}. {_INSTEAD}")


def _effective_capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
