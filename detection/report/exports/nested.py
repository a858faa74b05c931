"""detections.json: video → shot → brand → event → detections, every one with its polygon and its numbers.

Polygons are shares of the frame and times seconds of the timeline, so that nothing depends on a frame's size or number.
Detections of exposure too short to be listed as an event stand under an event without `start_s`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from detection.records import BrandReport, Event, Report, Shot
from detection.report.exports.detections import Detection, FrameName, detections
from detection.report.facts import JobFacts
from detection.report.seen import Seen

SCHEMA = "mpr.detections/1"


def detections_json(report: Report, seen: Seen, facts: JobFacts, frame_name: FrameName) -> Iterator[bytes]:
    """A shot at a time."""
    head = {
        "schema": SCHEMA,
        "video": {
            "filename": facts.video.filename,
            "sha256": facts.video.sha256,
            "duration_s": facts.video.duration_s,
        },
        "job": {"id": facts.job_id, "config_hash": facts.config_hash},
        "preset": msgspec.to_builtins(report.preset),
    }
    yield msgspec.json.encode(head)[:-1] + b',"shots":['
    brands = {brand.brand: brand for brand in report.brands}
    by_shot = groupby(detections(seen), key=lambda found: found.shot)
    number, found = next(by_shot, (None, iter(())))
    for place, shot in enumerate(seen.shots):
        mine: list[Detection] = []
        if number == shot.number:
            mine = list(found)
            number, found = next(by_shot, (None, iter(())))
        yield (b"," if place else b"") + msgspec.json.encode(_shot(shot, mine, seen, brands, frame_name))
    yield b"]}\n"


def _shot(
    shot: Shot, found: list[Detection], seen: Seen, brands: dict[str, BrandReport], frame_name: FrameName
) -> dict[str, Any]:
    by_brand: dict[str, list[Detection]] = {}
    for one in found:
        by_brand.setdefault(seen.names[one.brand], []).append(one)
    return {
        "number": shot.number,
        "start_s": shot.start_s,
        "end_s": shot.end_s,
        "brands": [
            {"brand": name, "events": _events(brands[name].events, by_brand[name], seen, frame_name)}
            for name in sorted(by_brand)
        ],
    }


def _events(events: list[Event], found: list[Detection], seen: Seen, frame_name: FrameName) -> list[dict[str, Any]]:
    """The events of one brand in one shot, with what they consist of."""
    members: dict[int, list[dict[str, Any]]] = {}
    for one in found:
        place = bisect_right(events, one.start_s, key=lambda event: event.start_s) - 1
        listed = place >= 0 and one.start_s < events[place].end_s
        members.setdefault(place if listed else -1, []).append(_detection(one, seen, frame_name))
    return [{**({} if place < 0 else _event(events[place])), "detections": members[place]} for place in sorted(members)]


def _event(event: Event) -> dict[str, Any]:
    return {
        "start_s": event.start_s,
        "end_s": event.end_s,
        "placement": event.placement,
        "method": event.method,
        "confidence": event.confidence,
    }


def _detection(found: Detection, seen: Seen, frame_name: FrameName) -> dict[str, Any]:
    frame = seen.kept.frames[found.frame].frame
    return {
        "t_s": frame.pts_s,
        "start_s": found.start_s,
        "end_s": found.end_s,
        "polygon": found.polygon,
        "area_share": found.area_share,
        "visible_share": found.visible_share,
        "clarity": found.clarity,
        "position": found.position,
        "quality": found.quality,
        "confidence": found.confidence,
        "method": found.method,
        "placement": found.placement,
        "track": found.track,
        "text": found.text,
        "frame": frame_name(frame),
    }
