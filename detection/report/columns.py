"""The sightings that the rungs of the ladder settled, read out of their packed records into columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any, get_args

import msgspec
import numpy as np
from msgspec import Raw

from detection.records import Method, Motion, Quad
from detection.report.spans import Floats, Ints, to_us

LADDER: tuple[Method, ...] = get_args(Method)
MOTIONS: tuple[Motion | None, ...] = (None, *get_args(Motion))

# So many records are objects at a time.
_CHUNK = 2048


class _Row(msgspec.Struct, gc=False):
    """What of a BrandMatch becomes columns."""

    seq: int
    quad: Quad
    brand: str
    confidence: float
    sharpness: float
    contrast: float
    method: Method
    start_s: float
    end_s: float
    boundary_error_s: float
    motion: Motion | None = None
    outline: Quad | None = None


class _Said(msgspec.Struct):
    text: str
    method: Method


_ROWS = msgspec.msgpack.Decoder(list[_Row])
_WORDS = msgspec.msgpack.Decoder(_Said)


@dataclass(frozen=True, kw_only=True)
class Words:
    """The brands, in order, and the packed records of all sightings."""

    names: Sequence[str]
    packed: Sequence[Raw]

    def of(self, record: int) -> tuple[str, Method]:
        """What was read, and how."""
        found = _WORDS.decode(self.packed[record])
        return found.text, found.method

    def texts(self, records: Ints) -> tuple[Ints, list[str]]:
        """What was read in each of these, as places in a list of different texts, which are in order."""
        said = [self.of(record)[0] for record in records.tolist()]
        every = sorted(set(said))
        place = {text: number for number, text in enumerate(every)}
        return np.fromiter((place[text] for text in said), np.int64, len(said)), every


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Row i of every column belongs to the i-th sighting; rows are ordered by frame, brand and place. `brand`,
    `rung` and `motion` number the brands, LADDER and MOTIONS, `record` the packed records."""

    record: Ints
    seq: Ints
    brand: Ints
    rung: Ints
    outline_px: Floats
    confidence: Floats
    sharpness: Floats
    contrast: Floats
    start_us: Ints
    end_us: Ints
    error_s: Floats
    motion: Ints

    def __len__(self) -> int:
        return len(self.seq)


def read(rungs: Sequence[Sequence[Raw]]) -> tuple[Columns, Words]:
    """The sightings of all rungs, without doubles: the same place, frame and brand from a later rung is left out."""
    names: dict[str, int] = {}
    packed = list(chain.from_iterable(rungs))
    columns: dict[str, Any] = {}
    for start, rows in _decoded(packed):
        for name, part in _parts(rows, names).items():
            if name not in columns:
                columns[name] = np.empty((len(packed), *part.shape[1:]), part.dtype)
            columns[name][start : start + len(rows)] = part
    # Numbered by name, whatever came first.
    ordered = sorted(names)
    place = np.empty(len(names), np.int64)
    place[[names[name] for name in ordered]] = np.arange(len(names))
    columns["brand"] = place[columns["brand"]]
    kept = _unique(columns)
    del columns["quad_px"]
    # One at a time: both orders of all columns at once would be twice the memory.
    ready = {name: columns.pop(name)[kept] for name in list(columns)}
    return Columns(record=kept, **ready), Words(names=ordered, packed=packed)


def _parts(rows: Sequence[_Row], names: dict[str, int]) -> dict[str, Any]:
    """The columns of some rows; brands are numbered in `names` as they come."""

    def column(name: str, kind: type[Any] = float) -> Any:
        return np.fromiter(map(attrgetter(name), rows), kind, len(rows))

    def quads(values: Iterable[Quad]) -> Floats:
        return np.fromiter(chain.from_iterable(chain.from_iterable(values)), float, 8 * len(rows)).reshape(-1, 4, 2)

    return {
        "seq": column("seq", np.int64),
        "brand": np.fromiter((names.setdefault(row.brand, len(names)) for row in rows), np.int64, len(rows)),
        "rung": np.fromiter((_RUNGS[row.method] for row in rows), np.int64, len(rows)),
        "quad_px": quads(row.quad for row in rows),
        "outline_px": quads(row.outline or row.quad for row in rows),
        "confidence": column("confidence"),
        "sharpness": column("sharpness"),
        "contrast": column("contrast"),
        "start_us": to_us(column("start_s")),
        "end_us": to_us(column("end_s")),
        "error_s": column("boundary_error_s"),
        "motion": np.fromiter((_MOTIONS[row.motion] for row in rows), np.int64, len(rows)),
    }


_RUNGS = {method: rung for rung, method in enumerate(LADDER)}
_MOTIONS = {motion: number for number, motion in enumerate(MOTIONS)}


def _decoded(packed: Sequence[Raw]) -> Iterator[tuple[int, list[_Row]]]:
    """The records, some at a time, and the place of the first of them; of no records none, once."""
    for start in range(0, len(packed) or 1, _CHUNK):
        some = packed[start : start + _CHUNK]
        # An array of so many records, as msgpack writes it.
        yield start, _ROWS.decode(b"\xdc" + len(some).to_bytes(2, "big") + b"".join(some))


def _unique(columns: dict[str, Any]) -> Ints:
    """The rows to keep, in order. Of doubles the one from the first rung, of those the surest."""
    frame_and_brand = columns["seq"] * (int(columns["brand"].max(initial=0)) + 1) + columns["brand"]
    rows = np.argsort(frame_and_brand, kind="stable")
    same = frame_and_brand[rows][1:] == frame_and_brand[rows][:-1]
    # Most brands are seen once in a frame; only the others need to be told apart.
    several = np.append(same, False) | np.append(False, same) if len(rows) else np.zeros(0, bool)
    crowd = rows[several]
    quad = columns["quad_px"].reshape(-1, 8)
    keys = [-columns["confidence"][crowd], columns["rung"][crowd], *quad[crowd].T[::-1], frame_and_brand[crowd]]
    crowd = crowd[np.lexsort(keys)]
    rows[several] = crowd
    double = np.zeros(len(rows), bool)
    equal = (quad[crowd][1:] == quad[crowd][:-1]).all(axis=1) & (
        frame_and_brand[crowd][1:] == frame_and_brand[crowd][:-1]
    )
    double[np.flatnonzero(several)[1:][equal]] = True
    return rows[~double]
