"""How a stage's output becomes bytes: msgpack by msgspec, compressed with zstandard.

Equal records always give the same bytes (fields in declared order, mappings sorted, fixed compression level), which is
what makes outputs comparable across workers, shards and crashes.
"""

from __future__ import annotations

import hashlib
from typing import Any, TypeVar, dataclass_transform

import msgspec
import zstandard

T = TypeVar("T")

_LEVEL = 3


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Base of every value that passes between stages."""


def encode(record: Any) -> bytes:
    """Compressed bytes of a record."""
    packed = msgspec.msgpack.encode(record, order="deterministic")
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(packed)


def decode(data: bytes, kind: type[T]) -> T:
    """The record that `encode` was given. Raises msgspec.DecodeError or ZstdError on damaged bytes."""
    return msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(data), type=kind)


def digest(value: Any) -> str:
    """A stable SHA-256 of any JSON-like value or record; equal values give equal digests whatever the key order."""
    return hashlib.sha256(msgspec.json.encode(value, order="deterministic")).hexdigest()
