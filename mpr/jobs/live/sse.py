"""A job's log as server-sent events (WHATWG HTML, section 9.2): `GET /api/detect/stream/{job_id}`.

`id` is the event's number and `event` its type, so a browser that comes back sends Last-Event-ID and goes on from
there. `resumed`, `progress` and `end` are not of the log and carry no id.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from functools import lru_cache
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from mpr.errors import BadInput, Unavailable
from mpr.events.read import Entry
from mpr.jobs.api.find import job_for
from mpr.jobs.live.follow import Beat, Item, News, Over, Progress, Resumed, follow
from mpr.workspaces.models import Role

_MEDIA_TYPE = "text/event-stream"
_RETRY_MS = 2000
# Entries whose bytes are kept for the next client.
_KEPT = 256


class EventStreamRenderer(BaseRenderer):
    """Lets clients that ask for an event stream in; what is streamed is written by the view."""

    media_type = _MEDIA_TYPE
    format = "event-stream"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return bytes(JSONRenderer().render(data))


class Stream(APIView):
    renderer_classes = [EventStreamRenderer, JSONRenderer]

    @extend_schema(
        operation_id="stream_job",
        tags=["events"],
        parameters=[
            OpenApiParameter("after", int, description="Begin behind this event; 0 is the whole log."),
            OpenApiParameter("Last-Event-ID", int, OpenApiParameter.HEADER, description="The same; it wins."),
        ],
        responses={
            (200, _MEDIA_TYPE): OpenApiResponse(str, description="Events until the job has ended."),
            204: OpenApiResponse(description="The job has ended and nothing is left to tell."),
        },
    )
    def get(self, request: Request, job_id: UUID) -> HttpResponse | StreamingHttpResponse:
        """The job's log from an event on, and its progress, as they come."""
        job = job_for(request, job_id, Role.VIEWER)
        after = _after(request)
        if job.is_finished and after >= job.event_seq:
            return HttpResponse(status=204)
        if not isinstance(request._request, ASGIRequest):
            raise Unavailable("This server cannot keep a stream open; start MPR with `mpr up` or another ASGI server.")
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        lines = _lines(follow(job.pk, after, request.user))
        return StreamingHttpResponse(lines, content_type=_MEDIA_TYPE, headers=headers)


def _after(request: Request) -> int:
    text = request.headers.get("Last-Event-ID") or request.query_params.get("after") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise BadInput(f"“{text[:40]}” is no event's number; send the last one you have, or 0 for the whole log.")
    return int(text)


async def _lines(items: AsyncIterator[Item]) -> AsyncIterator[bytes]:
    # The view has looked the job up in this request's thread, which would keep its connection as long as we stream.
    await sync_to_async(_let_go)()
    yield f"retry: {_RETRY_MS}\n\n".encode()
    async with aclosing(items):  # type: ignore[type-var]
        async for item in items:
            yield _told(item)


def _told(item: Item) -> bytes:
    match item:
        case News():
            return b"".join(map(_line, item.entries))
        case Progress():
            return _unnumbered("progress", item.data)
        case Resumed():
            return _unnumbered("resumed", _json(vars(item)))
        case Over():
            return _unnumbered("end", _json(vars(item)))
        case Beat():
            return b": nothing new\n\n"


@lru_cache(maxsize=_KEPT)
def _line(entry: Entry) -> bytes:
    return f"id: {entry.seq}\nevent: {entry.type}\ndata: {entry.data}\n\n".encode()


def _unnumbered(name: str, data: str) -> bytes:
    return f"event: {name}\ndata: {data}\n\n".encode()


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _let_go() -> None:
    if not connection.in_atomic_block:
        connection.close()
