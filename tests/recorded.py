"""Jobs with stored records of every stage, as the detection family would leave them, for tests that look into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from msgspec.structs import replace

from detection.records import (
    Box,
    BrandMatch,
    BrandReport,
    Candidate,
    Crop,
    Crops,
    Edges,
    Event,
    Evidence,
    Fields,
    FrameEdges,
    FrameField,
    FrameObjects,
    Frames,
    Hint,
    KeptFrame,
    Line,
    Matches,
    Objects,
    Question,
    Regions,
    Report,
    Scenes,
    Shot,
    TextCandidate,
    Texts,
    Track,
    Tracks,
    View,
)  # fmt: skip
from detection.regions import Found, pack
from mpr.assets.models import Timeline
from mpr.jobs.models import Job, JobStatus, StageOutput, StageRun, StageState
from mpr.pipeline import codec
from mpr.pipeline.frames import Frame, encode_jpeg
from mpr.storage.buckets import timeline_folder
from profiles.plan import make_plan
from profiles.shipped import read_profiles

WIDTH_PX, HEIGHT_PX = 640, 360
SHARD_S = 4.0
DURATION_S = 20.0
QUAD = ((200.0, 150.0), (400.0, 144.0), (400.0, 190.0), (200.0, 200.0))
SMALL_QUAD = ((20.0, 20.0), (90.0, 20.0), (90.0, 40.0), (20.0, 40.0))
HULL = [(0.0, 180.0), (640.0, 160.0), (640.0, 360.0), (0.0, 360.0)]


def record_job(
    timeline: Timeline, seen: Sequence[int] = (2, 3, 4, 9), *, brand: str = "Nördlich Öl", logos: bool = False,
    **given: Any,
) -> Job:  # fmt: skip
    """A completed job over 20 s with a frame a second. The brand is seen in the given frames, on a board; another text
    stays open in frame 2, where a third brand is too small to count. With `logos` the board was recognised too."""
    pipeline = {**every_stage(), "shard_s": SHARD_S}
    plan = make_plan(pipeline, {}, given.get("config_overrides"))
    job = Job.objects.create(
        timeline=timeline, profile_name="soccer_broadcast", plan=plan.plain(), status=JobStatus.COMPLETED, **given
    )
    frames = draw_frames(job, brand)
    kept = [KeptFrame(frame=frame, shot=frame.seq // 10, start_s=frame.seq, end_s=frame.seq + 1) for frame in frames]
    shots = [Shot(number=0, start_s=0.0, end_s=10.0), Shot(number=1, start_s=10.0, end_s=20.0)]
    matches = [_match(seq, brand, QUAD) for seq in seen]
    if 2 in seen:
        matches.append(_match(2, "Tiny", SMALL_QUAD))
    store(job, "extract_frames", [Frames(frames=part, scan=[], decoded=len(part), keyframes_only=False)
                                  for part in _by_shard(frames)])  # fmt: skip
    store(job, "filter_scenes", [Scenes(shots=shots, frames=kept, dropped=0)])
    for name, make in (
        ("field_segmentation", _fields), ("detect_edges", _edges), ("detect_objects", _objects),
        ("track_objects", _tracks), ("preprocess", _crops), ("run_ocr", lambda part: _texts(part, brand)),
    ):  # fmt: skip
        store(job, name, [make(part) for part in _by_shard(frames)])
    store(job, "match_brands", [Matches(matches=matches, unresolved=[_question()])])
    for name, reason in (
        *((name, "No brand has an exemplar.") for name in ("embed_regions", "match_logos") if not logos),
        ("escalate_vlm", "No model is configured."), ("escalate_cloud", "No model is configured."),
    ):  # fmt: skip
        place = job.plan["pipeline"]["stages"].index(name)
        StageRun.objects.create(job=job, stage_name=name, place=place, state=StageState.SKIPPED, reason=reason)
    if logos:
        store(job, "embed_regions", [_regions(part) for part in _by_shard(frames)])
        found = [replace(_match(seq, brand, QUAD), method="logo", text="") for seq in seen]
        store(job, "match_logos", [Matches(matches=found, unresolved=[])])
    store(job, "compile_report", [_report(brand, seen, frames, shots)])
    return job


def every_stage() -> dict[str, Any]:
    """The pipeline of the shipped profile for football with detect_edges, which no shipped one has, added."""
    pipeline = shipped("soccer_broadcast")
    stages, edges = list(pipeline["stages"]), list(pipeline["edges"])
    stages.insert(stages.index("detect_objects"), "detect_edges")
    edges += [
        {"from": "field_segmentation", "to": "detect_edges"},
        {"from": "detect_edges", "to": "detect_objects"},
    ]
    return {**pipeline, "stages": stages, "edges": edges}


def shipped(name: str) -> dict[str, Any]:
    return next(profile.pipeline for profile in read_profiles() if profile.name == name)


def store(job: Job, stage_name: str, records: Sequence[Any]) -> None:
    """Write the artifacts of a stage and its rows."""
    key = codec.digest([str(job.pk), stage_name])
    artifacts = [f"{stage_name}/{key[:20]}/{number:05d}-1.bin" for number in range(len(records))]
    for artifact, record in zip(artifacts, records, strict=True):
        timeline_folder(job.timeline_id).write(artifact, codec.encode(record))
    place = job.plan["pipeline"]["stages"].index(stage_name)
    StageRun.objects.create(job=job, stage_name=stage_name, place=place, state=StageState.DONE, cache_key=key)
    StageOutput.objects.create(
        job=job, timeline=job.timeline, stage_name=stage_name, cache_key=key,
        output={"counts": {}, "artifacts": artifacts},
    )  # fmt: skip


def draw_frames(job: Job, text: str) -> list[Frame]:
    """Grass, a white board, a frame a second, all in one pack."""
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), (90, 80, 75), np.uint8)
    cv2.fillPoly(image, [np.array(HULL, np.int32)], (60, 130, 70))
    cv2.fillPoly(image, [np.array(QUAD, np.int32)], (245, 245, 245))
    jpeg = encode_jpeg(image, quality=90)
    timeline_folder(job.timeline_id).write("frames/all.pack", jpeg)
    return [
        Frame(seq=seq, pts_s=seq + 0.5, width_px=WIDTH_PX, height_px=HEIGHT_PX, pack="frames/all.pack", offset=0,
              size=len(jpeg))
        for seq in range(int(DURATION_S))
    ]  # fmt: skip


def _by_shard(frames: Sequence[Frame]) -> list[list[Frame]]:
    shards = int(DURATION_S / SHARD_S)
    return [[frame for frame in frames if int(frame.pts_s / SHARD_S) == number] for number in range(shards)]


def _match(seq: int, brand: str, quad: Any) -> BrandMatch:
    return BrandMatch(
        seq=seq, boxes=[0], quad=quad, brand=brand, text=brand.upper(), confidence=0.93, sharpness=900.0,
        contrast=0.2, method="ocr", start_s=float(seq), end_s=seq + 1.0, boundary_error_s=0.5,
    )  # fmt: skip


def _question() -> Question:
    sighting = Candidate(seq=2, box=1, quad=((500.0, 60.0), (600.0, 60.0), (600.0, 90.0), (500.0, 90.0)),
                         sharpness=1.0, contrast=0.1, start_s=2.0, end_s=3.0, boundary_error_s=0.5)  # fmt: skip
    return Question(
        text="SPR1NG",
        reason="Two brands are near.",
        nearest_brand=None,
        nearest_score=0.0,
        sightings=[sighting],
        best=0,
    )


def _fields(frames: Sequence[Frame]) -> Fields:
    mask = np.zeros((90, 160), np.uint8)
    mask[45:] = 255
    png = cv2.imencode(".png", mask)[1].tobytes()
    return Fields(
        frames=[
            FrameField(seq=frame.seq, share=0.52, hull=HULL, mask_png=png)
            if frame.seq < 10
            else FrameField(seq=frame.seq, share=0.0, hull=[], mask_png=b"")
            for frame in frames
        ]
    )


def _edges(frames: Sequence[Frame]) -> Edges:
    return Edges(
        frames=[
            FrameEdges(
                seq=frame.seq,
                lines=[Line(start=(0.0, 200.0), end=(640.0, 190.0)), Line(start=(0.0, 240.0), end=(640.0, 236.0))],
                hints=[Hint(quad=QUAD, score=0.8)],
            )
            for frame in frames
        ]
    )


def _objects(frames: Sequence[Frame]) -> Objects:
    boxes = [
        Box(quad=QUAD, label="text", score=0.91, source="text"),
        Box(quad=SMALL_QUAD, label="person", score=0.6, source="yolo"),
    ]
    return Objects(frames=[FrameObjects(seq=frame.seq, boxes=boxes) for frame in frames])


def _tracks(frames: Sequence[Frame]) -> Tracks:
    views = [
        View(seq=frame.seq, box=-1 if frame.seq == 3 else 0, quad=QUAD, start_s=float(frame.seq),
             end_s=frame.seq + 1.0, sharpness=900.0, contrast=0.2)
        for frame in frames
    ]  # fmt: skip
    track = Track(
        number=0, shot=frames[0].seq // 10, label="text", start_s=views[0].start_s, end_s=views[-1].end_s,
        start_cause="shard", end_cause="shard", start_error_s=0.0, end_error_s=0.0, motion="camera", views=views,
    )  # fmt: skip
    return Tracks(tracks=[track])


def _crops(frames: Sequence[Frame]) -> Crops:
    picture = np.full((48, 200, 3), (240, 240, 240), np.uint8)
    jpeg = encode_jpeg(picture, quality=90)
    return Crops(
        crops=[
            Crop(seq=frame.seq, box=0, quad=QUAD, label="text", score=0.91, source="text", width_px=200, height_px=48,
                 jpeg=jpeg)
            for frame in frames
        ]
    )  # fmt: skip


def _regions(frames: Sequence[Frame]) -> Regions:
    found = [
        Found(seq=frame.seq, quads=[QUAD, SMALL_QUAD], vectors=np.eye(2, 128, dtype=np.float32),
              marks=np.array([0.9, 0.3], np.float32), sharpness=[900.0, 400.0], contrast=[0.2, 0.1], tracks=[0, -1])
        for frame in frames
    ]  # fmt: skip
    return pack(found, dimensions=128)


def _texts(frames: Sequence[Frame], text: str) -> Texts:
    return Texts(
        candidates=[
            TextCandidate(seq=frame.seq, box=0, quad=QUAD, text=text, score=0.97, sharpness=900.0, contrast=0.2)
            for frame in frames
        ]
    )


def _report(brand: str, seen: Sequence[int], frames: Sequence[Frame], shots: list[Shot]) -> Report:
    intervals: list[tuple[float, float]] = []
    for seq in sorted(seen):
        if intervals and intervals[-1][1] == seq:
            intervals[-1] = (intervals[-1][0], float(seq + 1))
        else:
            intervals.append((float(seq), float(seq + 1)))
    shares = dict.fromkeys(
        ("share_of_voice", "concurrent_share_of_voice", "area_share_of_voice", "area_seconds", "mean_area_share",
         "max_area_share", "position", "clarity", "solus_s", "mean_brands_visible", "quality_s", "quality_index"), 0.5,
    )  # fmt: skip
    events = [
        Event(
            start_s=start_s, end_s=end_s, placement="board", method="ocr", confidence=0.93, mean_area_share=0.04,
            max_area_share=0.04, position=0.5, clarity=0.7, sightings=int(end_s - start_s),
            evidence=Evidence(t_s=start_s + 0.5, polygon=[(x / WIDTH_PX, y / HEIGHT_PX) for x, y in QUAD],
                              text=brand.upper(), frame=frames[int(start_s)]),
            path=[(seq + 0.5, 0.47, 0.48) for seq in range(int(start_s), int(end_s))],
        )
        for start_s, end_s in intervals
    ]  # fmt: skip
    seconds = float(len(seen))
    entry = BrandReport(
        brand=brand, exposure_s=seconds, exposure_low_s=seconds, exposure_high_s=seconds, event_count=len(events),
        zone_seconds=[0.0] * 9, placement_seconds={"board": seconds}, asset_seconds={"board": seconds},
        method_seconds={"ocr": seconds}, events=events, intervals=intervals, **shares,
    )  # fmt: skip
    return Report(analysed_s=DURATION_S, brands=[entry] if seen else [], unresolved=[], shots=shots)
