"""Regions of a shard as columns, and packed into their record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from detection.records import Quad, Regions

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found in one frame: row i of every array, and quad i, belong to its i-th region."""

    seq: int
    quads: Sequence[Quad]
    vectors: Floats
    marks: Floats
    sharpness: Sequence[float]
    contrast: Sequence[float]
    tracks: Sequence[int]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The regions of a shard, in the order of its frames; `seq` is each one's frame."""

    seq: NDArray[np.int64]
    quad_px: Floats
    vectors: Floats
    marks: Floats
    sharpness: Floats
    contrast: Floats
    track: Ints

    def __len__(self) -> int:
        return len(self.seq)

    @property
    def boxes_px(self) -> Floats:
        """The upright box about each region: left, top, width, height."""
        points = self.quad_px.reshape(-1, 4, 2)
        least = points.min(axis=1)
        return np.concatenate([least, points.max(axis=1) - least], axis=1)

    @property
    def shorter_px(self) -> Floats:
        """The shorter side of each region: of width and height, each the longer of two opposite sides, the less."""
        points = self.quad_px.reshape(-1, 4, 2)
        lengths = np.linalg.norm(points - np.roll(points, -1, axis=1), axis=2)
        return np.asarray(np.minimum(lengths[:, 0::2].max(axis=1), lengths[:, 1::2].max(axis=1)), np.float32)

    def quad(self, row: int) -> Quad:
        """The outline of one region."""
        return self.quads(np.array([row]))[0]

    def quads(self, rows: NDArray[np.intp]) -> list[Quad]:
        """The outlines of some regions."""
        points = np.round(self.quad_px[rows].astype(np.float64), 2).reshape(-1, 4, 2).tolist()
        return [cast(Quad, tuple(map(tuple, quad))) for quad in points]


def pack(frames: Sequence[Found], *, dimensions: int) -> Regions:
    """The record of these frames, which are in time order."""
    return Regions(
        seqs=[frame.seq for frame in frames],
        counts_of=[len(frame.quads) for frame in frames],
        dimensions=dimensions,
        quads=_packed([np.array(frame.quads, np.float32).reshape(-1, 8) for frame in frames], "<f4"),
        vectors=_packed([frame.vectors.reshape(-1, dimensions) for frame in frames], "<f2"),
        marks=_packed([frame.marks for frame in frames], "<f2"),
        sharpness=_packed([np.array(frame.sharpness, np.float32) for frame in frames], "<f4"),
        contrast=_packed([np.array(frame.contrast, np.float32) for frame in frames], "<f4"),
        tracks=_packed([np.array(frame.tracks, np.int32) for frame in frames], "<i4"),
    )


def unpack(regions: Regions) -> Columns:
    """The columns of a record."""

    def column(data: bytes, kind: str) -> NDArray[np.float32]:
        return np.frombuffer(data, kind).astype(np.float32)

    return Columns(
        seq=np.repeat(np.array(regions.seqs, np.int64), np.array(regions.counts_of, np.int64)),
        quad_px=column(regions.quads, "<f4").reshape(-1, 4, 2),
        vectors=column(regions.vectors, "<f2").reshape(-1, regions.dimensions),
        marks=column(regions.marks, "<f2"),
        sharpness=column(regions.sharpness, "<f4"),
        contrast=column(regions.contrast, "<f4"),
        track=cast(Ints, np.frombuffer(regions.tracks, "<i4").astype(np.int32)),
    )


def _packed(parts: Sequence[NDArray[np.float32] | NDArray[np.int32]], kind: str) -> bytes:
    return np.concatenate(parts).astype(kind).tobytes() if parts else b""
