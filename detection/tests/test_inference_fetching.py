"""Fetching models from a real HTTP server that breaks in every way it can."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from detection.inference import fetching
from detection.inference.fetching import Download, checked_sha256, fetch
from mpr.conftest import as_ordinary_user as as_ordinary_user
from mpr.conftest import full_disk as full_disk
from mpr.errors import AccessDenied, BadInput, MprError, NotFound, StorageFull, Unavailable

DATA = np.random.default_rng(3).bytes(3_000_000)
SHA256 = hashlib.sha256(DATA).hexdigest()


@dataclass
class Files:
    """Gives out `data` at /model.onnx. `break_after` says after how many bytes each answer in turn breaks off; `ranges`
    whether it knows of parts, `says_length` whether it tells how much is to come."""

    data: bytes = DATA
    break_after: list[int] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    ranges: bool = True
    shift: int = 0
    says_length: bool = True
    asked: list[str] = field(default_factory=list)
    url: str = ""


def handler(files: Files) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            files.asked.append(wanted)
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "/model.onnx")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            status = files.statuses.pop(0) if files.statuses else 200
            if self.path != "/model.onnx" or status != 200:
                self.send_error(404 if status == 200 else status)
                return
            begin = int(wanted[6:-1]) if wanted and files.ranges else 0
            if begin >= len(files.data):
                self.send_error(416)
                return
            body = files.data[begin:]
            self.send_response(206 if wanted and files.ranges else 200)
            if wanted and files.ranges:
                place = f"bytes {begin + files.shift}-{len(files.data) - 1}/{len(files.data)}"
                self.send_header("Content-Range", place)
            if files.says_length:
                self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body[: files.break_after.pop(0)] if files.break_after else body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def files() -> Iterator[Files]:
    state = Files()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
    server.handle_error = lambda *who: None  # type: ignore[method-assign]  # a client that hangs up is no news
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/model.onnx"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "_FIRST_PAUSE_S", 0.001)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "model.onnx"


def download(files: Files, target: Path, sha256: str = SHA256) -> Download:
    return Download(url=files.url, sha256=sha256, target=target)


def only(target: Path) -> None:
    """The target is there, whole, and nothing else."""
    assert target.read_bytes() == DATA
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_a_file_is_fetched_and_what_is_there_is_not_fetched_again(files: Files, target: Path) -> None:
    heard: list[tuple[int, int]] = []
    assert fetch(download(files, target), lambda done, total: heard.append((done, total))) is True
    only(target)
    assert heard[-1] == (len(DATA), len(DATA))
    assert fetch(download(files, target)) is False
    assert files.asked == [""]


def test_another_file_of_that_name_is_replaced(files: Files, target: Path) -> None:
    target.parent.mkdir()
    target.write_bytes(b"an older model")
    assert fetch(download(files, target)) is True
    only(target)


def test_a_broken_connection_is_gone_on_with_where_it_broke(files: Files, target: Path) -> None:
    files.break_after = [1_000_000, 700_000]
    fetch(download(files, target))
    only(target)
    assert files.asked == ["", "bytes=1000000-", "bytes=1700000-"]


def test_a_command_that_was_killed_is_gone_on_with(files: Files, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("model.onnx.part").write_bytes(DATA[:2_000_000])
    fetch(download(files, target))
    only(target)
    assert files.asked == ["bytes=2000000-"]


def test_a_whole_part_that_was_not_yet_in_its_place_is_taken(files: Files, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("model.onnx.part").write_bytes(DATA)
    fetch(download(files, target))
    only(target)


def test_a_server_that_knows_of_no_parts_sends_all_again(files: Files, target: Path) -> None:
    files.ranges = False
    files.break_after = [1_000_000]
    fetch(download(files, target))
    only(target)


@pytest.mark.parametrize("left_over", [b"something else" * 1000, DATA + b"more"], ids=["other bytes", "more bytes"])
def test_what_was_left_over_of_another_file_is_not_kept(left_over: bytes, files: Files, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("model.onnx.part").write_bytes(left_over)
    fetch(download(files, target))
    only(target)


def test_a_server_that_breaks_off_again_and_again_is_a_passing_failure(files: Files, target: Path) -> None:
    files.break_after = [500_000] + [0] * 20
    with pytest.raises(Unavailable, match=r"broke off in the middle; try again, what was fetched so far is kept"):
        fetch(download(files, target))
    assert len(files.asked) == 5
    files.break_after = []
    fetch(download(files, target))
    assert files.asked[-1] == "bytes=500000-"
    only(target)


def test_nobody_there_is_a_passing_failure(files: Files, target: Path) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9 does not answer; try again"):
        fetch(Download(url="http://127.0.0.1:9/model.onnx", sha256=SHA256, target=target))


def test_a_busy_server_is_asked_again(files: Files, target: Path) -> None:
    files.statuses = [503, 429]
    fetch(download(files, target))
    only(target)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [(404, NotFound, "There is nothing at"), (403, BadInput, r"does not give out .* \(HTTP 403\)")],
)
def test_what_is_not_given_out_is_said_so(
    status: int, kind: type[MprError], said: str, files: Files, target: Path
) -> None:
    files.statuses = [status]
    with pytest.raises(kind, match=said):
        fetch(download(files, target))
    assert len(files.asked) == 1


def test_an_address_may_lead_on(files: Files, target: Path) -> None:
    files.url = files.url.replace("/model.onnx", "/moved")
    fetch(download(files, target))
    only(target)


def test_a_wrong_checksum_leaves_nothing_behind(files: Files, target: Path) -> None:
    wrong = "0" * 64
    with pytest.raises(BadInput, match=f"is not the file that was asked for .its SHA-256 is {SHA256}, not {wrong}"):
        fetch(download(files, target, wrong))
    assert list(target.parent.iterdir()) == []


def test_a_server_that_sends_another_part_is_not_believed(files: Files, target: Path) -> None:
    files.shift = 5
    files.break_after = [1_000_000]
    with pytest.raises(MprError, match="sent another part of the file than was asked for"):
        fetch(download(files, target))
    assert not target.exists()


def test_a_length_that_is_not_told_does_not_matter(files: Files, target: Path) -> None:
    files.says_length = False
    fetch(download(files, target))
    only(target)


def test_what_cannot_fit_is_not_begun(files: Files, full_disk: Path) -> None:
    with pytest.raises(StorageFull, match=r"model\.onnx needs 3 MB and .* has less; free some space"):
        fetch(download(files, full_disk / "model.onnx"))


def test_a_disk_that_fills_up_is_said_so(files: Files, full_disk: Path) -> None:
    files.says_length = False
    target = full_disk / "model.onnx"
    with pytest.raises(StorageFull, match=r"The disk of .* is full; free some space, then fetch model\.onnx again"):
        fetch(download(files, target))
    assert not target.exists()


def test_a_folder_that_may_not_be_written_to_is_said_so(
    files: Files, target: Path, as_ordinary_user: Callable[[], AbstractContextManager[None]]
) -> None:
    target.parent.mkdir(parents=True)
    for folder in (target.parent, *list(target.parent.parents)[:3]):
        folder.chmod(0o755)
    target.parent.chmod(0o555)
    with as_ordinary_user(), pytest.raises(AccessDenied, match=r"cannot be written to \(Permission denied\); let this"):
        fetch(download(files, target))
    target.parent.chmod(0o755)


def test_two_commands_do_not_write_into_one_file(files: Files, target: Path) -> None:
    target.parent.mkdir()
    with (
        fetching._part(target),
        pytest.raises(BadInput, match=r"Another command is fetching model\.onnx right now; wait for it"),
    ):
        fetch(download(files, target))


@pytest.mark.parametrize("url", ["ftp://host/model.onnx", "model.onnx", "file:///etc/passwd", "http://"])
def test_what_is_no_address_is_refused(url: str, target: Path) -> None:
    with pytest.raises(BadInput, match="is no address to fetch from"):
        fetch(Download(url=url, sha256=SHA256, target=target))


@pytest.mark.parametrize("text", ["", "abc", "g" * 64, SHA256[:-1], SHA256 + "0"])
def test_what_is_no_checksum_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="give its 64 hexadecimal digits"):
        checked_sha256(text)
    assert re.fullmatch("[0-9a-f]{64}", checked_sha256(SHA256.upper()))
