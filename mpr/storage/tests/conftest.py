"""A real S3 server for the storage tests, and the buckets over it and over local folders."""

from __future__ import annotations

import os
import socket
import subprocess
import sysconfig
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from mpr.orphans import dies_with_parent
from mpr.storage.buckets import Bucket
from mpr.storage.environment import storage_from_env


@dataclass(frozen=True, kw_only=True)
class S3Server:
    """A running server with the buckets `footage` and `results`, and `full`, which soon takes not one object more."""

    endpoint: str
    access_key: str
    secret_key: str

    @property
    def environment(self) -> dict[str, str]:
        """What a user sets to keep both buckets there."""
        return {
            "MPR_MEDIA_IN_BUCKET": "footage",
            "MPR_MEDIA_OUT_BUCKET": "results",
            "MPR_S3_ENDPOINT": self.endpoint,
            "MPR_S3_ACCESS_KEY": self.access_key,
            "MPR_S3_SECRET_KEY": self.secret_key,
        }


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """JuiceFS's S3 gateway, an embedded MinIO: it checks signatures, knows ranges and uploads in parts."""
    home = tmp_path_factory.mktemp("s3")
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = "{}:{}".format(*free.getsockname())
    server = S3Server(endpoint=f"http://{address}", access_key="tester", secret_key="only for tests")
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home),
        "MINIO_ROOT_USER": server.access_key, "MINIO_ROOT_PASSWORD": server.secret_key,
    }  # fmt: skip
    juicefs = Path(sysconfig.get_path("scripts")) / "juicefs"
    volume = f"sqlite3://{home}/volume.db"

    def tell(*command: str) -> None:
        subprocess.run([juicefs, *command], env=environment, check=True, capture_output=True)

    tell("format", "--storage", "file", "--bucket", f"{home}/blocks/", "--trash-days", "0", volume, "volume")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [juicefs, "gateway", "--multi-buckets", "--no-banner", "--no-usage-report", "--no-bgjob",
             "--backup-meta", "0", "--heartbeat", "1s", "--cache-dir", "memory", "--cache-size", "16",
             "--buffer-size", "32", "--metrics", "127.0.0.1:0", volume, address],
            env=environment, stdout=log, stderr=log, preexec_fn=dies_with_parent(),  # noqa: PLW1509
        )  # fmt: skip
    try:
        _wait_until_ready(process, server, home / "log")
        for bucket in ("footage", "results", "full"):
            _client(server).create_bucket(Bucket=bucket)
        # The gateway learns of it with its next heartbeat.
        tell("quota", "set", volume, "--path", "/full", "--inodes", "1")
        yield server
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_ready(process: subprocess.Popen[bytes], server: S3Server, log: Path) -> None:
    until_s = time.monotonic() + 30
    while time.monotonic() < until_s and process.poll() is None:
        try:
            urllib.request.urlopen(f"{server.endpoint}/minio/health/ready", timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    process.kill()
    pytest.fail(f"The S3 server did not start:\n{log.read_text()}")


def _client(server: S3Server) -> Any:
    return boto3.client(
        "s3", endpoint_url=server.endpoint, region_name="us-east-1",
        aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key,
    )  # fmt: skip


@pytest.fixture
def use_environment(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Bucket]:
    """Sets environment variables, takes the storages anew from them and returns media_in."""

    def use(**environment: str) -> Bucket:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.STORAGES = {
            **settings.STORAGES,
            **{alias: storage_from_env(alias, tmp_path) for alias in ("media_in", "media_out")},
        }
        return Bucket("media_in")

    return use


@pytest.fixture(params=["folder", "s3"])
def bucket(request: pytest.FixtureRequest, use_environment: Callable[..., Bucket]) -> Bucket:
    """media_in, once in a local folder and once on the S3 server."""
    if request.param == "folder":
        return use_environment()
    server: S3Server = request.getfixturevalue("s3_server")
    return use_environment(**server.environment)
