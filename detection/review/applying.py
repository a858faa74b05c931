"""The report with what people decided: the way from review to what is reported."""

from __future__ import annotations

from detection.recompute import THE_JOBS, Choice, Reported
from detection.records import Report
from mpr.jobs.models import Job


def reviewed(job: Job, choice: Choice = THE_JOBS) -> Report:
    """The job's report without what was rejected, other brands under their names, open questions that are brands
    counted, with the starts and ends that were given, events merged and split; computed without any inference.

    What was decided on another job of the timeline holds for it, too. Raises what Reported raises.
    """
    return Reported(job, choice, as_reviewed=True).report
