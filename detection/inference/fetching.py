"""Fetching a model file: checked by its SHA-256, and gone on with where a download was broken off."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError

from detection.inference.used import file_digest
from mpr.errors import AccessDenied, BadInput, MprError, NotFound, StorageFull, Unavailable, from_os_error

_CONNECT_S, _SILENT_S = 15.0, 60.0
_PIECE_BYTES = 1024 * 1024
# Tries in a row that brought nothing; each that brings something begins the count anew.
_TRIES = 4
_FIRST_PAUSE_S = 0.5
_PART = ".part"
# Whatever else goes wrong is seen to here.
_ONLY_REDIRECTS = urllib3.Retry(redirect=5, connect=0, read=0, status=0, other=0)


@dataclass(frozen=True, kw_only=True)
class Download:
    """What is fetched: from where, what its bytes are, and the file that it becomes. `size` is 0 where unknown."""

    url: str
    sha256: str
    target: Path
    size: int = 0


Hear = Callable[[int, int], None]


def checked_sha256(text: str) -> str:
    """The checksum in small letters. Raises BadInput for what is none."""
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text.strip()):
        raise BadInput("The checksum is not a SHA-256; give its 64 hexadecimal digits.")
    return text.strip().lower()


def fetch(download: Download, hear: Hear = lambda done, total: None) -> bool:
    """Make the file be there; False when it was there already. `hear` gets the bytes that are there and those there
    will be (0 where the server does not say).

    What was fetched until something went wrong stays beside the target and is gone on with next time. Raises BadInput
    for a wrong address or checksum, NotFound, AccessDenied, StorageFull, and Unavailable when trying again can help.
    """
    target = download.target
    parts = urlsplit(download.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(f"{download.url} is no address to fetch from; give one that begins with https:// or http://.")
    try:
        if target.is_file() and file_digest(target) == download.sha256:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        with _part(target) as (path, file):
            left_over = file.seek(0, os.SEEK_END) > 0
            _fill(file, download, hear)
            if left_over and file_digest(path) != download.sha256:
                # What was left over may be of an older file.
                file.truncate(0)
                _fill(file, download, hear)
            _take(path, file, download)
    except OSError as error:
        raise _unwritable(error, target) from error
    return True


def _unwritable(error: OSError, target: Path) -> MprError:
    problem = from_os_error(error, f"write {target}")
    if isinstance(problem, StorageFull):
        return StorageFull(f"The disk of {target.parent} is full; free some space, then fetch {target.name} again.")
    if isinstance(problem, AccessDenied):
        return AccessDenied(
            f"{target.parent} cannot be written to ({error.strerror}); let this account use that folder."
        )
    return problem


@contextmanager
def _part(target: Path) -> Iterator[tuple[Path, BufferedRandom]]:
    """The unfinished file beside the target, for this process alone. Raises BadInput when another is at it."""
    path = target.with_name(target.name + _PART)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(f"Another command is fetching {target.name} right now; wait for it.") from error
        yield path, file


def _fill(file: BufferedRandom, download: Download, hear: Hear) -> None:
    """Fetch until all is there."""
    failures, pause_s = 0, _FIRST_PAUSE_S
    while True:
        before = file.seek(0, os.SEEK_END)
        try:
            _go_on(file, before, download, hear)
        except Unavailable:
            failures = 0 if file.seek(0, os.SEEK_END) > before else failures + 1
            if failures >= _TRIES:
                raise
            time.sleep(pause_s)
            pause_s = _FIRST_PAUSE_S if not failures else pause_s * 2
        else:
            return


def _go_on(file: BufferedRandom, begin: int, download: Download, hear: Hear) -> None:
    """One request for what is missing behind `begin`. Raises Unavailable when it breaks off."""
    host = urlsplit(download.url).netloc
    # Compressed, a range would be one of other bytes.
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={begin}-"} if begin else {})}
    try:
        response = _pool(download.url).request(
            "GET", download.url, headers=headers, preload_content=False,
            timeout=urllib3.Timeout(connect=_CONNECT_S, read=_SILENT_S), retries=_ONLY_REDIRECTS,
        )  # fmt: skip
    except LocationParseError as error:
        raise BadInput(f"{download.url} is no address to fetch from; check it.") from error
    except HTTPError as error:
        raise Unavailable(f"{host} does not answer; try again, what was fetched so far is kept.") from error
    try:
        if response.status == 416:
            return  # nothing is missing; the checksum says whether that is true
        begin = _begin(response, begin, download)
        total = begin + int(response.headers.get("Content-Length") or 0)
        _check_room(download, total - begin)
        file.seek(begin)
        file.truncate()
        for piece in _pieces(response, host):
            file.write(piece)
            begin += len(piece)
            hear(begin, total)
        file.flush()
        os.fsync(file.fileno())
        if begin < total:
            raise Unavailable(f"{host} broke off in the middle; try again, what was fetched so far is kept.")
    finally:
        response.close()


def _pieces(response: urllib3.BaseHTTPResponse, host: str) -> Iterator[bytes]:
    while True:
        try:
            piece = response.read1(_PIECE_BYTES)
        except HTTPError as error:
            raise Unavailable(f"{host} broke off in the middle; try again, what was fetched so far is kept.") from error
        if not piece:
            return
        yield piece


def _begin(response: urllib3.BaseHTTPResponse, wanted: int, download: Download) -> int:
    """Where in the file the body begins. Raises MprError for an answer without one."""
    host = urlsplit(download.url).netloc
    if response.status == 206:
        given = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
        if given is None or int(given[1]) != wanted:
            raise MprError(f"{host} sent another part of the file than was asked for; fetch it in another way.")
        return wanted
    if response.status == 200:
        return 0
    if response.status in (404, 410):
        raise NotFound(f"There is nothing at {download.url}; check the address.")
    if response.status in (408, 425, 429) or response.status >= 500:
        raise Unavailable(f"{host} is busy or out of order (HTTP {response.status}); try again later.")
    raise BadInput(f"{host} does not give out {download.url} (HTTP {response.status}); check the address.")


def _check_room(download: Download, missing_bytes: int) -> None:
    """Raises StorageFull when the file cannot fit; a disk that fills up meanwhile is found out when it does."""
    if missing_bytes > shutil.disk_usage(download.target.parent).free:
        raise StorageFull(
            f"{download.target.name} needs {missing_bytes / 2**20:.0f} MB and {download.target.parent} has less; "
            "free some space, then fetch it again."
        )


def _take(path: Path, file: BufferedRandom, download: Download) -> None:
    """Check what was fetched and put it in its place; what is wrong is removed."""
    found = file_digest(path)
    if found != download.sha256:
        path.unlink()
        host = urlsplit(download.url).netloc
        raise BadInput(
            f"What {host} sent is not the file that was asked for (its SHA-256 is {found}, not {download.sha256}); "
            "check the address and the checksum."
        )
    os.replace(path, download.target)


def _pool(url: str) -> urllib3.PoolManager:
    """Through the proxy that the environment names, if any."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if proxy and not proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy)
    return urllib3.PoolManager()
