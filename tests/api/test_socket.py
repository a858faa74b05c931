"""Jobs over a WebSocket, through the whole ASGI application."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import transaction
from django.utils import timezone
from rest_framework.authtoken.models import Token

from mpr.events import log
from mpr.jobs.models import Job
from mpr.routing import application
from tests.loops import in_loop
from tests.rows import make_job

pytestmark = pytest.mark.django_db(transaction=True)


class Socket(ApplicationCommunicator):
    """A client of the application's WebSocket. (That of channels.testing cannot be had without Daphne.)"""

    async def connect(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(10))["type"] == "websocket.accept"

    async def say(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        return json.loads((await self.receive_output(10))["text"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        # After a second, which a busy machine may need, it would be cancelled in the midst of closing.
        await self.wait(10)


def socket_of(client=None, *, token=None, origin=b"http://localhost") -> Socket:
    headers = [(b"host", b"localhost")]
    if origin:
        headers.append((b"origin", origin))
    if client:
        headers.append((b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()))
    if token:
        headers.append((b"authorization", f"Token {token}".encode()))
    scope = {"type": "websocket", "path": "/ws/jobs/", "query_string": b"", "headers": headers, "subprotocols": []}
    return Socket(application, scope)


@asynccontextmanager
async def connected(client):
    socket = socket_of(client)
    assert await socket.connect()
    yield socket
    await socket.disconnect()


async def ask(socket, **message):
    await socket.say(json.dumps(message))


async def take(socket):
    return await socket.hear()


async def take_until(socket, kind):
    taken = [await take(socket)]
    while taken[-1]["type"] != kind:
        taken.append(await take(socket))
    return taken


@sync_to_async
def write(job, *types, **payload):
    for kind in types:
        with transaction.atomic():
            log.append(job.pk, kind, payload)


@sync_to_async
def end(job, status):
    with transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status=status, finished_at=timezone.now())
        log.append(job.pk, f"job.{status}", {"reason": "The disk is full."} if status == "failed" else {})


@in_loop
async def test_a_ping_gets_a_pong(client):
    async with connected(client) as socket:
        await ask(socket, type="ping")
        assert (await take(socket))["type"] == "pong"


@in_loop
async def test_a_job_from_the_middle_to_its_end(client, job):
    async with connected(client) as socket:
        await write(job, "stage.running", "shard.done", "checkpoint", stage="numbers")
        await ask(socket, type="subscribe", job_id=str(job.pk), after=1)
        resumed = await take(socket)
        assert resumed == {
            "type": "resumed", "job_id": str(job.pk), "after": 1, "newest": 3, "gapless_from": 1, "status": "running",
        }  # fmt: skip
        taken = await take_until(socket, "checkpoint")
        assert [(found["type"], found["seq"]) for found in taken] == [("progress", 2), ("checkpoint", 3)]
        assert taken[0]["event"]["payload"] == {"stage": "numbers"}
        await write(job, "shard.done")
        await end(job, "completed")
        taken = await take_until(socket, "complete")
        assert [found["seq"] for found in taken if "seq" in found] == [4, 5]
        assert taken[-1] == {"type": "complete", "job_id": str(job.pk), "status": "completed"}
        assert [found for found in taken if "percent" in found][-1]["percent"] == 100.0


@in_loop
async def test_a_failure_is_told_as_an_error(client, job):
    async with connected(client) as socket:
        await end(job, "failed")
        await ask(socket, type="subscribe", job_id=str(job.pk))
        error = next(found for found in await take_until(socket, "complete") if found["type"] == "error")
        assert (error["seq"], error["code"], error["message"]) == (1, "job_failed", "The disk is full.")


@in_loop
async def test_subscribing_again_goes_on_from_there(client, job):
    async with connected(client) as socket:
        await write(job, "log", "log", "log")
        await ask(socket, type="subscribe", job_id=str(job.pk))
        while (await take(socket)).get("seq") != 3:
            pass
        await ask(socket, type="subscribe", job_id=str(job.pk), after=2)
        assert (await take_until(socket, "resumed"))[-1]["after"] == 2
        assert (await take(socket))["seq"] == 3


@in_loop
async def test_jobs_side_by_side_and_one_no_longer(client, job):
    async with connected(client) as socket:
        other = await sync_to_async(make_job)(job.timeline, "running", done=2)
        for each in (job, other):
            await ask(socket, type="subscribe", job_id=str(each.pk))
        await ask(socket, type="unsubscribe", job_id=str(job.pk))
        await ask(socket, type="ping")
        await take_until(socket, "pong")
        await write(job, "log")
        await write(other, "stage.done")
        taken = [await take(socket)]
        while "seq" not in taken[-1]:
            taken.append(await take(socket))
        assert {found["job_id"] for found in taken} == {str(other.pk)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "This is no message; send a JSON object with a “type”."),
        ("[]", "This is no message; send a JSON object with a “type”."),
        ('{"type": "jump"}', "There is no message “jump”. Known: ping, subscribe, unsubscribe."),
        ('{"type": "subscribe"}', "“job_id” is not right; send the id of a job."),
        ('{"type": "subscribe", "job_id": "00000000-0000-0000-0000-000000000000", "after": -1}',
         "“after” is not right; send the number of the last event you have, or 0 for the whole log."),
        ('{"type": "subscribe", "job_id": "00000000-0000-0000-0000-000000000000"}',
         "There is no job 00000000-0000-0000-0000-000000000000, or it belongs to a workspace you are not a member of."),
    ],
)  # fmt: skip
@in_loop
async def test_what_makes_no_sense_is_told_and_the_line_stays_open(text, sentence, client):
    async with connected(client) as socket:
        await socket.say(text)
        error = await take(socket)
        assert (error["type"], error["message"]) == ("error", sentence)
        await ask(socket, type="ping")
        assert (await take(socket))["type"] == "pong"


@in_loop
async def test_a_strangers_job_is_refused(job, stranger_client):
    socket = socket_of(stranger_client)
    await socket.connect()
    await ask(socket, type="subscribe", job_id=str(job.pk))
    answer = await take(socket)
    assert (answer["type"], answer["code"]) == ("error", "not_found")
    await socket.disconnect()


@in_loop
async def test_staff_that_sees_everything_follows_any_job(job, django_user_model):
    superuser = await sync_to_async(django_user_model.objects.create_superuser)("operator")
    token = await Token.objects.acreate(user=superuser)
    socket = socket_of(token=token.key)
    assert await socket.connect()
    await ask(socket, type="subscribe", job_id=str(job.pk))
    assert (await take(socket))["type"] == "resumed"
    await socket.disconnect()


@in_loop
async def test_staff_without_a_role_is_a_stranger(job, django_user_model):
    staff = await sync_to_async(django_user_model.objects.create_user)("helper", is_staff=True)
    token = await Token.objects.acreate(user=staff)
    socket = socket_of(token=token.key)
    assert await socket.connect()
    await ask(socket, type="subscribe", job_id=str(job.pk))
    assert (await take(socket))["code"] == "not_found"
    await socket.disconnect()


@in_loop
async def test_a_program_signs_in_with_its_token(owner, job):
    token = await Token.objects.acreate(user=owner)
    socket = socket_of(token=token.key, origin=None)
    assert await socket.connect()
    await ask(socket, type="subscribe", job_id=str(job.pk))
    assert (await take(socket))["type"] == "resumed"
    await socket.disconnect()


@pytest.mark.parametrize("given", [{}, {"token": "nonsense"}], ids=["nobody", "bad token"])
@in_loop
async def test_nobody_is_turned_away(given, db):
    assert not await socket_of(**given).connect()


@in_loop
async def test_a_page_of_another_host_is_turned_away(client):
    assert not await socket_of(client, origin=b"https://elsewhere.example").connect()


@in_loop
async def test_more_jobs_than_one_line_can_follow_are_refused(client, job, monkeypatch):
    monkeypatch.setattr("mpr.jobs.live.socket._JOBS_AT_MOST", 1)
    async with connected(client) as socket:
        other = await sync_to_async(make_job)(job.timeline)
        await ask(socket, type="subscribe", job_id=str(job.pk))
        await ask(socket, type="subscribe", job_id=str(other.pk))
        error = (await take_until(socket, "error"))[-1]
        assert error["message"] == "One connection follows 1 jobs at most; unsubscribe from one first."
