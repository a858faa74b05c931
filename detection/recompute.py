"""A job's report, as it was stored or computed anew with other settings, without running any stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from detection.presets import Preset, find_preset
from detection.records import PresetUse, Report
from detection.report.compiling import Compiled, compile_report
from detection.report.exports.catalogue import Material
from detection.report.files import job_facts
from detection.report.html import report_html
from detection.report.load import load_report
from detection.report.measured import Measured
from detection.report.packed import unpacked
from detection.report.presets import changes
from detection.report.reviews import NONE, Reviews
from detection.report.settings import Config
from detection.report.words import evidence_name
from detection.review.edits import reviews_of
from detection.stages import compile_report as stage
from mpr.errors import BadInput, NotFound
from mpr.jobs.inputs import Input, assemble
from mpr.jobs.models import Job
from mpr.jobs.outputs import frames_of
from mpr.pipeline.config import parse, plain
from mpr.pipeline.context import Span
from mpr.pipeline.frames import Frame
from mpr.pipeline.graph import Graph
from mpr.pipeline.transforms import Transform
from mpr.storage.buckets import timeline_folder
from profiles.families import registry
from profiles.plan import parse_plan


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How a report is computed: with a preset (its newest version unless one is named) or the job's own settings, and
    with single settings set otherwise."""

    preset: str | None = None
    version: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_the_jobs(self) -> bool:
        return self.preset is None and not self.settings


THE_JOBS = Choice()


class Reported:
    """A job's report by a choice of settings, as people reviewed it or as it was found; what it takes is read when it
    is asked for. `read` reads what was measured, `heard` what people said.

    Raises NotFound while the job has no report, or when what it stored is gone; BadInput for a choice that cannot be.
    """

    def __init__(
        self,
        job: Job,
        choice: Choice = THE_JOBS,
        *,
        as_reviewed: bool = True,
        read: Callable[[Job], Measured] | None = None,
        heard: Callable[[Job], Reviews] = reviews_of,
    ) -> None:
        if choice.version is not None and choice.preset is None:
            raise BadInput("A version was given without a preset; name the preset, too.")
        self.job = job
        self.choice = choice
        self.as_reviewed = as_reviewed
        self._read = read or measured_of
        self._heard = heard

    @cached_property
    def report(self) -> Report:
        """The stored report where that is what was chosen and nobody reviewed anything since."""
        if not self.choice.is_the_jobs or self.reviews != NONE:
            return self.compiled.report
        stored = load_report(self.job)
        if stored.preset is not None:
            return stored
        try:
            # An earlier version of MPR compiled it, and knew fewer metrics.
            return self.compiled.report
        except NotFound:
            return stored

    @cached_property
    def compiled(self) -> Compiled:
        """Computed from what was measured."""
        config, base = self.settings
        return compile_report(self.measured, config, reviews=self.reviews, base=base)

    @cached_property
    def reviews(self) -> Reviews:
        """What people said that is applied."""
        return self._heard(self.job) if self.as_reviewed else NONE

    @cached_property
    def settings(self) -> tuple[Config, PresetUse | None]:
        """The settings, and the preset they come from unless they are the job's own."""
        own = parse_plan(self.job.plan).configs.get(stage.STAGE.name)
        if own is None:
            raise NotFound("This job makes no report; its profile has no stage compile_report.")
        preset = self.preset
        settings = dict(preset.settings) if preset else plain(own)
        config = parse(Config, {**settings, **self.choice.settings}, owner="The report")
        if preset is None:
            return config, None
        return config, PresetUse(
            name=preset.name, version=preset.version, changes=changes(dict(preset.settings), config)
        )

    @cached_property
    def measured(self) -> Measured:
        return self._read(self.job)

    @cached_property
    def preset(self) -> Preset | None:
        """The one that was chosen."""
        if self.choice.preset is None:
            return None
        return find_preset(self.choice.preset, self.job.workspace, version=self.choice.version)

    def material(self) -> Material:
        """What exports are made of."""
        frames = frames_of(self.job)
        return Material(
            report=self.report,
            seen=lambda: self.compiled.seen,
            facts=job_facts(self.job),
            frame_name=frame_namer(self.job),
            picture=frames.read,
            jpeg=frames.jpeg,
            page=report_html,
        )


def measured_of(job: Job) -> Measured:
    """What the job's report follows from: as compile_report kept it, or measured anew from what other stages gave."""
    stored = load_report(job)
    if stored.measured is not None:
        try:
            found = unpacked(timeline_folder(job.timeline_id).read(stored.measured))
        except NotFound:
            found = None
        if found is not None:
            return found
    return stage.measure_inputs(_inputs(job))


def frame_namer(job: Job) -> Callable[[Frame], str | None]:
    """The relative name of a frame, or None when it is no longer kept; asks once per pack."""
    folder = timeline_folder(job.timeline_id)
    kept: dict[str, bool] = {}

    def name(frame: Frame) -> str | None:
        if frame.pack not in kept:
            kept[frame.pack] = folder.exists(frame.pack)
        return evidence_name(frame) if kept[frame.pack] else None

    return name


def _inputs(job: Job) -> Any:
    """What compile_report reads of the job, as the engine would hand it over."""
    graph = parse_plan(job.plan).graph
    return assemble(
        stage.STAGE,
        dict(_stored_inputs(job, graph)),
        span=Span(number=0, start_s=0.0, end_s=job.timeline.duration_s or 0.0),
        blobs=timeline_folder(job.timeline_id),
        registry=registry(),
    )


def _stored_inputs(job: Job, graph: Graph) -> Iterator[tuple[str, Input]]:
    outputs = {row.stage_name: row for row in job.outputs.all() if row.output["artifacts"]}
    for read in stage.STAGE.reads:
        edge, row = graph.edge(read.name, stage.STAGE.name), outputs.get(read.name)
        if row is not None and read.name in graph.ancestors(stage.STAGE.name):
            transform = edge.transform if edge else Transform()
            yield read.name, Input(key=row.cache_key, artifacts=tuple(row.output["artifacts"]), transform=transform)
        elif not read.optional:
            raise NotFound(f"{read.name} of this job has no output; the report cannot be computed anew.")
