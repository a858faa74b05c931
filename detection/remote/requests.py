"""Requests and answers of an ASGI server, as far as the inference server needs them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import msgspec

from mpr.errors import BadInput, MprError, error_json

Event = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

JSON = "application/json"
_SILENT_S = 60.0


class TooLarge(BadInput):
    """The request is too large; send less at once."""

    code = "too_large"
    http_status = 413


class Gone(Exception):
    """Whoever asked has hung up."""


class Request:
    """One HTTP request. Its body is read once, or thrown away."""

    def __init__(self, scope: Scope, receive: Receive, *, most_bytes: int) -> None:
        self.method = str(scope["method"])
        self.path = str(scope["path"])
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._query: dict[str, list[str]] = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50)
        self._receive = receive
        self._most_bytes = most_bytes
        self._whole = False

    def header(self, name: str) -> str:
        """A header's value, empty when it is missing; `name` in small letters."""
        return self._headers.get(name.encode(), b"").decode("latin-1").strip()

    def asked(self, name: str, default: str = "") -> str:
        """A parameter of the address."""
        return self._query.get(name, [default])[-1]

    async def body(self) -> bytes:
        """All of it. Raises TooLarge, and Gone when it does not come to its end."""
        if int(self.header("content-length") or 0) > self._most_bytes:
            raise self._too_large()
        parts: list[bytes] = []
        size = 0
        while not self._whole:
            part = await self._part()
            size += len(part)
            if size > self._most_bytes:
                raise self._too_large()
            parts.append(part)
        return b"".join(parts)

    async def skip(self) -> None:
        """Read what is left of the body and forget it: who is still sending would not hear an answer."""
        try:
            size = 0
            while not self._whole and size <= self._most_bytes:
                size += len(await self._part())
        except Gone:
            return

    async def hang_up(self) -> None:
        """Returns when whoever asked has gone."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _part(self) -> bytes:
        try:
            event = await asyncio.wait_for(self._receive(), _SILENT_S)
        except TimeoutError as error:
            # A machine that vanished must not keep its place for good.
            raise Gone from error
        if event["type"] == "http.disconnect":
            raise Gone
        self._whole = not event.get("more_body", False)
        return bytes(event.get("body", b""))

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The request has more than {self._most_bytes // 2**20} MB; give the profile shorter shards, or start the "
            "server with a greater --max-request-mb."
        )


async def begin(send: Send, status: int, kind: str, headers: dict[str, str] | None = None) -> None:
    """The head of an answer whose body follows in parts."""
    fields = {"content-type": kind, "cache-control": "no-store", **(headers or {})}
    pairs = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})


async def answer_json(send: Send, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
    """A whole answer."""
    data = msgspec.json.encode(value, order="deterministic")
    await begin(send, status, JSON, {"content-length": str(len(data)), **(headers or {})})
    await send({"type": "http.response.body", "body": data})


async def answer_error(send: Send, error: MprError, headers: dict[str, str] | None = None) -> None:
    """An error in the shape that the API tells every error in."""
    await answer_json(send, error.http_status, error_json(error.code, error.message), headers)
