"""Giving a stored file to a browser: by ranges from a local folder, by a signed address from S3."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase

from mpr.errors import NotFound, from_os_error
from mpr.storage.buckets import Bucket
from mpr.web.ranges import NotSatisfiable, Part, names, requested_part, still_holds

# How long an address that is handed out works. A player that was paused for longer asks us for a new one.
SIGNED_S = 900
_BLOCK_BYTES = 512 * 1024


def serve(request: HttpRequest, bucket: Bucket, key: str, *, content_type: str, etag: str) -> HttpResponseBase:
    """The file, or the part of it that the request asks for; who may have it is settled before.

    `etag` stands for the content, without quotes: other content has another one. A private cache may keep the answer.
    Raises NotFound.
    """
    signed = bucket.signed_address(key, content_type=content_type, valid_s=SIGNED_S)
    if signed is not None:
        return HttpResponseRedirect(signed, headers={"Cache-Control": "no-store"})
    tag = f'"{etag}"'
    headers = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if names(request.headers.get("If-None-Match"), tag):
        return HttpResponse(status=304, headers=headers)
    path = bucket.local_path(key)
    file, size = _opened(path, key)
    try:
        wanted = request.headers.get("Range") if request.method in ("GET", "HEAD") else None
        part = requested_part(wanted, size) if still_holds(request.headers.get("If-Range"), tag) else None
    except NotSatisfiable:
        file.close()
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    sent = part or Part(start=0, end=size)
    headers["Content-Length"] = str(sent.end - sent.start)
    if part is not None:
        headers["Content-Range"] = part.content_range(size)
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=206 if part else 200, content_type=content_type, headers=headers)
    file.seek(sent.start)
    blocks = _blocks(file, sent) if not isinstance(request, ASGIRequest) else _blocks_ahead(file, sent)
    answer = StreamingHttpResponse(blocks, status=206 if part else 200, content_type=content_type, headers=headers)
    answer._resource_closers.append(file.close)  # type: ignore[attr-defined]
    return answer


def _opened(path: Path, key: str) -> tuple[BinaryIO, int]:
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise NotFound(f"{key} is no longer stored; it was deleted or moved.") from error
    except OSError as error:
        raise from_os_error(error, f"read {key}") from error
    return file, path.stat().st_size


def _blocks(file: BinaryIO, part: Part) -> Iterator[bytes]:
    left = part.end - part.start
    while left > 0 and (block := file.read(min(_BLOCK_BYTES, left))):
        left -= len(block)
        yield block


async def _blocks_ahead(file: BinaryIO, part: Part) -> AsyncIterator[bytes]:
    """A player reads slowly, or stops for minutes: no thread and no database connection waits for it."""
    await sync_to_async(_let_go)()
    left = part.end - part.start
    while left > 0 and (block := await asyncio.to_thread(file.read, min(_BLOCK_BYTES, left))):
        left -= len(block)
        yield block


def _let_go() -> None:
    if not connection.in_atomic_block:
        connection.close()
