"""What browsers are given: addresses to send parts to, on a real S3 server, and where they lie by the settings."""

from __future__ import annotations

import http.server
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from mpr.errors import NotFound, Unavailable
from mpr.storage.buckets import Bucket
from mpr.storage.cors import lets_in
from mpr.storage.environment import browser_origins, storage_from_env

if TYPE_CHECKING:
    from mpr.storage.tests.conftest import S3Server

PART = b"x" * 5 * 1024 * 1024


def put(address: str, data: bytes) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data, method="PUT"), timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


@pytest.fixture
def bucket(s3_server: S3Server, use_environment: Callable[..., Bucket]) -> Bucket:
    return use_environment(**s3_server.environment)


def test_parts_sent_without_keys_become_an_object(bucket: Bucket) -> None:
    upload = bucket.begin_parts("uploads/a b.mp4")
    assert bucket.parts("uploads/a b.mp4", upload) == {}
    for number, data in ((2, b"end"), (1, PART)):
        assert put(bucket.part_address("uploads/a b.mp4", upload, number, valid_s=60), data) == 200
    there = bucket.parts("uploads/a b.mp4", upload)
    assert {number: size for number, (size, _) in there.items()} == {1: len(PART), 2: 3}
    bucket.finish_parts("uploads/a b.mp4", upload, {number: tag for number, (_, tag) in there.items()})
    assert bucket.size("uploads/a b.mp4") == len(PART) + 3
    assert bucket.read_range("uploads/a b.mp4", len(PART) - 1, 9) == b"xend"
    with pytest.raises(NotFound):
        bucket.parts("uploads/a b.mp4", upload)


def test_an_address_is_for_one_part_and_not_for_ever(bucket: Bucket) -> None:
    upload = bucket.begin_parts("uploads/b.mp4")
    address = bucket.part_address("uploads/b.mp4", upload, 1, valid_s=60)
    assert put(address.replace("partNumber=1", "partNumber=2"), b"x") == 403
    assert put(address.replace("b.mp4", "c.mp4"), b"x") == 403
    bucket.abort_parts("uploads/b.mp4", upload)
    bucket.abort_parts("uploads/b.mp4", upload)
    assert put(address, b"x") == 404


def test_an_object_has_a_second_key_without_being_fetched(bucket: Bucket) -> None:
    bucket.write("uploads/one", b"film")
    bucket.copy("uploads/one", "assets/two")
    bucket.delete("uploads/one")
    assert bucket.read("assets/two") == b"film"
    with pytest.raises(NotFound):
        bucket.copy("uploads/one", "assets/three")


def test_what_lies_there_is_listed_with_its_size(bucket: Bucket) -> None:
    bucket.delete_below("assets")
    bucket.write("listed/film.mp4", b"film")
    found = {stored.key: stored for stored in bucket.listed()}
    assert found["listed/film.mp4"].size == 4
    assert found["listed/film.mp4"].changed_at.tzinfo is not None
    bucket.delete("listed/film.mp4")


def test_addresses_are_signed_for_where_browsers_reach_the_server(bucket: Bucket, settings: Any) -> None:
    settings.MPR_S3_PUBLIC_ENDPOINT = "https://media.example.org:8443"
    signed = bucket.signed_address("a.mp4", content_type="video/mp4", valid_s=60)
    for address in (bucket.part_address("uploads/a", "1", 1, valid_s=60), signed):
        assert urlsplit(address or "").netloc == "media.example.org:8443"
        assert urlsplit(address or "").path.startswith("/footage/")


@pytest.mark.parametrize(
    ("environment", "public", "origins"),
    [
        ({}, "", []),
        ({"MPR_MEDIA_IN_BUCKET": "footage", "MPR_S3_ENDPOINT": "http://minio:9000"}, "", ["http://minio:9000"]),
        ({"MPR_MEDIA_IN_BUCKET": "footage", "MPR_S3_ENDPOINT": "http://minio:9000"}, "https://s3.example.org",
         ["https://s3.example.org"]),
        ({"MPR_MEDIA_IN_BUCKET": "footage", "MPR_S3_ENDPOINT": "https://s3.example.org",
          "MPR_S3_ADDRESSING": "virtual"}, "", ["https://footage.s3.example.org"]),
        ({"MPR_MEDIA_IN_BUCKET": "footage", "MPR_S3_REGION": "eu-west-1"}, "",
         ["https://footage.s3.amazonaws.com", "https://footage.s3.eu-west-1.amazonaws.com"]),
        ({"MPR_MEDIA_IN_BUCKET": "my.footage"}, "", ["https://s3.amazonaws.com"]),
    ],
)  # fmt: skip
def test_the_origin_that_pages_may_reach_follows_from_the_settings(
    environment: dict[str, str], public: str, origins: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    storage = storage_from_env("media_in", tmp_path)
    assert browser_origins(storage, public) == origins


@pytest.fixture
def strict_server() -> Iterator[str]:
    """A server that answers browsers of https://mpr.example.org alone, and lets them read."""

    class Strict(http.server.BaseHTTPRequestHandler):
        def do_OPTIONS(self) -> None:
            self.send_response(200)
            if self.headers["Origin"] == "https://mpr.example.org":
                self.send_header("Access-Control-Allow-Origin", "https://mpr.example.org")
                self.send_header("Access-Control-Allow-Methods", "GET, HEAD")
            self.end_headers()

        def log_message(self, *given: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Strict) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield "http://{}:{}".format(*server.server_address[:2])
        server.shutdown()
        thread.join()


def test_the_doctor_asks_the_bucket_as_a_browser_would(bucket: Bucket, strict_server: str, settings: Any) -> None:
    assert lets_in(bucket, "https://mpr.example.org")
    settings.MPR_S3_PUBLIC_ENDPOINT = strict_server
    assert not lets_in(bucket, "https://mpr.example.org")
    assert not lets_in(bucket, "https://elsewhere.example.org")
    settings.MPR_S3_PUBLIC_ENDPOINT = "http://127.0.0.1:9"
    with pytest.raises(Unavailable, match=r"^Nobody answers at http://127\.0\.0\.1:9/footage/uploads/doctor"):
        lets_in(bucket, "https://mpr.example.org")
