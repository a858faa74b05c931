"""Jobs over one WebSocket: `/ws/jobs/`; docs/api.md lists the messages.

What is sent waits for the client to take it, and a follower that waits reads nothing, so a slow client costs no memory.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import AnonymousUser
from django.db import Error as DatabaseError
from rest_framework.authtoken.models import Token

from mpr.errors import BadInput, MprError, NotFound, Refused
from mpr.events.read import Entry
from mpr.jobs.live.ending import end
from mpr.jobs.live.follow import Beat, Item, News, Over, Progress, Resumed, follow
from mpr.jobs.live.look import in_thread, may_see

_JOBS_AT_MOST = 32
_LONGEST_MESSAGE = 4096
# Messages that are kept for the next client.
_KEPT = 256


class Jobs(AsyncWebsocketConsumer):
    """One client, following any number of jobs up to _JOBS_AT_MOST."""

    # Followers listen to the channel layer; the consumer itself has no use for a channel of its own.
    channel_layer_alias = ""

    async def connect(self) -> None:
        """Signed in by session, or by a token as in the API; anybody else is turned away before the handshake."""
        self._following: dict[UUID, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()
        self._user: Any = self.scope.get("user") or AnonymousUser()
        if not self._user.is_authenticated:
            self._user = await in_thread(_user_of, dict(self.scope.get("headers", [])).get(b"authorization", b""))
        if self._user.is_authenticated:
            await self.accept()
        else:
            await self.close()

    async def disconnect(self, code: int) -> None:
        for job_id in list(self._following):
            await self._leave(job_id)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            await self._act(_message(text_data))
        except MprError as error:
            await self._tell("error", code=error.code, message=error.message)

    async def _act(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "ping":
                await self._tell("pong", at=datetime.now(UTC).isoformat())
            case "subscribe":
                await self._subscribe(_job_id(message), _seq(message))
            case "unsubscribe":
                await self._leave(_job_id(message))
            case kind:
                raise BadInput(f"There is no message “{kind}”. Known: ping, subscribe, unsubscribe.")

    async def _subscribe(self, job_id: UUID, after: int) -> None:
        """Follow a job; one that is followed already is followed anew from there."""
        if not await in_thread(may_see, self._user, job_id):
            raise NotFound(f"There is no job {job_id}, or it belongs to a workspace you are not a member of.")
        await self._leave(job_id)
        if len(self._following) >= _JOBS_AT_MOST:
            raise Refused(f"One connection follows {_JOBS_AT_MOST} jobs at most; unsubscribe from one first.")
        self._following[job_id] = asyncio.create_task(self._pass_on(job_id, after))

    async def _leave(self, job_id: UUID) -> None:
        task = self._following.pop(job_id, None)
        if task is not None:
            await end(task)

    async def _pass_on(self, job_id: UUID, after: int) -> None:
        try:
            async with aclosing(follow(job_id, after, self._user)) as items:  # type: ignore[type-var]
                async for item in items:
                    for message in _told(job_id, item):
                        await self._send(message)
        except DatabaseError:
            message = "The database does not answer; subscribe again behind the last event you have."
            await self._tell("error", job_id=str(job_id), code="unavailable", message=message)
        if self._following.get(job_id) is asyncio.current_task():
            del self._following[job_id]

    async def _tell(self, kind: str, **values: Any) -> None:
        await self._send(_json(kind, **values))

    async def _send(self, message: str) -> None:
        async with self._sending:
            await self.send(message)


def _told(job_id: UUID, item: Item) -> list[str]:
    """The messages in which an item is told."""
    match item:
        case News():
            return [_of_entry(job_id, entry) for entry in item.entries]
        case Progress():
            return [_of_progress(job_id, item)]
        case Resumed():
            return [_json("resumed", job_id=str(job_id), **vars(item))]
        case Over():
            return [_json("complete", job_id=str(job_id), **vars(item))]
        case Beat():
            return []


@lru_cache(maxsize=_KEPT)
def _of_entry(job_id: UUID, entry: Entry) -> str:
    kind = {"checkpoint": "checkpoint", "job.failed": "error"}.get(entry.type, "progress")
    event = json.loads(entry.data)
    said = {"job_id": str(job_id), "seq": entry.seq, "event": event}
    if entry.type == "job.failed":
        said |= {"code": "job_failed", "message": event["payload"].get("reason", "")}
    return _json(kind, **said)


@lru_cache(maxsize=_KEPT)
def _of_progress(job_id: UUID, progress: Progress) -> str:
    return _json("progress", job_id=str(job_id), **json.loads(progress.data))


def _json(kind: str, **values: Any) -> str:
    return json.dumps({"type": kind, **values}, ensure_ascii=False)


def _message(text: str | None) -> dict[str, Any]:
    try:
        message = json.loads((text or "")[:_LONGEST_MESSAGE])
    except ValueError as error:
        raise BadInput("This is no message; send a JSON object with a “type”.") from error
    if not isinstance(message, dict):
        raise BadInput("This is no message; send a JSON object with a “type”.")
    return message


def _job_id(message: dict[str, Any]) -> UUID:
    try:
        return UUID(str(message.get("job_id")))
    except ValueError as error:
        raise BadInput("“job_id” is not right; send the id of a job.") from error


def _seq(message: dict[str, Any]) -> int:
    after = message.get("after", 0)
    if type(after) is not int or not 0 <= after < 2**63:
        raise BadInput("“after” is not right; send the number of the last event you have, or 0 for the whole log.")
    return after


def _user_of(authorization: bytes) -> Any:
    """Whose token the header holds: “Token 0123…”."""
    kind, _, key = authorization.decode("latin-1").partition(" ")
    token = Token.objects.select_related("user").filter(key=key.strip(), user__is_active=True).first()
    return token.user if token is not None and kind.lower() == "token" else AnonymousUser()
