"""Calls made by hand: a picture is posted, JSON comes back.

curl --data-binary @frame.jpg -H 'Content-Type: image/jpeg' http://localhost:8765/detect
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from detection.quads import rectangle
from detection.records import (
    Box,
    Crop,
    Crops,
    ExemplarsGiven,
    FrameObjects,
    KeptFrame,
    Objects,
    Quad,
    Scenes,
    Shot,
)
from detection.remote.answering import Call
from detection.remote.wire import Ask, Place
from detection.stages import detect_edges, detect_objects, embed_regions, field_segmentation, preprocess, run_ocr
from mpr.errors import BadInput, NotFound
from mpr.pipeline.codec import encode
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Frame, decode_jpeg
from mpr.pipeline.stage import Stage

_PACK = "posted"


def call_by_hand(stage: Stage, picture: bytes, *, config: str, boxes: str, most_bytes: int) -> Call:
    """The call of a stage on one posted picture (JPEG, PNG or what else OpenCV reads). `config` is a JSON object of
    settings that differ from the defaults, `boxes` a JSON list of quads that preprocess cuts out, by default the whole
    picture. Raises BadInput and BadConfig."""
    try:
        height, width = decode_jpeg(picture).shape[:2]
    except NotFound as error:
        raise BadInput("What was posted is no picture; post a JPEG or PNG file.") from error
    frame = Frame(seq=0, pts_s=0.0, width_px=width, height_px=height, pack=_PACK, offset=0, size=len(picture))
    quads = _given(boxes, list[Quad], "boxes") if boxes else [rectangle(0, 0, width, height)]
    ask = Ask(
        stage=stage.name,
        version=stage.version,
        config=_given(config, dict[str, Any], "config") if config else {},
        span=Span(number=0, start_s=0.0, end_s=1.0),
        inputs=encode(_INPUTS[stage.name](frame, picture, quads)),
        pictures=[Place(pack=_PACK, offset=0, size=len(picture))],
        weights={},
    )
    return Call(stage, ask, {(_PACK, 0): memoryview(picture)}, most_bytes=most_bytes)


def _given(text: str, kind: Any, name: str) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise BadInput(f"“{name}” is not the JSON it should be: {error}.") from error


def _scenes(frame: Frame) -> Scenes:
    kept = KeptFrame(frame=frame, shot=0, start_s=0.0, end_s=1.0)
    return Scenes(shots=[Shot(number=0, start_s=0.0, end_s=1.0)], frames=[kept], dropped=0)


def _boxes(frame: Frame, quads: list[Quad]) -> Objects:
    boxes = [Box(quad=quad, label="text", score=1.0, source="given") for quad in quads]
    return Objects(frames=[FrameObjects(seq=frame.seq, boxes=boxes)])


def _crop(frame: Frame, picture: bytes) -> Crops:
    size = frame.width_px, frame.height_px
    crop = Crop(
        seq=0, box=0, quad=rectangle(0, 0, *size), label="text", score=1.0, source="given", width_px=size[0],
        height_px=size[1], jpeg=picture,
    )  # fmt: skip
    return Crops(crops=[crop])


_INPUTS: dict[str, Callable[[Frame, bytes, list[Quad]], Any]] = {
    "field_segmentation": lambda frame, picture, quads: field_segmentation.Inputs(filter_scenes=_scenes(frame)),
    "detect_edges": lambda frame, picture, quads: detect_edges.Inputs(filter_scenes=_scenes(frame)),
    "detect_objects": lambda frame, picture, quads: detect_objects.Inputs(filter_scenes=_scenes(frame)),
    "preprocess": lambda frame, picture, quads: preprocess.Inputs(
        filter_scenes=_scenes(frame), detect_objects=_boxes(frame, quads)
    ),
    "embed_regions": lambda frame, picture, quads: embed_regions.Inputs(
        filter_scenes=_scenes(frame), detect_objects=Objects(frames=[]), exemplars_given=ExemplarsGiven()
    ),
    "run_ocr": lambda frame, picture, quads: run_ocr.Inputs(preprocess=_crop(frame, picture)),
}
