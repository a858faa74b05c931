"""What a job stored of its report, read once and then kept while it is looked at."""

from __future__ import annotations

from detection.recompute import measured_of
from detection.records import Report
from detection.report.load import load_report
from detection.report.measured import Measured
from detection.reporting.recent import Recent
from mpr.errors import NotFound
from mpr.jobs.models import Job

# Two hours of a dense broadcast take some 30 MB each as measured values, and 20 MB as a report.
_REPORTS: Recent[Report] = Recent(8)
_MEASURED: Recent[Measured] = Recent(4)


def artifact(job: Job) -> str:
    """The key of the job's report, which is another one whenever the report is. Raises NotFound while there is none."""
    artifacts = job.outputs.filter(stage_name="compile_report").values_list("output__artifacts", flat=True).first()
    if not artifacts:
        raise NotFound("This job has no report yet; it is written when the last stage is done.")
    return f"{job.timeline_id}/{artifacts[0]}"


def stored_report(job: Job) -> Report:
    """As `load_report`. What comes back is shared; nobody may change it."""
    return _REPORTS.get(artifact(job), lambda: load_report(job))


def stored_measured(job: Job) -> Measured:
    """As `measured_of`. What comes back is shared; nobody may change it."""
    return _MEASURED.get(artifact(job), lambda: measured_of(job))
