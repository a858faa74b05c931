"""Find what may carry a brand in each frame: lines of text, and objects such as people or cars.

In: the kept frames and, as an aid, the region hints of detect_edges. Out: per frame the boxes of all detectors that the
config names, each with the detector it came from, from the top left to the bottom right.

Text is found in two looks (detection/looks.py): a small picture of the whole frame first, then its parts where text is
small or unclear. Hints only add: where one outlines a low board in which no text was seen, that part is looked at
again. What is sure at the first look is always found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from detection.inference.findings import Found
from detection.inference.networks import Engine, Precision
from detection.inference.ppocr import TextSearch, load_text_detector
from detection.inference.sessions import Device
from detection.inference.yolo import Head, ObjectSearch, load_object_detector
from detection.looks import FirstLook, Looks, find_text
from detection.quads import area, overlap, place, sides
from detection.records import Box, Edges, FrameObjects, Hint, KeptFrame, Objects, Quad, Scenes
from mpr.errors import BadConfig
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image
from mpr.pipeline.spread import in_order
from mpr.pipeline.stage import Resource, Scope, Stage

Name = Literal["text", "yolo"]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes
    detect_edges: Edges | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    detectors: Annotated[tuple[Name, ...], limits("Which detectors look at a frame: text, yolo.", min_length=1)] = (
        "text",
    )
    device: Annotated[Device, limits("Where models run: cpu, cuda, or auto for cuda where there is one.")] = "auto"
    engine: Annotated[
        Engine, limits("What runs the text network: auto is openvino where the processor has bf16, else onnxruntime.")
    ] = "auto"
    precision: Annotated[
        Precision, limits("Its numbers: bf16 is faster where the processor has it, and auto takes it there.")
    ] = "auto"
    threads: Annotated[int, limits("CPU threads per model; 1 is best with one worker per core.", ge=1, le=256)] = 1
    frames_at_once: Annotated[
        int,
        limits("Frames a worker looks at at the same time; more than 1 uses cores that have no shard.", ge=1, le=64),
    ] = 2
    same_overlap: Annotated[
        float, limits("Two boxes of one label that overlap by more than this (IoU) are one.", gt=0, le=1)
    ] = 0.6

    text_looks: Annotated[
        Literal["one", "two"],
        limits("two sees a small frame first and its doubtful parts closer; one sees the whole frame at once."),
    ] = "two"
    text_first_side_px: Annotated[
        int,
        limits("Long side of the frame at the first look; more finds smaller text, costs its square.", ge=64, le=4096),
    ] = 704
    text_first_threshold: Annotated[
        float, limits("Text boxes of the first look below this score do not count by themselves.", ge=0.05, le=1)
    ] = 0.3
    text_final_height_px: Annotated[
        float, limits("Text this high at the first look, in its pixels, is not looked at again.", ge=1, le=1000)
    ] = 9.0
    text_trace_threshold: Annotated[
        float, limits("Parts with a text score from here on are looked at again; less finds more.", ge=0.05, le=1)
    ] = 0.1
    text_closer_height_px: Annotated[
        float, limits("Height at which doubtful text is looked at again.", ge=8, le=200)
    ] = 22.0
    text_most_enlarged: Annotated[
        float, limits("For that, a part of a frame is enlarged at most so many times.", ge=1, le=8)
    ] = 1.5
    text_whole_share: Annotated[
        float,
        limits(
            "If the second look would cost more than this share of one at the whole frame, that is taken.", ge=0, le=10
        ),
    ] = 0.8
    text_limit_side_px: Annotated[
        int,
        limits("For a look at the whole frame: the side that text_limit_type speaks of.", ge=64, le=4096),
    ] = 736
    text_limit_type: Annotated[
        Literal["min", "max"],
        limits("min enlarges frames until the short side has text_limit_side_px, max shrinks until the long side has."),
    ] = "min"
    text_max_side_px: Annotated[
        int, limits("No frame is searched for text with a longer side than this.", ge=64, le=8192)
    ] = 1920
    text_threshold: Annotated[float, limits("Least score of a text box, 0 to 1.", ge=0, le=1)] = 0.4
    text_unclip_ratio: Annotated[float, limits("How far a text box grows around the core of its text.", ge=1, le=4)] = (
        1.6
    )
    text_min_height_px: Annotated[
        float, limits("Text boxes lower than this many frame pixels are left out.", ge=0, le=1000)
    ] = 6.0

    hints: Annotated[
        Literal["off", "add"], limits("add looks again where detect_edges expects a low board and no text was seen.")
    ] = "add"
    max_hint_regions: Annotated[int, limits("At most this many hints per frame are looked at again.", ge=0, le=50)] = 4
    hint_min_score: Annotated[float, limits("Hints below this score are not looked at.", ge=0, le=1)] = 0.2
    hint_max_height_px: Annotated[
        float, limits("Boards higher than this many frame pixels show their text well enough.", gt=0, le=4096)
    ] = 48.0

    yolo_weights: Annotated[str, limits("Weights file in the models folder (.onnx, or .pt with the torch extra).")] = ""
    yolo_head: Annotated[
        Head, limits("Layout of the ONNX output; auto tells YOLOv8/11, YOLOX and end-to-end apart by its shape.")
    ] = "auto"
    yolo_names: Annotated[
        tuple[str, ...], limits("Class names in order, where the weights file does not carry them.")
    ] = ()
    yolo_classes: Annotated[tuple[str, ...], limits("Only these classes are kept; empty keeps all.")] = ()
    yolo_confidence: Annotated[float, limits("Least score of an object, 0 to 1.", ge=0, le=1)] = 0.35
    yolo_max_overlap: Annotated[
        float, limits("Of two objects of one class that overlap by more than this (IoU) the surer stays.", gt=0, le=1)
    ] = 0.5
    yolo_input_px: Annotated[
        int, limits("Side of the network's input where the weights leave it open.", ge=32, le=4096)
    ] = 640


def run(inputs: Inputs, config: Config, ctx: Context) -> Objects:
    hints = {frame.seq: frame.hints for frame in inputs.detect_edges.frames} if inputs.detect_edges else {}
    searches = [(name, DETECTORS[name](config, ctx)) for name in dict.fromkeys(config.detectors)]
    kept = inputs.filter_scenes.frames

    def look(item: KeptFrame) -> FrameObjects:
        image, seq = ctx.read(item.frame), item.frame.seq
        found = [
            Box(quad=one.quad, label=one.label, score=one.score, source=name)
            for name, find in searches
            for one in find(image, hints.get(seq, []))
        ]
        return FrameObjects(seq=seq, boxes=without_repeats(found, same_overlap=config.same_overlap))

    frames = []
    for done, frame in enumerate(in_order(look, kept, at_once=config.frames_at_once), start=1):
        frames.append(frame)
        ctx.progress(done, len(kept))
    return Objects(frames=frames)


Search = Callable[[Image, Sequence[Hint]], list[Found]]


def text_search(config: Config, ctx: Context) -> Search:
    """Finds lines of text, with a closer look at hinted boards."""
    detector = ctx.model(
        load_text_detector, config.threads, config.device, config.engine, config.precision, config.frames_at_once
    )
    looks = looks_of(config)
    return lambda image, hints: find_text(detector, image, looks, chosen_hints(hints, config))


def looks_of(config: Config) -> Looks:
    """How frames are looked at for text."""
    first = FirstLook(
        side_px=config.text_first_side_px,
        threshold=config.text_first_threshold,
        final_height_px=config.text_final_height_px,
        trace_threshold=config.text_trace_threshold,
    )
    whole = TextSearch(
        limit_side_px=config.text_limit_side_px,
        limit_type=config.text_limit_type,
        max_side_px=config.text_max_side_px,
        threshold=config.text_threshold,
        unclip_ratio=config.text_unclip_ratio,
        min_height_px=config.text_min_height_px,
    )
    return Looks(
        first=first if config.text_looks == "two" else None,
        whole=whole,
        whole_share=config.text_whole_share,
        closer_height_px=config.text_closer_height_px,
        most_enlarged=config.text_most_enlarged,
    )


def yolo_search(config: Config, ctx: Context) -> Search:
    """Finds objects with the configured weights."""
    if not config.yolo_weights:
        raise BadConfig("detect_objects: “detectors” names yolo, but “yolo_weights” is empty; name a weights file.")
    detector = ctx.model(
        load_object_detector,
        config.yolo_weights,
        config.yolo_head,
        config.yolo_names,
        config.yolo_input_px,
        config.threads,
        config.device,
    )
    search = ObjectSearch(
        confidence=config.yolo_confidence, max_overlap=config.yolo_max_overlap, classes=config.yolo_classes
    )
    return lambda image, hints: detector.find(image, search)


DETECTORS: dict[Name, Callable[[Config, Context], Search]] = {"text": text_search, "yolo": yolo_search}


def chosen_hints(hints: Sequence[Hint], config: Config) -> list[Quad]:
    """Outlines of the best hints whose boards are low enough that a closer look helps."""
    if config.hints == "off":
        return []
    low = [
        hint
        for hint in hints
        if hint.score >= config.hint_min_score
        and area(hint.quad) >= 1
        and 1 <= sides(hint.quad)[1] <= config.hint_max_height_px
    ]
    best = sorted(low, key=lambda hint: (-hint.score, hint.quad))[: config.max_hint_regions]
    return [hint.quad for hint in best]


def without_repeats(boxes: Sequence[Box], *, same_overlap: float) -> list[Box]:
    """The boxes in order of their place, without those that repeat a surer one of the same label; across detectors only
    near-identical ones count as repeats."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: (-box.score, place(box.quad), box.source)):
        if not any(_repeats(box, other, same_overlap) for other in kept):
            kept.append(box)
    return sorted(kept, key=lambda box: (place(box.quad), box.source, box.label, -box.score))


def _repeats(box: Box, other: Box, same_overlap: float) -> bool:
    if box.label != other.label:
        return False
    threshold = same_overlap if box.source == other.source else max(same_overlap, _NEAR_IDENTICAL)
    return overlap(box.quad, other.quad) > threshold


_NEAR_IDENTICAL = 0.9


STAGE = Stage(
    name="detect_objects",
    version=3,
    inputs=Inputs,
    config=Config,
    output=Objects,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.GPU,
)
