"""A finished job over a long broadcast that is drawn as numbers, with what compile_report keeps of it: the report, what
was measured, the airings. All its frames show the same picture."""

from __future__ import annotations

import cv2
import numpy as np
from msgspec.structs import replace

from benchmarks.report.footage import HEIGHT_PX, WIDTH_PX, Broadcast, draw
from detection.airings import write_airings
from detection.records import Matches, Report, Scenes, StoredMatches
from detection.report.compiling import compile_report
from detection.report.measured import Rung, measure
from detection.report.packed import packed
from detection.report.settings import Config
from mpr.assets.models import Timeline
from mpr.jobs.models import Job, JobStatus, StageOutput, StageRun, StageState
from mpr.pipeline import codec
from mpr.pipeline.frames import encode_jpeg
from mpr.storage.buckets import timeline_folder
from profiles.plan import make_plan
from tests.recorded import shipped

# Of the marks of a drawn shot: the first board and what stays beside the clock, some two thousand airings in two hours.
_MARKS = (0, 9)
_PACK = "frames/all.pack"


def broadcast_job(timeline: Timeline, *, fps: float = 1.0, brands: int = 24, marks: tuple[int, ...] = _MARKS) -> Job:
    """Two hours give 7,200 frames and some 2,000 airings."""
    drawn = draw(timeline.duration_s or 0.0, fps=fps, brands=brands)
    plan = make_plan(shipped("soccer_broadcast"), {}, None)
    job = Job.objects.create(
        timeline=timeline, profile_name="soccer_broadcast", plan=plan.plain(), status=JobStatus.COMPLETED
    )
    folder = timeline_folder(timeline.pk)
    jpeg = _picture()
    folder.write(_PACK, jpeg)
    scenes = _with_pictures(drawn.scenes, len(jpeg))
    measured = measure(scenes, [Rung(method="ocr", found=_stored(drawn, marks))], fields=drawn.fields)
    key = f"compile_report/{job.pk}/measured.pack"
    folder.write(key, packed(measured))
    report = replace(compile_report(measured, Config()).report, measured=key)
    _store(job, report)
    write_airings(job, report)
    return job


def _with_pictures(scenes: Scenes, size: int) -> Scenes:
    frames = [replace(kept, frame=replace(kept.frame, pack=_PACK, size=size)) for kept in scenes.frames]
    return replace(scenes, frames=frames)


def _stored(drawn: Broadcast, marks: tuple[int, ...]) -> StoredMatches:
    some = Matches(
        matches=[match for match in drawn.matches.matches if match.boxes[0] in marks],
        unresolved=drawn.matches.unresolved,
    )
    return codec.decode(codec.encode(some), StoredMatches)


def _store(job: Job, report: Report) -> None:
    key = f"compile_report/{job.pk}/00000-1.bin"
    timeline_folder(job.timeline_id).write(key, codec.encode(report))
    place = job.plan["pipeline"]["stages"].index("compile_report")
    StageRun.objects.create(job=job, stage_name="compile_report", place=place, state=StageState.DONE)
    StageOutput.objects.create(
        job=job, timeline=job.timeline, stage_name="compile_report", cache_key=codec.digest(key),
        output={"counts": report.counts(), "artifacts": [key]},
    )  # fmt: skip


def _picture() -> bytes:
    image = np.full((HEIGHT_PX, WIDTH_PX, 3), (60, 130, 70), np.uint8)
    image[: HEIGHT_PX // 3] = (90, 80, 75)
    cv2.rectangle(image, (0, 200), (WIDTH_PX, 260), (235, 235, 235), -1)
    return encode_jpeg(image, quality=85)
