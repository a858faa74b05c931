"""What passes between the stages of the detection family.

Pixels are those of the cached frame, floats, origin at the top left. A quad has four corners, clockwise from the top
left as the text reads. Times are seconds on the timeline.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Literal

from mpr.pipeline.codec import Record
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Frame
from mpr.pipeline.transforms import Transform

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]


# --- extract_frames ---------------------------------------------------------------------------------------------------


class ScanPicture(Record):
    """A thumbnail of one decoded video frame, for finding cuts at full rate without decoding again."""

    pts_s: float
    jpeg: bytes


class Frames(Record):
    """Sampled frames of one shard in time order, and the scan strip of every decoded frame.

    `looks` are small grey JPEGs of the sampled frames, one for each, for telling near-duplicates. `decoded` counts
    decoded video frames; `keyframes_only` says whether others were skipped.
    """

    frames: list[Frame]
    scan: list[ScanPicture]
    decoded: int
    keyframes_only: bool
    looks: list[bytes] = []

    def counts(self) -> dict[str, int]:
        return {"frames": len(self.frames), "decoded": self.decoded}


# --- filter_scenes ----------------------------------------------------------------------------------------------------


class Shot(Record):
    """A run of frames between two cuts, [start_s, end_s)."""

    number: int
    start_s: float
    end_s: float


class KeptFrame(Record):
    """A frame worth looking at. It stands for [start_s, end_s): its own sampling cell, clipped to its shot, and those
    of the near-duplicates behind it; together the kept frames cover the analysed time without overlap."""

    frame: Frame
    shot: int
    start_s: float
    end_s: float


class Scenes(Record):
    """Shots of the whole timeline and its kept frames in time order."""

    shots: list[Shot]
    frames: list[KeptFrame]
    dropped: int

    def counts(self) -> dict[str, int]:
        return {"shots": len(self.shots), "frames": len(self.frames), "dropped": self.dropped}

    def within(self, span: Span) -> Scenes:
        """The frames of a span, with all shots they can belong to."""
        frames = [kept for kept in self.frames if span.holds(kept.frame.pts_s)]
        numbers = {kept.shot for kept in frames}
        return Scenes(shots=[shot for shot in self.shots if shot.number in numbers], frames=frames, dropped=0)


# --- field_segmentation -----------------------------------------------------------------------------------------------


class FrameField(Record):
    """The playing field in one frame: its hull in pixels (empty when there is none), the hull's share of the frame, and
    the cleaned mask as a grey PNG at reduced size (empty when there is none)."""

    seq: int
    share: float
    hull: list[Point]
    mask_png: bytes


class Fields(Record):
    """One entry per frame of the shard, in time order; no field is a normal answer."""

    frames: list[FrameField]

    def counts(self) -> dict[str, int]:
        return {"frames": len(self.frames), "field_frames": sum(bool(frame.hull) for frame in self.frames)}


# --- detect_edges -----------------------------------------------------------------------------------------------------


class Line(Record):
    """A long straight edge between two points."""

    start: Point
    end: Point


class Hint(Record):
    """A quadrilateral in which a board is likely, with a score from 0 to 1."""

    quad: Quad
    score: float


class FrameEdges(Record):
    seq: int
    lines: list[Line]
    hints: list[Hint]


class Edges(Record):
    """One entry per frame of the shard, in time order."""

    frames: list[FrameEdges]

    def counts(self) -> dict[str, int]:
        return {
            "frames": len(self.frames),
            "lines": sum(len(frame.lines) for frame in self.frames),
            "hints": sum(len(frame.hints) for frame in self.frames),
        }

    def select(self, transform: Transform) -> Edges:
        return Edges(
            frames=[
                FrameEdges(
                    seq=frame.seq,
                    lines=frame.lines,
                    hints=transform.pick(frame.hints, score=lambda hint: hint.score, label=lambda hint: "hint"),
                )
                for frame in self.frames
            ]
        )


# --- detect_objects ---------------------------------------------------------------------------------------------------


class Box(Record):
    """Something found in a frame. `label` is "text" or a class of the object model; `source` names the detector."""

    quad: Quad
    label: str
    score: float
    source: str


class FrameObjects(Record):
    seq: int
    boxes: list[Box]


class Objects(Record):
    """One entry per frame of the shard, in time order; boxes from the top left to the bottom right."""

    frames: list[FrameObjects]

    def counts(self) -> dict[str, int]:
        boxes = [box for frame in self.frames for box in frame.boxes]
        return {"frames": len(self.frames), "boxes": len(boxes), "text": sum(box.label == "text" for box in boxes)}

    def select(self, transform: Transform) -> Objects:
        return Objects(
            frames=[
                FrameObjects(
                    seq=frame.seq,
                    boxes=transform.pick(frame.boxes, score=lambda box: box.score, label=lambda box: box.label),
                )
                for frame in self.frames
            ]
        )


# --- preprocess -------------------------------------------------------------------------------------------------------


class Crop(Record):
    """An upright, contrast-normalised cut-out of one box. `box` is the box's place in its frame's list, so
    (seq, box) names it everywhere downstream. `jpeg` is BGR, width_px × height_px."""

    seq: int
    box: int
    quad: Quad
    label: str
    score: float
    source: str
    width_px: int
    height_px: int
    jpeg: bytes


class Crops(Record):
    """Crops of the shard ordered by (seq, box)."""

    crops: list[Crop]

    def counts(self) -> dict[str, int]:
        return {"crops": len(self.crops)}


# --- run_ocr ----------------------------------------------------------------------------------------------------------


class TextCandidate(Record):
    """What was read in one crop. `score` is the reader's mean confidence, 0 to 1. `sharpness` is the variance of the
    Laplacian of the crop scaled to 48 px height, a measure of how clear it is; `contrast` its grey standard deviation,
    0 to 1."""

    seq: int
    box: int
    quad: Quad
    text: str
    score: float
    sharpness: float
    contrast: float


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


# --- match_brands, escalate_vlm, escalate_cloud -----------------------------------------------------------------------

Method = Literal["ocr", "local_vlm", "cloud_llm"]


class BrandName(Record):
    """A brand as the matcher knows it."""

    name: str
    aliases: list[str]


class BrandList(Record):
    """The brands of a session, ordered by name."""

    brands: list[BrandName]


class BrandMatch(Record):
    """One sighting of a brand in one frame. `boxes` are the boxes of the frame it rests on (several when words of
    neighbouring boxes were joined), `quad` their common outline, `text` what was read, `confidence` 0 to 1."""

    seq: int
    boxes: list[int]
    quad: Quad
    brand: str
    text: str
    confidence: float
    sharpness: float
    contrast: float
    method: Method


class Candidate(Record):
    """One sighting of something that may be a brand but is not settled."""

    seq: int
    box: int
    quad: Quad
    sharpness: float
    contrast: float


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


# --- compile_report ---------------------------------------------------------------------------------------------------


class Evidence(Record):
    """The frame that proves an airing. `polygon` is normalised to 0..1."""

    t_s: float
    polygon: list[Point]
    text: str
    frame: Frame


class Event(Record):
    """One airing: a maximal run of a brand's exposure within one shot. Shares are of the frame's area, 0 to 1."""

    start_s: float
    end_s: float
    placement: str
    method: Method
    confidence: float
    mean_area_share: float
    max_area_share: float
    position: float
    clarity: float
    sightings: int
    evidence: Evidence
    path: list[tuple[float, float, float]]
    """(t_s, centre x, centre y) per frame, normalised."""


class BrandReport(Record):
    """docs/metrics.md for one brand. Seconds are exposure seconds unless the name says otherwise."""

    brand: str
    exposure_s: float
    exposure_low_s: float
    exposure_high_s: float
    share_of_voice: float
    concurrent_share_of_voice: float
    area_share_of_voice: float
    event_count: int
    area_seconds: float
    mean_area_share: float
    max_area_share: float
    position: float
    zone_seconds: list[float]
    """3 × 3 grid, row by row from the top left."""
    clarity: float
    solus_s: float
    mean_brands_visible: float
    quality_s: float
    quality_index: float
    placement_seconds: dict[str, float]
    asset_seconds: dict[str, float]
    """Per placement, every instance for itself."""
    method_seconds: dict[str, float]
    events: list[Event]
    intervals: list[tuple[float, float]]
    """All exposure, also what is too short to list as an event."""


class OpenCandidate(Record):
    """An unresolved question as the report shows it, at its clearest sighting."""

    t_s: float
    polygon: list[Point]
    text: str
    reason: str
    nearest_brand: str | None
    seconds: float
    frame: Frame


class Report(Record):
    """Everything the report says that follows from the outputs alone."""

    analysed_s: float
    brands: list[BrandReport]
    unresolved: list[OpenCandidate]
    shots: list[Shot]

    def counts(self) -> dict[str, int]:
        return {
            "brands": len(self.brands),
            "events": sum(len(brand.events) for brand in self.brands),
            "unresolved": len(self.unresolved),
        }


def by_seq(frames: Iterable[KeptFrame]) -> dict[int, KeptFrame]:
    """Kept frames by their place on the sampling grid."""
    return {kept.frame.seq: kept for kept in frames}
