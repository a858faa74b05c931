"""The report that a job stored."""

from __future__ import annotations

from detection.records import Report
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.pipeline import codec
from mpr.storage.buckets import timeline_folder


def load_report(job: Job) -> Report:
    """The job's compiled report. Raises NotFound while there is none, or when its artifact is gone."""
    row = job.outputs.filter(stage_name="compile_report").first()
    if row is None:
        raise NotFound("This job has no report yet; it is written when the last stage is done.")
    return codec.decode(timeline_folder(job.timeline_id).read(row.output["artifacts"][0]), Report)
