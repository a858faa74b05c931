"""The environment decides where the buckets lie; the code is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ImproperlyConfigured

from mpr.storage.environment import storage_from_env

if TYPE_CHECKING:
    from mpr.storage.tests.conftest import S3Server

PROGRAM = """
from mpr.storage.buckets import media_in, media_out
for bucket, word in ((media_in, b"footage"), (media_out, b"result")):
    bucket.write("hello.txt", word)
    read, end = str(bucket.read("hello.txt"), "ascii"), str(bucket.read_range("hello.txt", 4, 9), "ascii")
    print(type(bucket.storage).__name__, read, end)
"""


def _run(environment: dict[str, str]) -> list[str]:
    command = [sys.executable, "-W", "error", "-c", PROGRAM]
    answer = subprocess.run(command, env={**os.environ, **environment}, check=False, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()


def test_without_settings_the_buckets_are_folders_of_the_home(tmp_path: Path) -> None:
    lines = _run({"MPR_HOME": str(tmp_path)})
    assert lines == ["AtomicFileSystemStorage footage age", "AtomicFileSystemStorage result lt"]
    assert (tmp_path / "media_out" / "hello.txt").read_bytes() == b"result"


def test_named_buckets_are_used_by_the_same_code(s3_server: S3Server, tmp_path: Path) -> None:
    lines = _run({"MPR_HOME": str(tmp_path), **s3_server.environment})
    assert lines == ["S3Storage footage age", "S3Storage result lt"]
    assert list(tmp_path.rglob("hello.txt")) == []


def test_a_folder_given_relatively_does_not_move_with_the_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPR_MEDIA_IN_DIR", "footage")
    assert storage_from_env("media_in", tmp_path)["OPTIONS"]["location"] == str(tmp_path / "footage")


@pytest.mark.parametrize("only", ["MPR_S3_ACCESS_KEY", "MPR_S3_SECRET_KEY"])
def test_half_a_pair_of_keys_stops_the_start(monkeypatch: pytest.MonkeyPatch, only: str) -> None:
    monkeypatch.setenv("MPR_MEDIA_IN_BUCKET", "footage")
    monkeypatch.setenv(only, "x")
    with pytest.raises(ImproperlyConfigured, match=r"^Only one of MPR_S3_ACCESS_KEY and MPR_S3_SECRET_KEY is set; set"):
        storage_from_env("media_in", Path())


@pytest.mark.parametrize(
    ("endpoint", "asked", "used"),
    [("", "", "auto"), ("http://minio.example", "", "path"), ("http://minio.example", "virtual", "virtual")],
    ids=["Amazon", "own server", "own server with host names"],
)
def test_how_buckets_are_addressed(monkeypatch: pytest.MonkeyPatch, endpoint: str, asked: str, used: str) -> None:
    monkeypatch.setenv("MPR_MEDIA_IN_BUCKET", "footage")
    monkeypatch.setenv("MPR_S3_ENDPOINT", endpoint)
    monkeypatch.setenv("MPR_S3_ADDRESSING", asked)
    assert storage_from_env("media_in", Path())["OPTIONS"]["client_config"].s3["addressing_style"] == used


def test_a_server_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPR_MEDIA_IN_BUCKET", "footage")
    config = storage_from_env("media_in", Path())["OPTIONS"]["client_config"]
    attempts = config.retries["total_max_attempts"]
    assert attempts * config.connect_timeout <= 20
    assert attempts * config.read_timeout <= 100
