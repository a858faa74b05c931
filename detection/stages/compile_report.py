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
from typing import Annotated

from detection.records import Fields, Report, Scenes, StoredMatches
from detection.report import columns, exposure, metrics, placement, questions, sightings, tracks
from detection.report.exposure import Exponents
from detection.report.kept import Kept
from detection.report.seen import Listing, Seen
from detection.report.sightings import Scale, Sightings, Threshold
from detection.report.spans import DECIMALS, to_us
from mpr.pipeline.config import limits
from mpr.pipeline.context import Context
from mpr.pipeline.stage import Resource, Scope, Stage, read_as


@dataclass(frozen=True, kw_only=True)
class Inputs:
    filter_scenes: Scenes
    match_brands: StoredMatches = field(metadata=read_as(StoredMatches))
    field_segmentation: Sequence[Fields] | None = None
    match_logos: StoredMatches | None = field(default=None, metadata=read_as(StoredMatches))
    escalate_vlm: StoredMatches | None = field(default=None, metadata=read_as(StoredMatches))
    escalate_cloud: StoredMatches | None = field(default=None, metadata=read_as(StoredMatches))


@dataclass(frozen=True, kw_only=True)
class Config:
    # A sighting's outline is that of its letters, a third of the logo's area or less; at 0.1 % of the frame, which
    # suits whole logos, lines that a viewer reads without effort would not count.
    min_area_share: Annotated[float, limits("A logo counts from this share of the frame on.", ge=0, le=1)] = 0.0003
    min_visible_share: Annotated[
        float, limits("A logo counts when at least this share of it lies within the frame.", ge=0, le=1)
    ] = 0.5
    min_clarity: Annotated[
        float,
        limits(
            "A logo counts from this clarity on: the geometric mean of sharpness, contrast and legibility.", ge=0, le=1
        ),
    ] = 0.1
    full_sharpness: Annotated[
        float, limits("Variance of the Laplacian, at 48 px height, from which a crop is fully sharp.", gt=0)
    ] = 1000.0
    full_contrast: Annotated[
        float, limits("Grey standard deviation, 0 to 1, from which a crop has full contrast.", gt=0, le=1)
    ] = 0.25
    bridge_s: Annotated[float, limits("Misses up to this many seconds do not end an airing.", ge=0)] = 1.0
    min_event_s: Annotated[
        float, limits("Shorter airings count as exposure but are not listed, unless they fill their shot.", ge=0)
    ] = 1.0
    short_event_confidence: Annotated[
        float,
        limits("A shorter airing is listed all the same from this confidence on; above 1 none is.", ge=0, le=2),
    ] = 0.85
    high_confidence: Annotated[
        float, limits("Frames below this confidence do not count for the lower bound of exposure.", ge=0, le=1)
    ] = 0.9
    quality_size_exponent: Annotated[float, limits("Weight of size in quality; 0 leaves it out.", ge=0)] = 0.5
    quality_position_exponent: Annotated[float, limits("Weight of position in quality; 0 leaves it out.", ge=0)] = 0.5
    quality_clarity_exponent: Annotated[float, limits("Weight of clarity in quality; 0 leaves it out.", ge=0)] = 0.5
    quality_visible_exponent: Annotated[
        float, limits("Weight of the visible share in quality; 0 leaves it out.", ge=0)
    ] = 0.5
    quality_clutter_exponent: Annotated[
        float, limits("Weight of the number of brands at once in quality; 0 leaves it out.", ge=0)
    ] = 0.5
    track_step_diagonals: Annotated[
        float, limits("A track goes on when the mark moved at most this many of its own diagonals.", gt=0)
    ] = 1.0
    still_share: Annotated[
        float, limits("A mark stays where it is when no side moves by more than this share of the frame.", gt=0, le=1)
    ] = 0.012
    min_still_s: Annotated[float, limits("Only what stays for this many seconds can be a graphic.", ge=0)] = 1.5
    border_share: Annotated[
        float, limits("Only what comes this near to the frame's edge can be a graphic, as a share.", ge=0, le=1)
    ] = 0.15
    field_margin_share: Annotated[
        float, limits("What is this near to the playing field is a board, as a share of the frame.", ge=0, le=1)
    ] = 0.1


def run(inputs: Inputs, config: Config, ctx: Context) -> Report:
    scenes = inputs.filter_scenes
    kept = Kept.of(scenes.frames)
    rungs = _rungs(inputs)
    scale = Scale(full_sharpness=config.full_sharpness, full_contrast=config.full_contrast)
    threshold = Threshold(
        min_area_share=config.min_area_share,
        min_visible_share=config.min_visible_share,
        min_clarity=config.min_clarity,
    )
    found, words = _sightings(rungs, kept, scale, threshold)
    linked = tracks.link(found, max_gap_us=_us(config.bridge_s), max_step=config.track_step_diagonals)
    fields = inputs.field_segmentation or ()
    # What is still open is what the last rung that ran says.
    unresolved, doubts = questions.open_candidates(rungs[-1].unresolved, kept, scale, threshold, words.names)
    seen = Seen(
        words=words,
        kept=kept,
        sightings=found,
        tracks=linked,
        placements=placement.place(found, linked, kept, fields, _placement_rule(config)),
        exposure=exposure.expose(found, _exponents(config)),
        shot_lengths_us={shot.number: _us(shot.end_s) - _us(shot.start_s) for shot in scenes.shots},
        doubts=doubts,
    )
    listing = Listing(
        bridge_us=_us(config.bridge_s),
        min_event_us=_us(config.min_event_s),
        sure_from=config.short_event_confidence,
        high_confidence=config.high_confidence,
    )
    brands = metrics.brand_reports(seen, listing)
    report = Report(
        analysed_s=round(kept.analysed_us / 1e6, DECIMALS),
        boundary_error_s=metrics.boundary_error(brands),
        brands=brands,
        unresolved=unresolved,
        shots=scenes.shots,
    )
    ctx.progress(1, 1)
    return report


def _rungs(inputs: Inputs) -> list[StoredMatches]:
    """The rungs of the ladder that ran, in their order."""
    rungs = (inputs.match_brands, inputs.match_logos, inputs.escalate_vlm, inputs.escalate_cloud)
    return [rung for rung in rungs if rung is not None]


def _sightings(
    rungs: Sequence[StoredMatches], kept: Kept, scale: Scale, threshold: Threshold
) -> tuple[Sightings, columns.Words]:
    """Those of all rungs that qualify."""
    settled, words = columns.read([rung.matches for rung in rungs])
    found = sightings.measure(settled, kept, scale)
    return found.where(sightings.qualifies(found, threshold)), words


def _us(seconds: float) -> int:
    return int(to_us([seconds])[0])


def _placement_rule(config: Config) -> placement.Rule:
    return placement.Rule(
        still_share=config.still_share,
        min_still_us=_us(config.min_still_s),
        border_share=config.border_share,
        field_margin_share=config.field_margin_share,
    )


def _exponents(config: Config) -> Exponents:
    return Exponents(
        size=config.quality_size_exponent,
        position=config.quality_position_exponent,
        clarity=config.quality_clarity_exponent,
        visible=config.quality_visible_exponent,
        clutter=config.quality_clutter_exponent,
    )


STAGE = Stage(
    name="compile_report",
    version=3,
    inputs=Inputs,
    config=Config,
    output=Report,
    run=run,
    scope=Scope.TIMELINE,
    resource=Resource.CPU,
)
