"""A job's report as somebody looks at it: by settings, as reviewed or as found, computed at most once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, Max

from detection.recompute import THE_JOBS, Choice, Reported, measured_of
from detection.records import PresetUse, Report
from detection.report import reviews as reviewing
from detection.report.load import load_report
from detection.report.measured import Measured
from detection.report.reviews import Reviews
from detection.reporting.recent import Recent
from detection.review.edits import reviews_of
from mpr.errors import NotFound
from mpr.jobs.models import Job
from mpr.pipeline.codec import digest
from mpr.pipeline.config import plain
from mpr.storage.buckets import timeline_folder

# Two hours of a dense broadcast take some 30 MB each as measured values, and 20 MB as a report.
_STORED: Recent[Report] = Recent(8)
_MEASURED: Recent[Measured] = Recent(4)
_REVIEWED: Recent[Measured] = Recent(2)
_REVIEWS: Recent[Reviews] = Recent(16)
_COMPUTED: Recent[tuple[Report, float]] = Recent(12)


def artifact(job: Job) -> str:
    """The key of the job's report, which is another one whenever the report is. Raises NotFound while there is none."""
    artifacts = job.outputs.filter(stage_name="compile_report").values_list("output__artifacts", flat=True).first()
    if not artifacts:
        raise NotFound("This job has no report yet; it is written when the last stage is done.")
    return f"{job.timeline_id}/{artifacts[0]}"


def stored_report(job: Job) -> Report:
    """As `load_report`. What comes back is shared; nobody may change it."""
    return _STORED.get(artifact(job), lambda: load_report(job))


def stored_measured(job: Job) -> Measured:
    """As `measured_of`. What comes back is shared; nobody may change it."""
    return _MEASURED.get(artifact(job), lambda: measured_of(job))


def heard(job: Job) -> Reviews:
    """As `reviews_of`, which reads all findings of a job. What comes back is shared; nobody may change it."""
    decisions = job.timeline.decisions.aggregate(newest=Max("pk"), undone=Max("undone_at"), count=Count("pk"))
    return _REVIEWS.get((job.pk, artifact(job), *decisions.values()), lambda: reviews_of(job))


# Without what these gave nothing can be measured anew.
_NEEDED = ("filter_scenes", "match_brands")


@dataclass(frozen=True, kw_only=True)
class Look:
    """What somebody wants to see of a report."""

    choice: Choice = THE_JOBS
    as_reviewed: bool = True


@dataclass
class Shown:
    """A report as `look` wants it; what it takes is read when it is asked for. Raises what Reported raises."""

    job: Job
    look: Look = field(default_factory=Look)

    @cached_property
    def reported(self) -> Reported:
        return Reported(
            self.job, self.look.choice, as_reviewed=self.look.as_reviewed, read=stored_measured, heard=heard
        )

    @cached_property
    def said(self) -> Reviews:
        """What people said, whether it is applied or not."""
        return self.reviews if self.look.as_reviewed else heard(self.job)

    @cached_property
    def reviews(self) -> Reviews:
        return self.reported.reviews

    @cached_property
    def own_settings(self) -> dict[str, Any]:
        """The job's own settings, by name."""
        return plain(Reported(self.job).settings[0])

    @cached_property
    def can_compute(self) -> bool:
        """Whether what the report follows from is still stored, so that other settings can be tried."""
        measured = stored_report(self.job).measured
        if measured is not None and timeline_folder(self.job.timeline_id).exists(measured):
            return True
        return all(self.job.outputs.filter(stage_name=name).exists() for name in _NEEDED) and self._reads()

    def _reads(self) -> bool:
        try:
            _ = self.measured
        except NotFound:
            return False
        return True

    @cached_property
    def pinned(self) -> tuple[dict[str, Any], PresetUse | None]:
        """Every setting of the report, and the preset that they come from, if there is one."""
        try:
            config, base = self.reported.settings
        except NotFound:
            return dict(self.report.settings), self.report.preset
        return plain(config), base

    @cached_property
    def version(self) -> str:
        """Another text whenever the report may be another one."""
        choice = self.look.choice
        settings: Mapping[str, Any] | None = None
        if not choice.is_the_jobs:
            config, base = self.reported.settings
            settings = {"config": asdict(config), "base": base}
        return digest([artifact(self.job), settings, asdict(self.reviews)])

    @property
    def report(self) -> Report:
        """What comes back is shared; nobody may change it."""
        return self._computed[0]

    @property
    def took_s(self) -> float:
        """How long it took to compute, 0 where nothing was."""
        return self._computed[1]

    @cached_property
    def measured(self) -> Measured:
        """What was measured, with what people said applied."""
        if self.reviews == reviewing.NONE:
            return stored_measured(self.job)
        key = f"{artifact(self.job)} {digest(asdict(self.reviews))}"
        return _REVIEWED.get(key, lambda: reviewing.reviewed(stored_measured(self.job), self.reviews))

    @cached_property
    def _computed(self) -> tuple[Report, float]:
        return _COMPUTED.get(self.version, self._compute)

    def _compute(self) -> tuple[Report, float]:
        if self.look.choice.is_the_jobs and self.reviews == reviewing.NONE:
            stored = stored_report(self.job)
            if stored.preset is not None:
                return stored, 0.0
        began_s = time.perf_counter()
        report = self.reported.report
        return report, time.perf_counter() - began_s
