"""Files for browsers: from a folder by ranges, from S3 by an address that works for a while."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import RequestFactory

from mpr.storage.buckets import Bucket
from mpr.storage.serving import SIGNED_S, serve

if TYPE_CHECKING:
    from mpr.storage.tests.conftest import S3Server

DATA = bytes(range(256)) * 8192


def test_from_s3_a_browser_is_sent_to_an_address_that_is_signed_for_a_while(
    s3_server: S3Server, use_environment: Callable[..., Bucket]
) -> None:
    bucket = use_environment(**s3_server.environment)
    bucket.write("assets/a.mov", b"footage!")
    answer: Any = serve(RequestFactory().get("/"), bucket, "assets/a.mov", content_type="video/mp4", etag="x")
    assert answer.status_code == 302
    assert answer["Cache-Control"] == "no-store"
    assert answer.url.startswith(f"{s3_server.endpoint}/footage/assets/a.mov?")
    assert f"X-Amz-Expires={SIGNED_S}&" in answer.url
    asked = urllib.request.Request(answer.url, headers={"Range": "bytes=4-6"})
    with urllib.request.urlopen(asked) as got:
        assert (got.status, got.read(), got.headers["Content-Type"]) == (206, b"age", "video/mp4")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(answer.url.replace("a.mov", "b.mov"))


def test_the_address_is_the_one_at_which_browsers_reach_the_server(
    s3_server: S3Server, use_environment: Callable[..., Bucket], settings: Any
) -> None:
    settings.MPR_S3_PUBLIC_ENDPOINT = "https://media.example.org"
    bucket = use_environment(**s3_server.environment)
    answer: Any = serve(RequestFactory().get("/"), bucket, "a.mp4", content_type="video/mp4", etag="x")
    assert answer.url.startswith("https://media.example.org/footage/a.mp4?")


@pytest.mark.django_db(transaction=True)
def test_an_asgi_server_is_given_blocks_as_it_asks_for_them(use_environment: Callable[..., Bucket]) -> None:
    bucket = use_environment()
    bucket.write("a.mp4", DATA)
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"range", b"bytes=100-1500000")]}
    answer: Any = serve(ASGIRequest(scope, BytesIO()), bucket, "a.mp4", content_type="video/mp4", etag="x")

    async def blocks() -> list[bytes]:
        return [block async for block in answer]

    got = asyncio.run(blocks())
    assert b"".join(got) == DATA[100:1500001]
    assert len(got) == 3
    (file,) = [close.__self__ for close in answer._resource_closers if hasattr(close, "__self__")]
    answer.close()
    assert file.closed


def test_a_new_file_appears_whole_or_not_at_all(bucket: Bucket) -> None:
    with bucket.new_file("x/new.mp4") as path:
        path.write_bytes(b"all of it")
        assert not bucket.exists("x/new.mp4")
    assert bucket.read("x/new.mp4") == b"all of it"
    with pytest.raises(IsADirectoryError), bucket.new_file("x/other.mp4") as path:
        path.write_bytes(b"half") and path.parent.write_bytes(b"")
    assert not bucket.exists("x/other.mp4")
    assert not path.exists()
