"""Brands, their sightings, and questions left open."""

from __future__ import annotations

from typing import Literal

from detection.records.geometry import Quad
from detection.records.tracks import Motion
from mpr.pipeline.codec import Record

# In the order of the ladder: what is asked first comes first.
Method = Literal["ocr", "logo", "local_vlm", "cloud_llm"]


class BrandName(Record):
    """A brand as the matcher knows it."""

    name: str
    aliases: list[str]


class BrandList(Record):
    """The brands of a session, ordered by name."""

    brands: list[BrandName]


class BrandMatch(Record):
    """One sighting of a brand in one frame, which stands for [start_s, end_s). `boxes` are the boxes of the frame it
    rests on (several when words of neighbouring boxes were joined; none where only tracking says that it is there),
    `quad` is where they lie together, `outline` what of it is the brand's letters or logo, None where that was not
    measured; `text` is what was read, `confidence` 0 to 1. `boundary_error_s` is by how much the ends
    of its time may be wrong, `motion` what its track moves with, None where nothing is tracked."""

    seq: int
    boxes: list[int]
    quad: Quad
    brand: str
    text: str
    confidence: float
    sharpness: float
    contrast: float
    method: Method
    start_s: float
    end_s: float
    boundary_error_s: float
    motion: Motion | None = None
    outline: Quad | None = None


class Candidate(Record):
    """One sighting of something that may be a brand but is not settled. It stands for [start_s, end_s); `motion` and
    `outline` as in BrandMatch."""

    seq: int
    box: int
    quad: Quad
    sharpness: float
    contrast: float
    start_s: float
    end_s: float
    boundary_error_s: float
    motion: Motion | None = None
    outline: Quad | None = None


class Question(Record):
    """Unresolved text: what was read, why it is not settled, the nearest brand if any, and everywhere it was seen.
    Sightings with the same reading in one shot are one question; `best` is the index of its clearest sighting."""

    text: str
    reason: str
    nearest_brand: str | None
    nearest_score: float
    sightings: list[Candidate]
    best: int


class Matches(Record):
    """Sightings of brands over the timeline, ordered by (seq, brand), and the questions left open."""

    matches: list[BrandMatch]
    unresolved: list[Question]

    def counts(self) -> dict[str, int]:
        return {"matches": len(self.matches), "unresolved": len(self.unresolved)}


class Verdict(Record):
    """What a vision model said of one question. `brand` is one of the session's brands, a new name when
    `known` is false, or None when it is no brand. `reason` is the model's own words, shortened."""

    brand: str | None
    known: bool
    confidence: float
    reason: str


class Escalation(Record):
    """What one rung of the ladder settled, and what it left open for the next. `asked` counts questions put to the
    model, `cost_usd_micros` what they cost in millionths of a US dollar (0 for a local model)."""

    matches: list[BrandMatch]
    unresolved: list[Question]
    asked: int
    cost_usd_micros: int

    def counts(self) -> dict[str, int]:
        return {
            "matches": len(self.matches),
            "unresolved": len(self.unresolved),
            "asked": self.asked,
            "cost_usd_micros": self.cost_usd_micros,
        }
