"""COCO: the detections of all kept frames as a data set for training and for tools that draw boxes.

The form is that of https://cocodataset.org/#format-data with `score` and `attributes` beside the usual fields. Brands
are the categories; coordinates are pixels of the frame that was analysed. `file_name` is the name under which the
evidence pack holds a frame, if it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from detection.report.exports.detections import Detection, detections
from detection.report.facts import JobFacts
from detection.report.seen import Seen
from detection.report.words import evidence_name

_AT_ONCE = 512


def coco_json(seen: Seen, facts: JobFacts) -> Iterator[bytes]:
    """Images first, then annotations in the order of the images."""
    frames = sorted(set(seen.sightings.frame.tolist()))
    head = {
        "info": {
            "description": f"Brand sightings in {facts.video.filename}",
            "version": "1.0",
            "date_created": facts.finished_at.isoformat() if facts.finished_at else "",
        },
        "licenses": [],
        "categories": [
            {"id": number, "name": name, "supercategory": "brand"} for number, name in enumerate(seen.names, 1)
        ],
        "images": [_image(seen, place) for place in frames],
    }
    yield msgspec.json.encode(head)[:-1] + b',"annotations":['
    comma = b""
    numbered = enumerate(detections(seen), 1)
    for _, some in groupby(numbered, key=lambda item: item[0] // _AT_ONCE):
        rows = b",".join(msgspec.json.encode(_annotation(seen, number, one)) for number, one in some)
        yield comma + rows
        comma = b","
    yield b"]}\n"


def _image(seen: Seen, place: int) -> dict[str, Any]:
    frame = seen.kept.frames[place].frame
    return {
        "id": place + 1,
        "file_name": evidence_name(frame),
        "width": frame.width_px,
        "height": frame.height_px,
        "t_s": frame.pts_s,
    }


def _annotation(seen: Seen, number: int, found: Detection) -> dict[str, Any]:
    frame = seen.kept.frames[found.frame].frame
    width, height = frame.width_px, frame.height_px
    left, top, right, bottom = found.box
    return {
        "id": number,
        "image_id": found.frame + 1,
        "category_id": found.brand + 1,
        "bbox": _px((left * width, top * height, (right - left) * width, (bottom - top) * height)),
        "area": round(found.area_share * width * height, 2),
        "segmentation": [_px([side for x, y in found.polygon for side in (x * width, y * height)])],
        "iscrowd": 0,
        "score": found.confidence,
        "attributes": {
            "placement": found.placement,
            "method": found.method,
            "text": found.text,
            "track": found.track,
            "start_s": found.start_s,
            "end_s": found.end_s,
            "clarity": found.clarity,
            "visible_share": found.visible_share,
            "position": found.position,
            "quality": found.quality,
        },
    }


def _px(values: Any) -> list[float]:
    return [round(value, 2) for value in values]
