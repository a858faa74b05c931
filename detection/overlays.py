"""What a stage saw in one frame, drawn into it from the stored records: one colour for each kind of thing.

In: the frame's picture, the kept frame, and the records of the stages that an overlay reads, each the one that holds
the frame's moment. Out: JPEG bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import cv2
import numpy as np

from detection.canvas import Canvas, Colour, shelf
from detection.records import (
    BrandMatch,
    Crops,
    Edges,
    Escalation,
    Fields,
    KeptFrame,
    Matches,
    Objects,
    Regions,
    Report,
    Scenes,
    Texts,
    Tracks,
)
from detection.regions import unpack
from mpr.errors import NotFound
from mpr.pipeline.config import did_you_mean
from mpr.pipeline.frames import Frame, Image, decode_jpeg

T = TypeVar("T")
Records = Mapping[str, Any]

# After M. Okabe and K. Ito, "Color Universal Design" (2008): people with any colour vision tell them apart. BGR.
FIELD: Colour = (115, 158, 0)
LINE: Colour = (233, 180, 86)
HINT: Colour = (66, 228, 240)
TEXT: Colour = (0, 159, 230)
OBJECT: Colour = (167, 121, 204)
BRAND: Colour = (0, 94, 213)
OPEN: Colour = (178, 114, 0)
UNCOUNTED: Colour = (150, 150, 150)


@dataclass(frozen=True, kw_only=True)
class Overlay:
    """How a stage is drawn, and the stages whose records that takes; of those beyond the stage itself some may be
    missing."""

    reads: tuple[str, ...]
    draw: Callable[[Canvas, KeptFrame, Records], None]


def find_overlay(stage_name: str) -> Overlay:
    """Raises NotFound for a stage that has none."""
    if stage_name not in OVERLAYS:
        raise NotFound(f"There is no overlay of “{stage_name}”.{did_you_mean(stage_name, list(OVERLAYS))}")
    return OVERLAYS[stage_name]


def overlay_jpeg(
    stage_name: str, image: Image, kept: KeptFrame, records: Records, *, width_px: int | None = None
) -> bytes:
    """The frame with what the stage saw in it, no wider than `width_px`. Raises NotFound for a stage that has no
    overlay, and when its record says nothing of the frame."""
    canvas = Canvas(image)
    find_overlay(stage_name).draw(canvas, kept, records)
    return canvas.jpeg(width_px=width_px)


def _draw_scenes(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    scenes: Scenes = records["filter_scenes"]
    shot = next(shot for shot in scenes.shots if shot.number == kept.shot)
    canvas.caption(f"frame {kept.frame.seq} at {kept.frame.pts_s:.2f} s")
    canvas.caption(f"shot {shot.number}: {shot.start_s:.2f} to {shot.end_s:.2f} s")
    canvas.caption(f"stands for {kept.start_s:.2f} to {kept.end_s:.2f} s")


def _draw_field(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    fields: Fields = records["field_segmentation"]
    field = _of_frame(fields.frames, kept, "field_segmentation")
    if not field.hull:
        canvas.caption("no field")
        return
    mask: Any = cv2.imdecode(np.frombuffer(field.mask_png, np.uint8), cv2.IMREAD_GRAYSCALE) if field.mask_png else None
    if mask is not None:
        canvas.tint(mask, FIELD)
    canvas.outline(field.hull, FIELD, width_px=3)
    canvas.caption(f"field: {field.share:.0%} of the frame")


def _draw_edges(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    edges: Edges = records["detect_edges"]
    found = _of_frame(edges.frames, kept, "detect_edges")
    canvas.caption(f"{_count(found.lines, 'line')}, {_count(found.hints, 'region hint')}")
    fields: Fields | None = records.get("field_segmentation")
    for field in fields.frames if fields is not None else ():
        if field.seq == kept.frame.seq and field.hull:
            canvas.outline(field.hull, FIELD)
    for line in found.lines:
        canvas.path([line.start, line.end], LINE)
    for hint in found.hints:
        canvas.outline(hint.quad, HINT)
    for hint in found.hints:
        canvas.label(hint.quad, f"{hint.score:.2f}", HINT)


def _draw_objects(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    objects: Objects = records["detect_objects"]
    boxes = _of_frame(objects.frames, kept, "detect_objects").boxes
    canvas.caption(_count(boxes, "box", "boxes"))
    for box in boxes:
        canvas.outline(box.quad, _box_colour(box.label))
    for number, box in enumerate(boxes):
        source = f", {box.source}" if box.source != box.label else ""
        canvas.label(box.quad, f"#{number} {box.label} {box.score:.2f}{source}", _box_colour(box.label))


def _draw_tracks(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    tracks: Tracks = records["track_objects"]
    here = [(track, view) for track in tracks.tracks for view in track.views if view.seq == kept.frame.seq]
    missed = sum(view.box < 0 for _, view in here)
    canvas.caption(f"{_count(here, 'track')}, {missed} of them not detected in this frame")
    for track, view in here:
        canvas.outline(view.quad, UNCOUNTED if view.box < 0 else _box_colour(track.label))
    for track, view in here:
        label = f"{track.number}: {track.start_s:.2f} to {track.end_s:.2f} s, {track.motion}"
        canvas.label(view.quad, label, UNCOUNTED if view.box < 0 else _box_colour(track.label))


def _draw_crops(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    crops: Crops = records["preprocess"]
    found = [crop for crop in crops.crops if crop.seq == kept.frame.seq]
    canvas.caption(_count(found, "crop"))
    for crop in found:
        canvas.outline(crop.quad, _box_colour(crop.label))
    for crop in found:
        canvas.label(crop.quad, f"#{crop.box}", _box_colour(crop.label))
    pictures = [(f"#{crop.box}  {crop.width_px} × {crop.height_px} px", decode_jpeg(crop.jpeg)) for crop in found]
    canvas.append(shelf(pictures, width_px=canvas.width_px))


def _draw_texts(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    texts: Texts = records["run_ocr"]
    found = [text for text in texts.candidates if text.seq == kept.frame.seq]
    canvas.caption(f"{_count(found, 'text')} read")
    for text in found:
        canvas.outline(text.quad, TEXT)
    for text in found:
        canvas.label(text.quad, f"{text.text}  {text.score:.2f}", TEXT)


def _draw_regions(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    regions: Regions = records["embed_regions"]
    if kept.frame.seq not in regions.seqs:
        raise NotFound(f"embed_regions says nothing of frame {kept.frame.seq}; it came too soon after another.")
    columns = unpack(regions)
    rows = np.flatnonzero(columns.seq == kept.frame.seq)
    likely = rows[np.argsort(-columns.marks[rows], kind="stable")]
    canvas.caption(_count(rows.tolist(), "region"))
    for row in likely[::-1]:
        canvas.outline(columns.quad(row), OBJECT if columns.track[row] < 0 else TEXT, width_px=1)
    for row in likely[:_LABELLED]:
        track = f", track {columns.track[row]}" if columns.track[row] >= 0 else ""
        canvas.label(columns.quad(row), f"mark {columns.marks[row]:.2f}{track}", OBJECT if not track else TEXT)


def _draw_matches(stage_name: str) -> Callable[[Canvas, KeptFrame, Records], None]:
    def draw(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
        settled: Matches | Escalation = records[stage_name]
        matches = [match for match in settled.matches if match.seq == kept.frame.seq]
        still_open = [
            (question, sighting)
            for question in settled.unresolved
            for sighting in question.sightings
            if sighting.seq == kept.frame.seq
        ]
        canvas.caption(f"{_count(matches, 'brand sighting')}, {len(still_open)} open")
        for _, sighting in still_open:
            canvas.outline(sighting.quad, OPEN)
        for match in matches:
            canvas.outline(match.quad, BRAND, width_px=3)
        for match in matches:
            canvas.label(match.quad, f"{match.brand}  {match.confidence:.2f}", BRAND)
        for question, sighting in still_open:
            canvas.label(sighting.quad, f"{question.text} ?", OPEN)

    return draw


def _draw_report(canvas: Canvas, kept: KeptFrame, records: Records) -> None:
    report: Report = records["compile_report"]
    frame = kept.frame
    counted = {brand.brand for brand in report.brands if _holds(brand.intervals, frame)}
    if not counted:
        canvas.caption("no brand counts in this frame")
    matches = _all_matches(kept, records)
    for match in matches:
        canvas.outline(match.quad, BRAND if match.brand in counted else UNCOUNTED, width_px=3)
    for brand in report.brands:
        for event in brand.events:
            if _holds([(event.start_s, event.end_s)], frame):
                so_far = [(x * frame.width_px, y * frame.height_px) for t, x, y in event.path if t <= frame.pts_s]
                canvas.path(so_far[-_TRAIL:], BRAND)
                for point in so_far[-1:]:
                    canvas.dot(point, BRAND)
                canvas.caption(f"{brand.brand}: {event.placement}, {event.start_s:.1f} to {event.end_s:.1f} s")
    for match in matches:
        if match.brand in counted:
            canvas.label(match.quad, match.brand, BRAND)
        else:
            canvas.label(match.quad, f"{match.brand}, not counted", UNCOUNTED)


# So many frames back an airing's path is drawn.
_TRAIL = 30
_LADDER = ("match_brands", "match_logos", "escalate_vlm", "escalate_cloud")
# Of regions only the likeliest marks are labelled: there are up to a hundred.
_LABELLED = 12

OVERLAYS: Mapping[str, Overlay] = {
    "filter_scenes": Overlay(reads=("filter_scenes",), draw=_draw_scenes),
    "field_segmentation": Overlay(reads=("field_segmentation",), draw=_draw_field),
    "detect_edges": Overlay(reads=("detect_edges", "field_segmentation"), draw=_draw_edges),
    "detect_objects": Overlay(reads=("detect_objects",), draw=_draw_objects),
    "track_objects": Overlay(reads=("track_objects",), draw=_draw_tracks),
    "preprocess": Overlay(reads=("preprocess",), draw=_draw_crops),
    "run_ocr": Overlay(reads=("run_ocr",), draw=_draw_texts),
    "embed_regions": Overlay(reads=("embed_regions",), draw=_draw_regions),
    **{name: Overlay(reads=(name,), draw=_draw_matches(name)) for name in _LADDER},
    "compile_report": Overlay(reads=("compile_report", *_LADDER), draw=_draw_report),
}


def _of_frame(entries: Sequence[T], kept: KeptFrame, stage_name: str) -> T:
    for entry in entries:
        if getattr(entry, "seq", None) == kept.frame.seq:
            return entry
    raise NotFound(f"{stage_name} says nothing of frame {kept.frame.seq}; it has not looked at it.")


def _all_matches(kept: KeptFrame, records: Records) -> list[BrandMatch]:
    rungs = [records[name] for name in _LADDER if records.get(name) is not None]
    return [match for rung in rungs for match in rung.matches if match.seq == kept.frame.seq]


def _count(things: Sequence[Any], one: str, many: str = "") -> str:
    return f"{len(things)} {one if len(things) == 1 else many or one + 's'}"


def _holds(intervals: Sequence[tuple[float, float]], frame: Frame) -> bool:
    """Whether the frame's moment lies in one of them; rounding may have moved their starts by a microsecond."""
    return any(start_s - 1e-6 <= frame.pts_s < end_s for start_s, end_s in intervals)


def _box_colour(label: str) -> Colour:
    return TEXT if label == "text" else OBJECT
