"""What a worker and an inference server say to each other.

A request is the four bytes of a length, an `Ask` of that length, and the pictures it lists, one behind the other: the
JPEG bytes of the frame cache, so that both sides see the same pixels. An answer is a stream of messages, each behind
the four bytes of its length, the last of which is `Done` or `Failed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

import msgspec
import zstandard

from mpr.errors import BadInput
from mpr.pipeline.codec import Record, decode, encode
from mpr.pipeline.context import Span

T = TypeVar("T")

PROTOCOL = 1
"""Goes up whenever one side could no longer understand the other."""

REQUEST_TYPE = "application/x-mpr-ask"
ANSWER_TYPE = "application/x-mpr-answer"

_LENGTH_BYTES = 4


class Place(Record):
    """Where a carried picture lies in the worker's frame cache: the name by which the stage asks for it."""

    pack: str
    offset: int
    size: int


class Ask(Record):
    """One call of a stage. `config` holds plain values; `inputs` is the stage's encoded Inputs; `weights` the SHA-256
    of the model files, by name, that the answer must rest on."""

    stage: str
    version: int
    config: dict[str, Any]
    span: Span
    inputs: bytes
    pictures: list[Place]
    weights: dict[str, str]


class Waits(Record, tag="waits"):
    """The call is in the queue; said every few seconds."""


class Progress(Record, tag="progress"):
    done: int
    total: int


class Said(Record, tag="said"):
    """A line for the job's log."""

    level: str
    message: str


class Picture(Record):
    """A picture that a debug twin adds: of which frame, what it shows, and its JPEG or PNG bytes."""

    seq: int
    name: str
    data: bytes


class Done(Record, tag="done"):
    """The encoded output, and the SHA-256 of the model files it rests on, by name."""

    output: bytes
    weights: dict[str, str]
    pictures: list[Picture] = []


class Failed(Record, tag="failed"):
    """The stage raised an MprError with this code."""

    code: str
    message: str
    transient: bool


Message = Waits | Progress | Said | Done | Failed


class Readable(Protocol):
    """Bytes that arrive bit by bit; `read` gives fewer than asked for only at the end."""

    def read(self, amt: int) -> bytes: ...


def pack_ask(ask: Ask) -> bytes:
    """What stands before the pictures."""
    return _framed(encode(ask))


def split_request(body: bytes | memoryview, *, most_bytes: int) -> tuple[Ask, dict[tuple[str, int], memoryview]]:
    """The call and its pictures by pack and offset. Raises BadInput when the body is not a whole request."""
    view = memoryview(body)
    head_end = _LENGTH_BYTES + int.from_bytes(view[:_LENGTH_BYTES])
    if len(view) < head_end:
        raise BadInput("The request ended early; send it whole.")
    ask = unpacked(bytes(view[_LENGTH_BYTES:head_end]), Ask, most_bytes=most_bytes)
    pictures, begin = {}, head_end
    for place in ask.pictures:
        pictures[place.pack, place.offset] = view[begin : begin + place.size]
        begin += place.size
    if begin != len(view):
        raise BadInput("The request does not hold the pictures that it lists; send it whole.")
    return ask, pictures


def unpacked(data: bytes, kind: type[T], *, most_bytes: int) -> T:
    """A record sent by somebody else. Raises BadInput when it is none or unpacks to more than `most_bytes`."""
    try:
        if zstandard.frame_content_size(data) > most_bytes:
            raise BadInput(f"The request unpacks to more than {most_bytes // 2**20} MB; send less at once.")
        return decode(data, kind)
    except (msgspec.DecodeError, zstandard.ZstdError) as error:
        raise BadInput(f"The request cannot be understood ({error}); use the same version of MPR on both sides.") from (
            error
        )


def pack_message(message: Message) -> bytes:
    """A message with its length."""
    return _framed(msgspec.msgpack.encode(message))


def messages(stream: Readable, *, most_bytes: int) -> Iterator[Message]:
    """The messages of an answer until its end. Raises ValueError when what arrives is none."""
    while head := _whole(stream, _LENGTH_BYTES):
        size = int.from_bytes(head)
        if size > most_bytes:
            raise ValueError(f"a message of {size} bytes")
        yield msgspec.msgpack.decode(_whole(stream, size), type=Message)


def _whole(stream: Readable, size: int) -> bytes:
    parts, missing = [], size
    while missing:
        part = stream.read(missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    if parts and missing:
        raise ValueError("a message that ends early")
    return b"".join(parts)


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH_BYTES) + data
