"""What is seen in frames: field, edges, boxes and the crops cut from them."""

from __future__ import annotations

from detection.records.geometry import Point, Quad
from mpr.pipeline.codec import Record
from mpr.pipeline.transforms import Transform


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


class Crop(Record):
    """An upright, contrast-normalised cut-out of one box. `box` is the box's place in its frame's list, so
    (seq, box) names it everywhere downstream. `track` is the number of the shard's track it is a view of, -1 where
    nothing is tracked, and `rank` its place among the track's views that were cut out, 0 the clearest. `jpeg` is BGR,
    width_px × height_px."""

    seq: int
    box: int
    quad: Quad
    label: str
    score: float
    source: str
    width_px: int
    height_px: int
    jpeg: bytes
    track: int = -1
    rank: int = 0


class Crops(Record):
    """Crops of the shard ordered by (seq, box); tall text, which may run down or up, has two."""

    crops: list[Crop]

    def counts(self) -> dict[str, int]:
        return {"crops": len(self.crops)}
