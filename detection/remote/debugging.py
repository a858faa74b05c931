"""What a debug twin shows besides the output: the overlay of each frame, and the masks the stage went by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import cv2
import numpy as np

from detection.canvas import Canvas, shelf
from detection.inference.ppocr import load_text_detector, working_size
from detection.looks import first_size
from detection.overlays import OBJECT, OVERLAYS, overlay_jpeg
from detection.records import Crops, KeptFrame, Regions, Texts
from detection.regions import unpack
from detection.remote.answering import Call, Carried
from detection.remote.wire import Picture
from detection.stages import detect_edges, detect_objects, field_segmentation
from mpr.pipeline.context import Context
from mpr.pipeline.frames import FrameReader, Image, decode_jpeg, encode_jpeg

_SHELF_PX = 960
_QUALITY = 88


def pictures_of(call: Call, output: Any) -> list[Picture]:
    """The pictures of a call that gave this output."""
    if call.stage.name == "run_ocr":
        return [_readings(call.inputs.preprocess, output)]
    return [picture for kept, image in _frames(call) for picture in _of_frame(call, output, kept, image)]


def _frames(call: Call) -> Iterator[tuple[KeptFrame, Image]]:
    reader = FrameReader(Carried(call.pictures), capacity_bytes=0)
    for kept in call.inputs.filter_scenes.frames:
        if (kept.frame.pack, kept.frame.offset) in call.pictures:
            yield kept, reader.read(kept.frame)


def _of_frame(call: Call, output: Any, kept: KeptFrame, image: Image) -> Iterable[Picture]:
    name, seq = call.stage.name, kept.frame.seq
    records = {name: output, "field_segmentation": getattr(call.inputs, "field_segmentation", None)}
    if name == "field_segmentation":
        records = {name: output}
    if name in OVERLAYS:
        yield Picture(seq=seq, name="overlay.jpg", data=overlay_jpeg(name, image, kept, records))
    else:
        yield Picture(seq=seq, name="overlay.jpg", data=_regions(output, seq, image))
    if name in _MASKS:
        file_name, mask = _MASKS[name]
        found = mask(call, kept, image)
        if found is not None:
            yield Picture(seq=seq, name=file_name, data=_png(found))


def _regions(regions: Regions, seq: int, image: Image) -> bytes:
    """Every region, with how likely it is a mark at all."""
    canvas, found = Canvas(image), unpack(regions)
    rows = [row for row in range(len(found)) if found.seq[row] == seq]
    canvas.caption(f"{len(rows)} regions")
    for row in rows:
        canvas.outline(found.quad(row), OBJECT)
    for row in rows:
        canvas.label(found.quad(row), f"{found.marks[row]:.2f}", OBJECT)
    return canvas.jpeg()


def _field(call: Call, kept: KeptFrame, image: Image) -> Any:
    small = field_segmentation.shrunk(image, call.config.working_width_px)
    mask = field_segmentation.cleaned(field_segmentation.grass(small, call.config), call.config.gap_px)
    return cv2.resize(mask, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_NEAREST)


def _edges(call: Call, kept: KeptFrame, image: Image) -> Any:
    fields = call.inputs.field_segmentation
    field = next((field for field in fields.frames if field.seq == kept.frame.seq), None) if fields else None
    return detect_edges.edge_pixels(image, field, call.config)


def _text(call: Call, kept: KeptFrame, image: Image) -> Any:
    """How likely each place is text, 0 to 255, at the look that sees the whole frame."""
    config = call.config
    if "text" not in config.detectors:
        return None
    blobs = Carried({})
    ctx = Context(span=call.span, blobs=blobs, media=blobs, prefix="")
    detector = ctx.model(
        load_text_detector, config.threads, config.device, config.engine, config.precision, config.frames_at_once
    )
    looks = detect_objects.looks_of(config)
    height, width = image.shape[:2]
    size = first_size(width, height, looks.first.side_px) if looks.first else working_size(width, height, looks.whole)
    seen = detector.probabilities(np.asarray(cv2.resize(image, size), np.uint8))
    return (seen * 255).round().astype(np.uint8)


_MASKS: dict[str, tuple[str, Callable[[Call, KeptFrame, Image], Any]]] = {
    "field_segmentation": ("mask.png", _field),
    "detect_edges": ("edges.png", _edges),
    "detect_objects": ("text.png", _text),
}


def _readings(crops: Crops, texts: Texts) -> Picture:
    """All crops with what was read in them."""
    read = {(text.seq, text.box): f"{text.text}  {text.score:.2f}" for text in texts.candidates}
    named = [(read.get((crop.seq, crop.box), "(nothing)"), decode_jpeg(crop.jpeg)) for crop in crops.crops]
    shown = shelf(named, width_px=_SHELF_PX)
    empty = np.zeros((1, _SHELF_PX, 3), np.uint8)
    return Picture(seq=-1, name="readings.jpg", data=encode_jpeg(shown if len(named) else empty, quality=_QUALITY))


def _png(mask: Any) -> bytes:
    _, data = cv2.imencode(".png", mask)
    return bytes(data)
