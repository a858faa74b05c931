"""Turn sightings into the sponsorship report.

In: shots and kept frames, the sightings of brands that matching text, matching logos and both escalations settled, and
the playing field where it is known. Out: per brand its exposure, airings and the metrics of docs/metrics.md, and the
questions left open, which are those of the last rung of the ladder that ran.

An airing covers the time its sightings stand for. Where things are tracked that is exact to the video frame; where they
are not, a sighting speaks for its frame's sampling cell, so a brand that comes between two samples is credited from
halfway. The report says by how much the ends of its airings may be wrong. Short misses are bridged within an airing;
exposure seconds count the time in which the brand was seen and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec import structs

from detection.records import Fields, Method, Objects, Report, Scenes, StoredMatches
from detection.report.compiling import compile_report
from detection.report.measured import Measured, Rung, measure
from detection.report.packed import packed
from detection.report.settings import Config
from mpr.pipeline.context import Context
from mpr.pipeline.stage import Resource, Scope, Stage, read_as


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes
    match_brands: StoredMatches = field(metadata=read_as(StoredMatches))
    field_segmentation: Sequence[Fields] | None = None
    detect_objects: Sequence[Objects] | None = None
    match_logos: StoredMatches | None = field(default=None, metadata=read_as(StoredMatches))
    escalate_vlm: StoredMatches | None = field(default=None, metadata=read_as(StoredMatches))
    escalate_cloud: StoredMatches | None = field(default=None, metadata=read_as(StoredMatches))


def run(inputs: Inputs, config: Config, ctx: Context) -> Report:
    measured = measure_inputs(inputs)
    report = compile_report(measured, config).report
    ctx.progress(1, 1)
    return structs.replace(report, measured=ctx.write_pack("measured", packed(measured)))


def measure_inputs(inputs: Inputs) -> Measured:
    """What the report follows from, whatever its settings."""
    return measure(
        inputs.filter_scenes,
        _rungs(inputs),
        fields=inputs.field_segmentation or (),
        objects=inputs.detect_objects or (),
    )


def _rungs(inputs: Inputs) -> list[Rung]:
    """The rungs of the ladder that ran, in their order."""
    rungs: tuple[tuple[Method, StoredMatches | None], ...] = (
        ("ocr", inputs.match_brands),
        ("logo", inputs.match_logos),
        ("local_vlm", inputs.escalate_vlm),
        ("cloud_llm", inputs.escalate_cloud),
    )
    return [Rung(method=method, found=found) for method, found in rungs if found is not None]


STAGE = Stage(
    name="compile_report",
    version=6,
    inputs=Inputs,
    config=Config,
    output=Report,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.CPU,
)
