"""What is read in crops."""

from __future__ import annotations

from itertools import groupby

from detection.records.geometry import Quad
from mpr.pipeline.codec import Record
from mpr.pipeline.transforms import Transform


class TextCandidate(Record):
    """What was read in one crop. `score` is the reader's mean confidence, 0 to 1. `sharpness` is the variance of the
    Laplacian of the crop scaled to 48 px height, a measure of how clear it is; `contrast` its grey standard deviation,
    0 to 1. `track` is the number of the shard's track that the crop shows, -1 where nothing is tracked."""

    seq: int
    box: int
    quad: Quad
    text: str
    score: float
    sharpness: float
    contrast: float
    track: int = -1


class Texts(Record):
    """Readings of the shard ordered by (seq, box); crops in which nothing was read are left out."""

    candidates: list[TextCandidate]

    def counts(self) -> dict[str, int]:
        return {"texts": len(self.candidates)}

    def select(self, transform: Transform) -> Texts:
        frames = groupby(self.candidates, key=lambda candidate: candidate.seq)
        return Texts(
            candidates=[
                candidate
                for _, of_frame in frames
                for candidate in transform.pick(of_frame, score=lambda found: found.score, label=lambda found: "text")
            ]
        )
