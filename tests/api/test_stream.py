"""Server-sent events from a real server: every event once and in order, whoever comes when."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from mpr.events import log
from mpr.events.models import JobEvent
from mpr.jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cookies(owner, client):
    """Those of a browser in which `owner` is signed in."""
    return f"sessionid={client.cookies['sessionid'].value}"


@pytest.fixture
def stream(asgi_server, job):
    """The address of the job's stream."""
    return f"{asgi_server}/api/detect/stream/{job.pk}"


def write(job: Job, count: int, type: str = "shard.done") -> None:
    for _ in range(count):
        with transaction.atomic():
            log.append(job.pk, type, {"stage": "numbers"})


def end(job: Job, status: str = "completed") -> None:
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status=status, finished_at=timezone.now())
        log.append(job.pk, f"job.{status}", {})


@contextmanager
def opened(address: str, cookies, after: int | None = None) -> Iterator[Iterator[dict[str, str]]]:
    """The events of a stream as they come: dicts of event, data and, where there is one, id."""
    headers = {"Cookie": cookies, "Accept": "text/event-stream"}
    if after is not None:
        headers["Last-Event-ID"] = str(after)
    with urlopen(Request(address, headers=headers), timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield _events(line.decode().rstrip("\n") for line in answer)


def refusal(address: str, cookies: str) -> tuple[int, str]:
    """Status and code of what is not streamed."""
    with pytest.raises(HTTPError) as raised:
        urlopen(Request(address, headers={"Cookie": cookies, "Accept": "text/event-stream"}), timeout=30)
    with raised.value as answer:
        return answer.code, json.load(answer)["error"]["code"]


def _events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in lines:
        if not line and "event" in event:
            yield event
        if not line:
            event = {}
        else:
            name, _, value = line.partition(": ")
            event[name] = value


def numbers(events) -> list[int]:
    return [int(event["id"]) for event in events if "id" in event]


def test_the_whole_log_and_then_the_end(stream, job, cookies):
    write(job, 3)
    end(job)
    with opened(stream, cookies) as events:
        told = list(events)
    assert [event["event"] for event in told if "id" in event] == ["shard.done"] * 3 + ["job.completed"]
    assert json.loads(told[1]["data"])["payload"] == {"stage": "numbers"}
    assert [event["event"] for event in told if "id" not in event] == ["resumed", "progress", "end"]
    assert json.loads(told[-1]["data"]) == {"status": "completed"}


def test_events_come_as_they_are_written(stream, job, cookies):
    with opened(stream, cookies) as events:
        assert next(events)["event"] == "resumed"
        for number in range(1, 6):
            began_s = time.monotonic()
            write(job, 1)
            assert next(event for event in events if "id" in event)["id"] == str(number)
            assert time.monotonic() - began_s < 5


def test_who_was_away_goes_on_where_they_were(stream, job, cookies):
    write(job, 10)
    with opened(stream, cookies) as events:
        seen = numbers(next(events) for _ in range(7))
    write(job, 10)
    end(job)
    with opened(stream, cookies, after=seen[-1]) as events:
        seen += numbers(events)
    assert seen == list(range(1, 22))
    with opened(f"{stream}?after=18", cookies) as events:
        assert numbers(events) == [19, 20, 21]


def test_nothing_is_lost_or_doubled_while_many_write_and_many_come(stream, job, cookies):
    writers, each = 5, 60
    write(job, 40)

    def writer() -> None:
        try:
            write(job, each)
        finally:
            connection.close()

    def reader(after: int) -> tuple[int, list[int]]:
        time.sleep(after / 100)
        with opened(f"{stream}?after={after}", cookies) as events:
            return after, numbers(events)

    threads = [threading.Thread(target=writer) for _ in range(writers)]
    with ThreadPoolExecutor(12) as pool:
        reading = [pool.submit(reader, after) for after in range(0, 120, 10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        end(job)
        for found in reading:
            after, seen = found.result(timeout=60)
            assert seen == list(range(after + 1, 40 + writers * each + 2))


def test_a_reader_that_rests_misses_nothing(stream, job, cookies):
    """More than any buffer on the way holds is written while nobody takes it."""
    with opened(stream, cookies) as events:
        next(events)
        JobEvent.objects.bulk_create(
            JobEvent(job=job, seq=seq, type="log", payload={"message": "x" * 1000}) for seq in range(1, 5001)
        )
        Job.objects.filter(pk=job.pk).update(event_seq=5000)
        write(job, 1)
        time.sleep(2)
        end(job)
        assert numbers(events) == list(range(1, 5003))


def test_many_who_come_at_once_and_wait_share_few_connections(stream, job, cookies):
    def connections() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            return cursor.fetchone()[0]

    many = 120
    with ThreadPoolExecutor(many) as pool:
        come = threading.Barrier(many + 1, timeout=60)

        def wait() -> list[int]:
            with opened(stream, cookies) as events:
                next(events)
                come.wait()
                return numbers(events)

        reading = [pool.submit(wait) for _ in range(many)]
        come.wait()
        # The server's pool, and ours.
        assert connections() <= settings.MPR_WEB_CONNECTIONS + 1
        end(job)
        assert [found.result(timeout=30) for found in reading] == [[1]] * many


def test_a_stream_tells_from_where_on_the_log_is_whole(stream, job, cookies):
    write(job, 4)
    end(job)
    JobEvent.objects.filter(seq=3).delete()
    with opened(stream, cookies) as events:
        told = list(events)
    assert json.loads(told[0]["data"]) == {"after": 0, "newest": 5, "gapless_from": 4, "status": "completed"}
    assert numbers(told) == [1, 2, 4, 5]


def test_a_log_whose_end_was_pruned_ends_all_the_same(stream, job, cookies):
    end(job)
    write(job, 2, "log")
    JobEvent.objects.filter(seq__gt=1).delete()
    with opened(stream, cookies) as events:
        told = list(events)
    assert (json.loads(told[0]["data"])["gapless_from"], numbers(told), told[-1]["event"]) == (4, [1], "end")


def test_nothing_left_to_tell_is_no_content(stream, job, cookies):
    end(job)
    with urlopen(Request(f"{stream}?after=1", headers={"Cookie": cookies})) as answer:
        assert answer.status == 204


def test_a_job_that_goes_on_after_its_failure_is_followed_on(stream, job, cookies):
    end(job, "failed")
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status="running", finished_at=None)
        log.append(job.pk, "job.running", {})
    with opened(stream, cookies) as events:
        assert [next(event for event in events if "id" in event)["event"] for _ in range(2)] == [
            "job.failed", "job.running",
        ]  # fmt: skip
        end(job)
        assert [event["event"] for event in events if "id" in event] == ["job.completed"]


def test_a_job_that_is_deleted_ends_its_stream(stream, job, cookies):
    with opened(stream, cookies) as events:
        next(events)
        job.delete()
        assert json.loads(list(events)[-1]["data"]) == {"status": "deleted"}


@pytest.mark.parametrize("after", ["abc", "-1", "9" * 30])
def test_a_number_that_is_none_is_refused(after, stream, cookies):
    assert refusal(f"{stream}?after={after}", cookies) == (400, "bad_input")


def test_a_strangers_job_is_refused(stream, stranger_client):
    assert refusal(stream, f"sessionid={stranger_client.cookies['sessionid'].value}") == (404, "not_found")


def test_nobody_is_refused(stream):
    assert refusal(stream, "") == (401, "not_signed_in")


def test_a_server_that_cannot_stream_says_so(client, job):
    answer = client.get(f"/api/detect/stream/{job.pk}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
