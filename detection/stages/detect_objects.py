"""Find what may carry a brand in each frame: lines of text, and objects such as people or cars.

In: the kept frames and, as an aid, the region hints of detect_edges. Out: per frame the boxes of all detectors that the
config names, each with the detector it came from, from the top left to the bottom right.

Hints only add: where one outlines a low board, that part is looked at again upright and enlarged. What was found
without hints is always found with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from detection.inference.findings import Found
from detection.inference.ppocr import TextDetector, TextSearch, load_text_detector
from detection.inference.sessions import Device
from detection.inference.yolo import Head, ObjectSearch, load_object_detector
from detection.quads import area, common_area, overlap, place, quad_of, sides
from detection.records import Box, Edges, FrameObjects, Hint, Objects, Quad, Scenes
from detection.zoom import Zoom, zoomed
from mpr.errors import BadConfig
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.frames import Image
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
    threads: Annotated[int, limits("CPU threads per model; 1 is best with one worker per core.", ge=1, le=256)] = 1
    same_overlap: Annotated[
        float, limits("Two boxes of one label that overlap by more than this (IoU) are one.", gt=0, le=1)
    ] = 0.6

    text_limit_side_px: Annotated[
        int,
        limits("Side that text_limit_type speaks of; more finds smaller text and costs its square.", ge=64, le=4096),
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
        Literal["off", "add"], limits("add looks again, enlarged, where detect_edges expects a low board.")
    ] = "add"
    max_hint_regions: Annotated[int, limits("At most this many hints per frame are looked at again.", ge=0, le=50)] = 4
    hint_min_score: Annotated[float, limits("Hints below this score are not looked at.", ge=0, le=1)] = 0.2
    hint_max_height_px: Annotated[
        float, limits("Boards higher than this many frame pixels show their text well enough.", gt=0, le=4096)
    ] = 48.0
    hint_zoom_height_px: Annotated[int, limits("Height to which a board is enlarged.", ge=32, le=512)] = 64

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
    frames = []
    for done, item in enumerate(kept, start=1):
        image, seq = ctx.read(item.frame), item.frame.seq
        found = [
            Box(quad=one.quad, label=one.label, score=one.score, source=name)
            for name, find in searches
            for one in find(image, hints.get(seq, []))
        ]
        frames.append(FrameObjects(seq=seq, boxes=without_repeats(found, same_overlap=config.same_overlap)))
        ctx.progress(done, len(kept))
    return Objects(frames=frames)


Search = Callable[[Image, Sequence[Hint]], list[Found]]


def text_search(config: Config, ctx: Context) -> Search:
    """Finds lines of text, with a closer look at hinted boards."""
    detector = ctx.model(load_text_detector, config.threads, config.device)
    search = TextSearch(
        limit_side_px=config.text_limit_side_px,
        limit_type=config.text_limit_type,
        max_side_px=config.text_max_side_px,
        threshold=config.text_threshold,
        unclip_ratio=config.text_unclip_ratio,
        min_height_px=config.text_min_height_px,
    )

    def find(image: Image, hints: Sequence[Hint]) -> list[Found]:
        found = detector.find(image, search)
        if config.hints == "off":
            return found
        for quad in chosen_hints(hints, config):
            found += new_text(found, closer_look(detector, image, quad, search, config))
        return found

    return find


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
    low = [
        hint
        for hint in hints
        if hint.score >= config.hint_min_score
        and area(hint.quad) >= 1
        and 1 <= sides(hint.quad)[1] <= config.hint_max_height_px
    ]
    best = sorted(low, key=lambda hint: (-hint.score, hint.quad))[: config.max_hint_regions]
    return [hint.quad for hint in best]


def closer_look(detector: TextDetector, image: Image, quad: Quad, search: TextSearch, config: Config) -> list[Found]:
    """Text found in the upright, enlarged picture of one quad, in frame pixels."""
    zoom: Zoom = zoomed(image, quad, height_px=config.hint_zoom_height_px, max_width_px=config.text_max_side_px)
    height, width = zoom.image.shape[:2]
    native = TextSearch(
        limit_side_px=max(width, height),
        limit_type="max",
        max_side_px=max(width, height),
        threshold=search.threshold,
        unclip_ratio=search.unclip_ratio,
        min_height_px=search.min_height_px * zoom.scale,
    )
    return [
        Found(quad=quad_of(zoom.to_frame(found.quad)), label=found.label, score=found.score)
        for found in detector.find(zoom.image, native)
    ]


def new_text(known: Sequence[Found], found: Sequence[Found]) -> list[Found]:
    """Of `found` what is not there yet: neither much the same as a known box nor mostly within one."""
    return [
        one
        for one in found
        if all(
            overlap(one.quad, other.quad) < 0.5 and common_area(one.quad, other.quad) < 0.7 * area(one.quad)
            for other in known
        )
    ]


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
    version=1,
    inputs=Inputs,
    config=Config,
    output=Objects,
    run=run,
    scope=Scope.SHARD,
    resource=Resource.GPU,
)
