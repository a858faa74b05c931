"""A two-hour match as it lies in the database and the buckets when a job is done: 7,200 frames, 500 shots, 40 brands
and 2,000 airings, the same every time. The report is computed by the stage itself; what is before it is made up."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
from django.db import transaction
from django.utils import timezone

from benchmarks.engine.broadcast import brand_names
from benchmarks.engine.rows import make_timeline
from brands.models import Brand
from detection.family import FAMILY
from detection.records import (
    Box,
    BrandMatch,
    Candidate,
    Crops,
    Fields,
    FrameObjects,
    Frames,
    KeptFrame,
    Matches,
    Objects,
    Question,
    Report,
    Scenes,
    Shot,
    StoredMatches,
    TextCandidate,
    Texts,
    Tracks,
)
from detection.stages import compile_report
from mpr.assets.models import Timeline
from mpr.events import log
from mpr.jobs.kept import folder_of
from mpr.jobs.models import Checkpoint, Job, JobStatus, RunType, Shard, ShardState, StageOutput, StageRun, StageState
from mpr.pipeline import codec
from mpr.pipeline.context import Context, Span
from mpr.pipeline.frames import Frame, encode_jpeg
from mpr.storage.buckets import media_in, media_out, timeline_folder, timeline_prefix
from mpr.workspaces.models import Workspace
from profiles.models import Profile
from profiles.plan import make_plan, parse_plan

HOURS = 2
DURATION_S = HOURS * 3600
SHARD_S = 10
SHOT_S = 14.4
BRANDS = 40
AIRINGS = 2000
OPEN = 60
WIDTH_PX, HEIGHT_PX = 1280, 720
_PACK = "frames/match.pack"
_SKIPPED = {"embed_regions": "No brand has an exemplar.", "match_logos": "No brand has an exemplar.",
            "escalate_vlm": "No model is configured.", "escalate_cloud": "No model is configured."}  # fmt: skip


class Match:
    """The records of the stages of one timeline."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.names = brand_names(BRANDS)
        picture = np.full((HEIGHT_PX, WIDTH_PX, 3), (60, 130, 70), np.uint8)
        for board in range(4):
            cv2.rectangle(picture, (40 + 300 * board, 400), (300 + 300 * board, 470), (245, 245, 245), -1)
        jpeg = encode_jpeg(picture, quality=85)
        timeline_folder(timeline.pk).write(_PACK, jpeg)
        self.frames = [
            Frame(seq=seq, pts_s=float(seq), width_px=WIDTH_PX, height_px=HEIGHT_PX, pack=_PACK, offset=0,
                  size=len(jpeg))
            for seq in range(DURATION_S)
        ]  # fmt: skip
        count = round(DURATION_S / SHOT_S)
        self.shots = [Shot(number=n, start_s=n * SHOT_S, end_s=(n + 1) * SHOT_S) for n in range(count)]

    def scenes(self) -> Scenes:
        kept = []
        for frame in self.frames:
            shot = self.shots[min(len(self.shots) - 1, int(frame.pts_s / SHOT_S))]
            start_s = max(shot.start_s, frame.pts_s - 0.5)
            end_s = min(shot.end_s, frame.pts_s + 0.5)
            kept.append(KeptFrame(frame=frame, shot=shot.number, start_s=start_s, end_s=max(end_s, start_s + 0.01)))
        return Scenes(shots=self.shots, frames=kept, dropped=0)

    def matches(self, *, left_out: float = 0.0) -> Matches:
        """Four different brands in every shot, each for some seconds. `left_out` is the share that another job would
        not have found."""
        found = []
        for shot in self.shots:
            draw = random.Random(shot.number)
            for board, name in enumerate(draw.sample(self.names, AIRINGS // len(self.shots))):
                first = int(shot.start_s) + 2 + draw.randrange(3)
                if draw.random() < left_out:
                    continue
                last = first + draw.randint(3, 6)
                found += [_sighting(seq, board, name, draw) for seq in range(first, last)]
        return Matches(matches=found, unresolved=[_question(number) for number in range(OPEN)])

    def of_shard(self, span: Span) -> dict[str, Any]:
        """What the stages give for a span that give something for each."""
        frames = self.frames[round(span.start_s) : round(span.end_s)]
        boxes = [Box(quad=_quad(board), label="text", score=0.9, source="text") for board in range(4)]
        return {
            "extract_frames": Frames(frames=frames, scan=[], decoded=10 * len(frames), keyframes_only=False),
            "field_segmentation": Fields(frames=[]),
            "detect_objects": Objects(frames=[FrameObjects(seq=frame.seq, boxes=boxes) for frame in frames]),
            "track_objects": Tracks(tracks=[]),
            "preprocess": Crops(crops=[]),
            "run_ocr": Texts(
                candidates=[
                    TextCandidate(seq=frame.seq, box=board, quad=_quad(board), text="HALCYON", score=0.9,
                                  sharpness=900.0, contrast=0.2)
                    for frame in frames
                    for board in range(4)
                ]
            ),
        }  # fmt: skip


def make_match(workspace: Workspace, *, label: str = "") -> Timeline:
    """The timeline, its file and brands; the file is no video, which no page looks into."""
    timeline = make_timeline(float(DURATION_S), profile_name="soccer_broadcast")
    asset = timeline.source_asset
    asset.workspace, asset.filename, asset.file_size = workspace, label or "match.mp4", 4_800_000_000
    asset.save()
    media_in.write(asset.file_path, b"not a video")
    names = brand_names(BRANDS)
    Brand.objects.bulk_create(
        (Brand(workspace=workspace, canonical_name=name, aliases=[f"{name} Group"]) for name in names),
        ignore_conflicts=True,
    )
    return timeline


def make_job(match: Match, *, parent: Job | None = None, left_out: float = 0.0) -> Job:
    """A completed job, or a replay of one that finds a little less."""
    profile = Profile.objects.get(workspace=None, name="soccer_broadcast")
    overrides = {"match_brands": {"min_confidence": 0.7}} if parent else {}
    plan = make_plan({**profile.pipeline, "shard_s": SHARD_S}, profile.configs, overrides)
    now = timezone.now()
    job = Job.objects.create(
        timeline=match.timeline, profile_name=profile.name, profile_version=profile.version, plan=plan.plain(),
        config_overrides=overrides, parent=parent, run_type=RunType.REPLAY if parent else RunType.INITIAL,
        status=JobStatus.COMPLETED, started_at=now - timedelta(minutes=40), finished_at=now,
    )  # fmt: skip
    spans = [Span(number=n, start_s=n * SHARD_S, end_s=(n + 1) * SHARD_S) for n in range(DURATION_S // SHARD_S)]
    writer = _Writer(job)
    scenes, matches = match.scenes(), match.matches(left_out=left_out)
    by_shard: dict[str, list[Any]] = {}
    for span in spans if parent is None else ():
        for name, record in match.of_shard(span).items():
            by_shard.setdefault(name, []).append(record)
    by_timeline = {"filter_scenes": scenes, "match_brands": matches} if parent is None else {"match_brands": matches}
    for name in plan.plain()["pipeline"]["stages"]:
        if name in _SKIPPED:
            writer.skip(name, _SKIPPED[name])
        elif parent is not None and name not in (*by_timeline, "compile_report"):
            writer.reuse(name, parent)
        elif name in by_shard:
            writer.store(name, by_shard[name], spans)
        elif name in by_timeline:
            writer.store(name, [by_timeline[name]], [Span(number=0, start_s=0.0, end_s=float(DURATION_S))])
    report = writer.compile(scenes, matches, by_shard.get("detect_objects"))
    with transaction.atomic():
        FAMILY.sinks["compile_report"](job, [report])
    return job


class _Writer:
    """Rows and artifacts of a job, stage by stage."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self._parent: Checkpoint | None = None

    def skip(self, name: str, reason: str) -> None:
        place = self.job.plan["pipeline"]["stages"].index(name)
        StageRun.objects.create(job=self.job, stage_name=name, place=place, state=StageState.SKIPPED, reason=reason)

    def reuse(self, name: str, parent: Job) -> None:
        run, output = parent.stage_runs.get(stage_name=name), parent.outputs.get(stage_name=name)
        run.pk, run.job, run.state, run.reused_from = None, self.job, StageState.REUSED, parent
        output.pk, output.job = None, self.job
        run.save(force_insert=True)
        output.save(force_insert=True)

    def store(self, name: str, records: Sequence[Any], spans: Sequence[Span]) -> None:
        key = codec.digest([str(self.job.pk), name])
        place = self.job.plan["pipeline"]["stages"].index(name)
        end = self.job.started_at + timedelta(minutes=2 * (place + 1))
        run = StageRun.objects.create(
            job=self.job, stage_name=name, place=place, state=StageState.DONE, cache_key=key, shards_total=len(spans),
            shards_done=len(spans), started_at=end - timedelta(minutes=2), finished_at=end,
        )  # fmt: skip
        artifacts = [f"{folder_of(name, key)}/{span.number:05d}-1.bin" for span in spans]
        for artifact, record in zip(artifacts, records, strict=True):
            _write(self.job.timeline_id, artifact, codec.encode(record))
        counts = _added(record.counts() for record in records)
        Shard.objects.bulk_create(
            Shard(stage_run=run, number=span.number, start_s=span.start_s, end_s=span.end_s, state=ShardState.DONE,
                  progress=1.0, result_key=artifact, counts=record.counts(), attempts=1)
            for span, artifact, record in zip(spans, artifacts, records, strict=True)
        )  # fmt: skip
        self._parent = Checkpoint.objects.create(
            timeline=self.job.timeline, job=self.job, parent=self._parent, stage_name=name, stats=counts,
            config_overrides=self.job.config_overrides.get(name, {}),
        )  # fmt: skip
        StageOutput.objects.create(
            job=self.job, timeline=self.job.timeline, stage_name=name, checkpoint=self._parent, cache_key=key,
            output={"counts": counts, "artifacts": artifacts},
        )  # fmt: skip
        with transaction.atomic():
            for record, span in zip(records, spans, strict=True):
                told = {"stage": name, "shard": span.number, "counts": record.counts()}
                log.append(self.job.pk, "shard.done", told)
            log.append(self.job.pk, "stage.done", {"stage": name})

    def compile(self, scenes: Scenes, matches: Matches, objects: Sequence[Objects] | None) -> Report:
        name = "compile_report"
        key = codec.digest([str(self.job.pk), name])
        span = Span(number=0, start_s=0.0, end_s=float(DURATION_S))
        folder = timeline_folder(self.job.timeline_id)
        ctx = Context(span=span, blobs=folder, media=media_in, prefix=f"{folder_of(name, key)}/00000")
        stored = codec.decode(codec.encode(matches), StoredMatches)
        inputs = compile_report.Inputs(filter_scenes=scenes, match_brands=stored, detect_objects=objects)
        report = compile_report.STAGE.run(inputs, parse_plan(self.job.plan).configs[name], ctx)
        self.store(name, [report], [span])
        return report


def _write(timeline_id: object, key: str, data: bytes) -> None:
    """Into the bucket's folder without waiting for the disk, as the buckets would for each of thousands of files."""
    assert media_out.folder is not None
    path = media_out.folder / timeline_prefix(timeline_id) / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _added(all_counts: Iterator[dict[str, int]]) -> dict[str, int]:
    added: dict[str, int] = {}
    for counts in all_counts:
        for name, count in counts.items():
            added[name] = added.get(name, 0) + count
    return added


def _quad(board: int) -> Any:
    x = 40.0 + 300.0 * board
    return ((x, 400.0), (x + 260.0, 400.0), (x + 260.0, 470.0), (x, 470.0))


def _sighting(seq: int, board: int, name: str, draw: random.Random) -> BrandMatch:
    return BrandMatch(
        seq=seq, boxes=[board], quad=_quad(board), brand=name, text=name.upper(),
        confidence=round(draw.uniform(0.6, 1.0), 4), sharpness=900.0, contrast=0.2, method="ocr", start_s=seq - 0.5,
        end_s=seq + 0.5, boundary_error_s=0.5,
    )  # fmt: skip


def _question(number: int) -> Question:
    seq = 20 + number * (DURATION_S // OPEN)
    sighting = Candidate(
        seq=seq, box=0, quad=_quad(0), sharpness=600.0, contrast=0.2, start_s=seq - 0.5, end_s=seq + 0.5,
        boundary_error_s=0.5,
    )  # fmt: skip
    return Question(
        text=f"SPR{number}NG", reason="Two brands are equally near.", nearest_brand=None, nearest_score=0.0,
        sightings=[sighting], best=0,
    )  # fmt: skip
