"""A job's report as files for the browser. The frames they name lie at the same relative addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath

from detection.records import Report
from detection.report.exports.events import events_csv
from detection.report.files import job_facts
from detection.report.html import report_html
from detection.report.load import load_report
from detection.report.tree import encode_json, report_json
from detection.report.words import evidence_name
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of
from mpr.pipeline.frames import Frame
from mpr.storage.buckets import timeline_folder

TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "html": "text/html; charset=utf-8"}


def report_file(job: Job, kind: str) -> bytes:
    """The report as "json", "csv" or "html". Raises NotFound while there is none."""
    report = load_report(job)
    if kind == "html":
        return report_html(report, job_facts(job), frames_of(job).read).encode()
    if kind == "csv":
        return b"".join(events_csv(report, _frame_name(job)))
    return encode_json(report_json(report, job_facts(job), _frame_name(job)))


def file_name(job: Job, kind: str) -> str:
    """cup_final-report.json"""
    return f"{PurePath(job.timeline.source_asset.filename).stem}-report.{kind}"


def named_frame(job: Job, name: str) -> bytes:
    """JPEG bytes of the evidence frame that the report files call evidence/`name`. Raises NotFound."""
    for frame in _frames(load_report(job)):
        if evidence_name(frame) == f"evidence/{name}":
            return frames_of(job).jpeg(frame)
    raise NotFound("The report has no evidence frame of that name.")


def _frames(report: Report) -> Iterator[Frame]:
    for brand in report.brands:
        for event in brand.events:
            yield event.evidence.frame


def _frame_name(job: Job) -> Callable[[Frame], str | None]:
    """The relative name of a frame, or None when it is no longer kept; asks once per pack."""
    folder = timeline_folder(job.timeline_id)
    kept: dict[str, bool] = {}

    def name(frame: Frame) -> str | None:
        if frame.pack not in kept:
            kept[frame.pack] = folder.exists(frame.pack)
        return evidence_name(frame) if kept[frame.pack] else None

    return name
