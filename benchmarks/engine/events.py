"""How long an event takes from the worker that writes it to a client, with many clients, and that each gets all.

One web process serves the clients, which live in this process; two workers run a job of short shards. Latency is from
the event's own time, which its worker notes before it commits, to the moment a client has it in hand.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import time
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

import psutil
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from rest_framework.authtoken.models import Token
from websockets.asyncio.client import connect

from benchmarks.engine.rows import make_waiting_job, quantile, wait_for, warm_workers
from benchmarks.engine.tables import Finding, Goal, Sheet
from mpr.events.models import JobEvent
from mpr.jobs import control
from mpr.jobs.models import Job
from mpr.orphans import dies_with_parent, end_group
from mpr.processes import web_command

_HOST = "127.0.0.1"
_WORKERS = 2
_WORK_S = 0.2
_GOAL_S = 0.1
_LONGEST_S = 300.0
_ENTRY = re.compile(rb"id: \d+\nevent: [^\n]+\ndata: ([^\n]+)\n\n")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """An event as one client got it: its number, when it was written, when it came (both Unix time)."""

    seq: int
    written_s: float
    came_s: float


@dataclass(frozen=True, kw_only=True)
class Call:
    """Where a client listens; it calls `ready` when it has been answered."""

    port: int
    token: str
    job_id: str
    ready: Callable[[], None]


def measure(*, small: bool) -> Finding:
    clients, shards = (20, 40) if small else (200, 150)
    user, _ = get_user_model().objects.get_or_create(username="listener", is_superuser=True)
    token = Token.objects.get_or_create(user=user)[0].key
    rows = []
    with _web() as (port, web), warm_workers(_WORKERS):
        for name, listen in (("SSE", _listen_sse), ("WebSocket", _listen_socket)):
            job = make_waiting_job(stages=1, shards=shards, work_s=_WORK_S)
            control.pause(job.pk)
            begun_s, heard, web_s = asyncio.run(_listen_all(listen, clients, job, port=port, token=token, web=web))
            wait_for(job)
            rows.append([*_row(name, job, heard, begun_s), web_s / sum(map(len, heard)) * 1e6])
    return Finding(
        name="events",
        settings={"clients": clients, "workers": _WORKERS, "shards": shards, "work_s": _WORK_S, "web_processes": 1},
        sheets=[
            Sheet(
                title=f"From worker to client, {clients} clients: ms",
                columns=[
                    *("over", "events", "median", "p95", "p99", "slowest", "lost", "doubled", "disordered"),
                    "web CPU µs per event and client",
                ],
                rows=rows,
            )
        ],
        goals=[
            Goal(
                says=f"p95 under {_GOAL_S * 1e3:.0f} ms over {row[0]}, none lost or doubled",
                found=f"{row[3]:.0f} ms, {row[6]} lost, {row[7]} doubled, {row[8]} clients out of order",
                met=row[3] < _GOAL_S * 1e3 and not any(row[6:9]),
            )
            for row in rows
        ],
    )


def _row(name: str, job: Job, heard: Sequence[Sequence[Heard]], begun_s: float) -> list[Any]:
    """Latencies are of what was written since the clients were there; all of the log must have come."""
    numbers = set(JobEvent.objects.filter(job=job).values_list("seq", flat=True))
    late_ms = [1e3 * (one.came_s - one.written_s) for client in heard for one in client if one.written_s >= begun_s]
    lost = sum(len(numbers.difference(one.seq for one in client)) for client in heard)
    doubled = sum(len(client) - len({one.seq for one in client}) for client in heard)
    disordered = sum(list(client) != sorted(client, key=lambda one: one.seq) for client in heard)
    quantiles = [quantile(late_ms, share) for share in (0.5, 0.95, 0.99, 1.0)]
    return [name, len(numbers), *quantiles, lost, doubled, disordered]


async def _listen_all(
    listen: Callable[[Call], Awaitable[list[Heard]]],
    count: int,
    job: Job,
    *,
    port: int,
    token: str,
    web: psutil.Process,
) -> tuple[float, list[list[Heard]], float]:
    """So many clients that listen before the paused job goes on and until it has ended; when it went on, and how much
    CPU time the web took from then on."""
    there = asyncio.Semaphore(0)
    call = Call(port=port, token=token, job_id=str(job.pk), ready=there.release)
    async with asyncio.timeout(_LONGEST_S):
        clients = [asyncio.create_task(listen(call)) for _ in range(count)]
        for _ in clients:
            await there.acquire()
        begun_s, idle_s = time.time(), _cpu_s(web)
        await asyncio.to_thread(_go_on, job)
        heard = await asyncio.gather(*clients)
        return begun_s, heard, _cpu_s(web) - idle_s


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def _go_on(job: Job) -> None:
    control.resume(job.pk)
    connection.close()


async def _listen_sse(call: Call) -> list[Heard]:
    reader, writer = await asyncio.open_connection(_HOST, call.port)
    writer.write(
        f"GET /api/detect/stream/{call.job_id} HTTP/1.1\r\nHost: {_HOST}\r\nAuthorization: Token {call.token}\r\n"
        "Accept: text/event-stream\r\nConnection: close\r\n\r\n".encode()
    )
    pieces: list[tuple[float, bytes]] = []
    while piece := await reader.read(65536):
        if not pieces:
            call.ready()
        pieces.append((time.time(), piece))
    writer.close()
    text = b"".join(piece for _, piece in pieces)
    assert text.startswith(b"HTTP/1.1 200"), text[:500]
    ends = list(accumulate(len(piece) for _, piece in pieces))
    return [_heard(json.loads(found[1]), pieces[bisect_left(ends, found.end())][0]) for found in _ENTRY.finditer(text)]


async def _listen_socket(call: Call) -> list[Heard]:
    pieces: list[tuple[float, str | bytes]] = []
    address = f"ws://{_HOST}:{call.port}/ws/jobs/"
    headers = {"Authorization": f"Token {call.token}"}
    async with connect(address, additional_headers=headers, origin=f"http://{_HOST}:{call.port}") as client:  # type: ignore[arg-type]
        await client.send(json.dumps({"type": "subscribe", "job_id": call.job_id}))
        async for message in client:
            if not pieces:
                call.ready()
            pieces.append((time.time(), message))
            if message.startswith('{"type": "complete"'):  # type: ignore[arg-type]
                break
    told = [(came_s, json.loads(message)) for came_s, message in pieces]
    return [_heard(message["event"], came_s) for came_s, message in told if "event" in message]


def _heard(event: dict[str, Any], came_s: float) -> Heard:
    written_s = datetime.fromisoformat(event["at"]).timestamp()
    return Heard(seq=event["seq"], written_s=written_s, came_s=came_s)


@contextmanager
def _web() -> Iterator[tuple[int, psutil.Process]]:
    """The pages and the API in a process of their own; gives port and process."""
    with socket.create_server((_HOST, 0)) as probe:
        port = probe.getsockname()[1]
    log = settings.HOME_DIR / "log" / "web.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            web_command(_HOST, port),
            cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            preexec_fn=dies_with_parent(),  # noqa: PLW1509 — one thread here
        )  # fmt: skip
    try:
        until_s = time.monotonic() + 60
        while True:
            try:
                socket.create_connection((_HOST, port), timeout=1).close()
                break
            except OSError:
                lives = process.poll() is None and time.monotonic() < until_s
                assert lives, f"The web did not start; see {log}."
                time.sleep(0.1)
        yield port, psutil.Process(process.pid)
    finally:
        end_group(process, 10.0)
