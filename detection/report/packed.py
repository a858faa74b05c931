"""Measured values as bytes: what compile_report keeps beside its report, read in one go.

Columns are stored as numpy holds them, which is what makes reading those of a long broadcast a matter of milliseconds.
The same values give the same bytes.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from detection.records import KeptFrame, Replay, Shot
from detection.report.ground import Ground
from detection.report.kept import Kept
from detection.report.measured import Measured, Work
from detection.report.questions import Asked, Open
from detection.report.sightings import Instances
from mpr.pipeline import codec
from mpr.pipeline.codec import Record

T = TypeVar("T")

# Goes up whenever what is packed changes its form; what another version packed is measured anew.
VERSION = 1


class _Column(Record):
    kind: str
    shape: list[int]
    data: bytes


class _Packed(Record):
    version: int
    shots: list[Shot]
    replays: list[Replay] | None
    frames: list[KeptFrame]
    names: list[str]
    texts: list[str]
    asked: list[Asked]
    work: list[Work]
    columns: dict[str, _Column]


class _Version(Record, forbid_unknown_fields=False):
    version: int


def packed(measured: Measured) -> bytes:
    """The bytes that `unpacked` reads."""
    columns: dict[str, _Column] = {}
    for owner in (measured.instances, measured.ground, measured.open):
        columns |= {f"{type(owner).__name__}.{name}": _column(value) for name, value in _arrays(owner)}
    return codec.encode(
        _Packed(
            version=VERSION,
            shots=list(measured.shots),
            replays=None if measured.replays is None else list(measured.replays),
            frames=list(measured.kept.frames),
            names=list(measured.names),
            texts=list(measured.texts),
            asked=list(measured.open.asked),
            work=list(measured.work),
            columns=columns,
        )
    )


def unpacked(data: bytes) -> Measured | None:
    """The measured values, or None when another version packed them."""
    if codec.decode(data, _Version).version != VERSION:
        return None
    found = codec.decode(data, _Packed)
    return Measured(
        shots=found.shots,
        replays=found.replays,
        kept=Kept.of(found.frames),
        names=found.names,
        texts=found.texts,
        instances=_filled(Instances, found),
        ground=_filled(Ground, found),
        open=_filled(Open, found, asked=found.asked),
        work=found.work,
    )


def _arrays(owner: Any) -> list[tuple[str, Any]]:
    values = [(field.name, getattr(owner, field.name)) for field in fields(owner)]
    return [(name, value) for name, value in values if isinstance(value, np.ndarray)]


def _column(values: Any) -> _Column:
    return _Column(kind=values.dtype.str, shape=list(values.shape), data=np.ascontiguousarray(values).tobytes())


def _filled(kind: type[T], found: _Packed, **others: Any) -> T:
    prefix = f"{kind.__name__}."
    columns = {
        name.removeprefix(prefix): np.frombuffer(column.data, column.kind).reshape(column.shape)
        for name, column in found.columns.items()
        if name.startswith(prefix)
    }
    return kind(**columns, **others)
