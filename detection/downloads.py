"""Frames by the names that report files give them: they lie at the same relative addresses."""

from __future__ import annotations

from collections.abc import Iterator

from detection.records import Report
from detection.report.load import load_report
from detection.report.words import evidence_name
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of
from mpr.pipeline.frames import Frame


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
