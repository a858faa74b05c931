"""Rows as the engine would leave them, for tests of pages and the admin: footage, jobs, a report with its evidence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import cv2
import msgspec
import numpy as np
from django.utils import timezone

from brands.models import Brand
from detection.models import Airing
from detection.records import BrandReport, Event, Evidence, OpenCandidate, Report, Shot
from mpr.assets.models import AssetStatus, MediaAsset, Timeline
from mpr.jobs.models import Checkpoint, Job, JobStatus, Shard, ShardState, StageOutput, StageRun, StageState
from mpr.pipeline import codec
from mpr.pipeline.frames import Frame, encode_jpeg
from mpr.pipeline.timeline import Chunk, TimelineFacts
from mpr.storage.buckets import timeline_folder
from mpr.workspaces.models import Workspace

STAGES = (
    "extract_frames", "filter_scenes", "field_segmentation", "detect_edges", "detect_objects", "track_objects",
    "preprocess", "run_ocr", "match_brands", "escalate_vlm", "escalate_cloud", "compile_report",
)  # fmt: skip
COUNTS = {
    "extract_frames": {"frames": 480, "decoded": 6000},
    "filter_scenes": {"shots": 14, "frames": 402, "dropped": 78},
    "field_segmentation": {"frames": 402, "field_frames": 371},
    "detect_edges": {"frames": 402, "lines": 5210, "hints": 988},
    "detect_objects": {"frames": 402, "boxes": 3120, "text": 3120},
    "track_objects": {"tracks": 214, "views": 3390},
    "preprocess": {"crops": 3120},
    "run_ocr": {"texts": 2764},
    "match_brands": {"matches": 1811, "unresolved": 3},
    "compile_report": {"brands": 3, "events": 9, "unresolved": 1},
}
WIDTH_PX, HEIGHT_PX = 640, 360
QUAD = ((0.3, 0.42), (0.62, 0.40), (0.62, 0.52), (0.3, 0.55))


def make_timeline(workspace: Workspace, *, filename: str = "cup_final.mp4", duration_s: float = 240.0) -> Timeline:
    """A ready asset and its one timeline."""
    number = MediaAsset.objects.count()
    key = f"assets/{number}.mp4"
    asset = MediaAsset.objects.create(
        workspace=workspace, filename=filename, file_path=key, sha256=f"{number:064x}", file_size=184_320_000,
        status=AssetStatus.READY, duration_s=duration_s, fps=25.0, width=1280, height=720, video_codec="h264",
        audio_codec="aac", bitrate=6_144_000,
    )  # fmt: skip
    facts = TimelineFacts(
        chunks=[Chunk(key=key, sha256=asset.sha256, start_s=0.0, duration_s=duration_s)],
        duration_s=duration_s, fps=25.0, width_px=1280, height_px=720, keyframes_s=[],
    )  # fmt: skip
    return Timeline.objects.create(
        source_asset=asset, chunk_paths=[key], profile_name="soccer_broadcast", fps=25.0,
        facts=msgspec.to_builtins(facts),
    )  # fmt: skip


def make_failed_asset(workspace: Workspace, filename: str = "holiday.mp4") -> MediaAsset:
    return MediaAsset.objects.create(
        workspace=workspace, filename=filename, file_size=12, status=AssetStatus.ERROR,
        error_message="This file cannot be read as video; check that it plays and export it again as MP4.",
    )  # fmt: skip


def make_job(timeline: Timeline, status: str = JobStatus.COMPLETED, *, done: int = len(STAGES), **fields: Any) -> Job:
    """A job whose first `done` stages are settled (the escalations skipped); the next one runs or failed."""
    now = timezone.now()
    job = Job.objects.create(
        timeline=timeline, profile_name="soccer_broadcast", profile_version=4, status=status,
        plan={"pipeline": {"stages": list(STAGES), "edges": [], "routing": [], "shard_s": 10}, "configs": {}},
        started_at=now - timedelta(minutes=3), **fields,
    )  # fmt: skip
    if job.is_finished:
        job.finished_at = now
        job.save()
    parent = None
    for place, name in enumerate(STAGES[: done + (status != JobStatus.COMPLETED)]):
        run = StageRun(job=job, stage_name=name, place=place, shards_total=24, shards_done=24, started_at=now)
        run.finished_at = now + timedelta(seconds=1.5 * place + 0.4)
        if place == done:
            _unfinished(run, status)
            continue
        if name.startswith("escalate"):
            run.state, run.reason = StageState.SKIPPED, "No model is configured for this rung; set VLM_URL to use one."
            run.save()
            continue
        run.state = StageState.DONE
        run.save()
        parent = Checkpoint.objects.create(
            timeline=timeline, job=job, parent=parent, stage_name=name, stats=COUNTS[name],
            config_overrides=job.config_overrides.get(name, {}),
        )  # fmt: skip
        StageOutput.objects.create(
            job=job, timeline=timeline, stage_name=name, checkpoint=parent, cache_key=f"{place:064x}",
            output={"counts": COUNTS[name], "artifacts": []},
        )  # fmt: skip
    return job


def _unfinished(run: StageRun, status: str) -> None:
    run.shards_done = 9
    run.finished_at = None
    run.state = StageState.FAILED if status == JobStatus.FAILED else StageState.RUNNING
    run.reason = run.job.error_message.partition(": ")[2]
    run.save()
    state = ShardState.FAILED if status == JobStatus.FAILED else ShardState.RUNNING
    Shard.objects.create(stage_run=run, number=9, start_s=90, end_s=100, state=state, progress=0.5)


def make_report(
    job: Job, brands: tuple[str, ...] = ("Northwind", "Halcyon Air", "Zephyr Cola"), *, events: int = 3
) -> Report:
    """A stored report with evidence frames in the cache and its airings in the database."""
    whole_s = job.timeline.duration_s
    shots = [Shot(number=number, start_s=whole_s * number / 8, end_s=whole_s * (number + 1) / 8) for number in range(8)]
    entries = [_brand(job, name, place, len(brands), events, whole_s) for place, name in enumerate(brands)]
    frame = _frame(job, 900, "SPRING SALE")
    unresolved = [
        OpenCandidate(
            t_s=whole_s * 0.7, polygon=list(QUAD), text="SPR1NG", reason="Two brands are equally near.",
            nearest_brand=brands[0] if brands else None, seconds=2.4, frame=frame,
        )
    ]  # fmt: skip
    report = Report(analysed_s=whole_s, brands=entries, unresolved=unresolved, shots=shots)
    key = f"outputs/{job.pk}/report.bin"
    timeline_folder(job.timeline_id).write(key, codec.encode(report))
    StageOutput.objects.update_or_create(
        job=job, stage_name="compile_report",
        defaults={
            "timeline": job.timeline, "cache_key": "f" * 64, "output": {"counts": report.counts(), "artifacts": [key]}
        },
    )  # fmt: skip
    for entry in entries:
        brand, _ = Brand.objects.get_or_create(workspace=job.workspace, canonical_name=entry.brand)
        Airing.objects.bulk_create(
            Airing(
                job=job, brand=brand, brand_name=entry.brand, start_s=event.start_s, end_s=event.end_s,
                placement=event.placement, confidence=event.confidence, method=event.method,
                geometry={"mean_area_share": event.mean_area_share}, evidence=msgspec.to_builtins(event.evidence),
            )
            for event in entry.events
        )  # fmt: skip
    return report


def _brand(job: Job, name: str, place: int, brands: int, events: int, whole_s: float) -> BrandReport:
    frame = _frame(job, place, name.upper())
    step_s = whole_s / (events + 1)
    spans = [(step_s * (n + 0.2 + 0.1 * place), step_s * (n + 0.2 + 0.1 * place) + 4.0 - place) for n in range(events)]
    listed = [
        Event(
            start_s=start, end_s=end, placement=("board", "jersey", "graphic")[place % 3], method="ocr",
            confidence=0.93,
            mean_area_share=0.021, max_area_share=0.034, position=0.66, clarity=0.71, sightings=9, path=[],
            evidence=Evidence(t_s=start + 1, polygon=list(QUAD), text=name.upper(), frame=frame),
        )
        for start, end in spans
    ]  # fmt: skip
    seconds = sum(end - start for start, end in spans)
    return BrandReport(
        brand=name, exposure_s=seconds, exposure_low_s=seconds * 0.9, exposure_high_s=seconds + 2.4,
        share_of_voice=1 / brands, concurrent_share_of_voice=1 / brands, area_share_of_voice=1 / brands,
        event_count=events, area_seconds=seconds * 0.02, mean_area_share=0.021, max_area_share=0.034, position=0.66,
        zone_seconds=[0.0] * 9, clarity=0.7, solus_s=seconds / 2, mean_brands_visible=1.3, quality_s=seconds * 0.4,
        quality_index=0.4, placement_seconds={"board": seconds}, asset_seconds={"board": seconds},
        method_seconds={"ocr": seconds}, events=listed, intervals=spans,
    )  # fmt: skip


def _frame(job: Job, seq: int, text: str) -> Frame:
    """A drawn frame in the timeline's cache: grass, a white board with the text on it."""
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), (60, 130, 70), np.uint8)
    image[: HEIGHT_PX // 3] = (90, 80, 75)
    corners = np.array([(x * WIDTH_PX, y * HEIGHT_PX) for x, y in QUAD], np.int32)
    cv2.fillPoly(image, [corners], (245, 245, 245))
    cv2.putText(image, text, (205, 178), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (30, 30, 30), 2, cv2.LINE_AA)
    data = encode_jpeg(image, quality=85)
    key = f"frames/{seq}.pack"
    timeline_folder(job.timeline_id).write(key, data)
    return Frame(seq=seq, pts_s=float(seq), width_px=WIDTH_PX, height_px=HEIGHT_PX, pack=key, offset=0, size=len(data))
