from __future__ import annotations

from pathlib import Path

import pytest

from mpr.embedded import server
from mpr.errors import MprError, StorageFull


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").mkdir()
    return tmp_path / "log" / "postgres.log"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026 LOG:  starting\n2026 FATAL:  the key is lost.\n2026 LOG:  bye\n", "the key is lost"),
        ("initdb: error: could not look\n", "could not look"),
        ("11:M 22 Nov # Failed opening Unix socket\n", "Failed opening Unix socket"),
        ("Segmentation fault\n", "Segmentation fault"),
        ("", "it ended without a word"),
    ],
    ids=["postgres", "initdb", "valkey", "crash", "silence"],
)
def test_the_reason_is_taken_from_the_log(log: Path, text: str, reason: str) -> None:
    log.write_text("FATAL: of an earlier start\n" + text)
    error = server.failure("PostgreSQL", log, begin=len("FATAL: of an earlier start\n"))
    assert error.message == f"PostgreSQL cannot start: {reason}. {log} has the details."


def test_a_full_disk_is_told_apart(log: Path) -> None:
    log.write_text("initdb: error: could not write: No space left on device\n")
    assert isinstance(server.failure("PostgreSQL", log), StorageFull)


def test_a_large_log_is_put_aside_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LARGEST_LOG_BYTES", 10)
    log.write_text("short")
    assert server.rotate(log) == 5
    log.write_text("long enough")
    assert server.rotate(log) == 0
    assert log.with_suffix(".log.1").read_text() == "long enough"


def test_a_server_that_ends_at_once_is_reported(log: Path) -> None:
    with pytest.raises(MprError, match="Valkey cannot start: no luck today"):
        server.start(
            "Valkey", ["sh", "-c", "echo no luck today; exit 3"], cwd=log.parent, log=log, stop_signal=15,
            ready=lambda: False,
        )  # fmt: skip
