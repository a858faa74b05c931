"""The same promises over a local folder and over a real S3 server."""

from __future__ import annotations

import random
import socket
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mpr.errors import AccessDenied, BadInput, NotFound, StorageFull, Unavailable
from mpr.storage.buckets import Bucket, timeline_folder

if TYPE_CHECKING:
    from mpr.storage.tests.conftest import S3Server

DATA = bytes(range(256)) * 4


def test_what_is_written_is_read(bucket: Bucket) -> None:
    bucket.write("deep/in/folders/a b+ü.bin", DATA)
    assert bucket.read("deep/in/folders/a b+ü.bin") == DATA


def test_writing_again_replaces(bucket: Bucket) -> None:
    bucket.write("twice", b"the first, longer one")
    bucket.write("twice", b"the second")
    assert bucket.read("twice") == b"the second"


def test_nothing_can_be_stored(bucket: Bucket) -> None:
    bucket.write("empty", b"")
    assert bucket.exists("empty")
    assert bucket.read("empty") == b""
    assert bucket.read_range("empty", 0, 10) == b""


def test_a_range_is_that_part_of_the_whole_also_where_it_ends_early(bucket: Bucket) -> None:
    bucket.write("ranged", DATA)
    for offset, size in [(0, 1), (0, 1024), (300, 7), (1023, 1), (1000, 500), (1024, 5), (5000, 5), (10, 0)]:
        assert bucket.read_range("ranged", offset, size) == DATA[offset : offset + size], (offset, size)


def test_what_exists_is_told_from_what_does_not(bucket: Bucket) -> None:
    bucket.write("here", DATA)
    assert bucket.exists("here")
    assert not bucket.exists("not-here")


def test_deleting_removes_and_may_be_repeated(bucket: Bucket) -> None:
    bucket.write("gone", DATA)
    bucket.delete("gone")
    assert not bucket.exists("gone")
    bucket.delete("gone")


def test_a_folder_lists_what_lies_below_it_and_nothing_else(bucket: Bucket) -> None:
    for key in ("film/a/1 ü.bin", "film/a/deep/2.bin", "film/b/3.bin", "filmed/4.bin"):
        bucket.write(key, DATA)
    assert set(bucket.keys("film")) == {"film/a/1 ü.bin", "film/a/deep/2.bin", "film/b/3.bin"}
    assert set(bucket.keys("film/a")) == {"film/a/1 ü.bin", "film/a/deep/2.bin"}
    assert list(bucket.keys("nowhere")) == []


def test_deleting_a_folder_leaves_its_neighbours_and_may_be_repeated(bucket: Bucket) -> None:
    for key in ("film/a/1.bin", "film/a/deep/2.bin", "film/b/3.bin", "film/a2/4.bin"):
        bucket.write(key, DATA)
    for _ in range(2):
        bucket.delete_below("film/a")
        assert set(bucket.keys("film")) == {"film/b/3.bin", "film/a2/4.bin"}


def test_what_is_missing_is_named(bucket: Bucket) -> None:
    for ask in (bucket.read, lambda key: bucket.read_range(key, 0, 5), lambda key: bucket.local(key).__enter__()):
        with pytest.raises(NotFound, match=r"^clips/lost\.mp4 is not in media_in\.$"):
            ask("clips/lost.mp4")


def test_a_large_file_arrives_whole(bucket: Bucket, tmp_path: Path) -> None:
    # S3 takes what is over 8 MiB in parts.
    data = random.Random(1).randbytes(19 * 1024 * 1024)
    (tmp_path / "match.mp4").write_bytes(data)
    bucket.put_file("assets/match.mp4", tmp_path / "match.mp4")
    with bucket.local("assets/match.mp4") as path:
        assert path.suffix == ".mp4"
        assert path.read_bytes() == data
    assert bucket.read_range("assets/match.mp4", 9_000_000, 1000) == data[9_000_000:9_001_000]


def test_a_file_to_store_that_is_not_there_is_named(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"^Could not read absent\.mp4: there is no such file or folder\.$"):
        bucket.put_file("assets/absent.mp4", tmp_path / "absent.mp4")
    assert not bucket.exists("assets/absent.mp4")


def test_an_error_of_the_one_who_holds_a_local_path_stays_what_it_is(bucket: Bucket) -> None:
    bucket.write("held", DATA)
    with pytest.raises(ZeroDivisionError), bucket.local("held") as path:
        assert path.stat().st_size // 0


def test_a_fetched_copy_goes_when_its_context_closes(bucket: Bucket) -> None:
    bucket.write("copied", DATA)
    with bucket.local("copied") as path:
        assert path.read_bytes() == DATA
    assert path.exists() == bucket._is_folder
    assert bucket.read("copied") == DATA


def test_a_key_cannot_lead_out(bucket: Bucket, tmp_path: Path) -> None:
    for key in ("../outside", "a/../../outside"):
        for attempt in (lambda key: bucket.write(key, DATA), lambda key: bucket.put_file(key, Path(__file__))):
            with pytest.raises(BadInput, match="is no place inside media_in; use a relative path"):
                attempt(key)
    assert not (tmp_path / "outside").exists()


def test_timelines_do_not_see_one_another(bucket: Bucket) -> None:
    timeline_folder("one").write("frames/pack", b"one")
    timeline_folder("two").write("frames/pack", b"two")
    assert timeline_folder("one").read("frames/pack") == b"one"
    assert Bucket("media_out").read("timelines/two/frames/pack") == b"two"
    assert not bucket.exists("timelines/one/frames/pack")


# --- what only S3 can answer ---


def test_a_signed_url_opens_the_object_without_keys(
    s3_server: S3Server, use_environment: Callable[..., Bucket]
) -> None:
    bucket = use_environment(**s3_server.environment)
    bucket.write("signed.bin", DATA)
    url = bucket.storage.url("signed.bin")
    assert "AWS4-HMAC-SHA256" in url
    with urllib.request.urlopen(url, timeout=5) as answer:
        assert answer.read() == DATA


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"MPR_S3_SECRET_KEY": "something else"}, "SignatureDoesNotMatch"),
        ({"MPR_S3_ACCESS_KEY": "nobody"}, "InvalidAccessKeyId"),
        ({"MPR_MEDIA_IN_BUCKET": "no-such-bucket"}, "NoSuchBucket"),
        ({"MPR_MEDIA_IN_BUCKET": "not a bucket's name"}, "ParamValidationError"),
    ],
    ids=["secret key", "access key", "bucket", "bucket name"],
)
def test_what_the_server_refuses_is_lasting_and_says_what_to_check(
    s3_server: S3Server, use_environment: Callable[..., Bucket], wrong: dict[str, str], code: str
) -> None:
    bucket = use_environment(**{**s3_server.environment, **wrong})
    sentence = rf"^The storage refused media_in \({code}\); check its bucket name and keys in the settings\.$"
    for attempt in (lambda: bucket.write("a", DATA), lambda: bucket.read("a"), lambda: bucket.read_range("a", 0, 1)):
        with pytest.raises(AccessDenied, match=sentence) as raised:
            attempt()
        assert not raised.value.transient


def test_a_server_that_is_down_may_be_tried_again(s3_server: S3Server, use_environment: Callable[..., Bucket]) -> None:
    attempts = [
        lambda: bucket.write("a", DATA),
        lambda: bucket.read("a"),
        lambda: bucket.read_range("a", 0, 1),
        lambda: bucket.exists("a"),
        lambda: bucket.delete("a"),
        lambda: bucket.put_file("a", Path(__file__)),
        lambda: bucket.local("a").__enter__(),
    ]
    with socket.socket() as deaf, ThreadPoolExecutor(len(attempts)) as together:
        deaf.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can answer there
        bucket = use_environment(
            **{**s3_server.environment, "MPR_S3_ENDPOINT": "http://{}:{}".format(*deaf.getsockname())}
        )
        errors = [running.exception(timeout=30) for running in [together.submit(attempt) for attempt in attempts]]
    for error in errors:
        assert isinstance(error, Unavailable)
        assert error.transient
        assert error.message.startswith("The storage behind media_in did not answer: ")


def test_a_full_server_is_told_from_one_that_is_down(
    s3_server: S3Server, use_environment: Callable[..., Bucket]
) -> None:
    bucket = use_environment(**{**s3_server.environment, "MPR_MEDIA_IN_BUCKET": "full"})

    def fill(until_s: float) -> None:
        while time.monotonic() < until_s:
            bucket.write(f"written at {time.monotonic()}", DATA)

    with pytest.raises(StorageFull, match=r"^The storage behind media_in is full; free some space") as raised:
        fill(until_s=time.monotonic() + 10)
    assert not raised.value.transient
