"""A report from what was measured and the settings that say what counts."""

from __future__ import annotations

from dataclasses import dataclass

from detection.records import OpenCandidate, PresetUse, Report
from detection.report import exposure, metrics, placement, questions, sightings, tracks
from detection.report.costs import rung_reports, spend_per_video_hour
from detection.report.exposure import Exponents
from detection.report.measured import Measured
from detection.report.presets import as_changed_standard
from detection.report.reviews import NONE, Reviews, moments, reviewed, stretches
from detection.report.seen import Listing, Seen
from detection.report.settings import Config
from detection.report.sightings import Scale, Threshold
from detection.report.spans import DECIMALS, to_us
from detection.report.value import Price
from mpr.pipeline.config import plain


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A report and the sightings that it follows from."""

    report: Report
    seen: Seen


def compile_report(
    measured: Measured, config: Config, *, reviews: Reviews = NONE, base: PresetUse | None = None
) -> Compiled:
    """`reviews` is what people said of the findings; `base` names the preset that the settings come from, without which
    they are told as changes to the shipped standard."""
    measured = reviewed(measured, reviews)
    seen, unresolved = _seen(measured, config, reviews)
    brands = metrics.brand_reports(seen, _listing(config), Price.of(config))
    analysed_s = round(measured.kept.analysed_us / 1e6, DECIMALS)
    report = Report(
        analysed_s=analysed_s,
        boundary_error_s=metrics.boundary_error(brands),
        brands=brands,
        unresolved=unresolved,
        shots=list(measured.shots),
        replays=None if measured.replays is None else list(measured.replays),
        rungs=rung_reports(measured.work, brands, unresolved),
        spend_usd_per_video_hour=spend_per_video_hour(measured.work, analysed_s),
        settings=plain(config),
        preset=base or as_changed_standard(config),
    )
    return Compiled(report=report, seen=seen)


def _seen(measured: Measured, config: Config, reviews: Reviews) -> tuple[Seen, list[OpenCandidate]]:
    """What qualifies, followed and placed, and the questions that are open."""
    scale = Scale(full_sharpness=config.full_sharpness, full_contrast=config.full_contrast)
    threshold = Threshold(
        min_area_share=config.min_area_share,
        min_visible_share=config.min_visible_share,
        min_clarity=config.min_clarity,
    )
    every = measured.instances.at(scale)
    counts = sightings.qualifies(every, threshold)
    found = every.where(counts)
    linked = tracks.link(found, max_gap_us=_us(config.bridge_s), max_step=config.track_step_diagonals)
    unresolved, doubts = questions.open_candidates(measured.open, measured.kept, scale, threshold, measured.names)
    parted = moments(reviews.parted, measured.names)
    seen = Seen(
        names=measured.names,
        texts=measured.texts,
        kept=measured.kept,
        sightings=found,
        tracks=linked,
        placements=placement.place(found, linked, measured.ground.where(counts), _placement_rule(config)),
        exposure=exposure.expose(found, _exponents(config), also_at_us=parted.start_us),
        shots=measured.shots,
        replays=measured.replays,
        doubts=doubts,
        confirmed=stretches(reviews.accepted, measured.names),
        joined=stretches(reviews.joined, measured.names),
        parted=parted,
    )
    return seen, unresolved


def _us(seconds: float) -> int:
    return int(to_us([seconds])[0])


def _listing(config: Config) -> Listing:
    return Listing(
        bridge_us=_us(config.bridge_s),
        min_event_us=_us(config.min_event_s),
        sure_from=config.short_event_confidence,
        high_confidence=config.high_confidence,
    )


def _placement_rule(config: Config) -> placement.Rule:
    return placement.Rule(
        still_share=config.still_share,
        min_still_us=_us(config.min_still_s),
        border_share=config.border_share,
        field_margin_share=config.field_margin_share,
        backdrop_marks=config.backdrop_marks,
        backdrop_height_share=config.backdrop_height_share,
        ad_area_share=config.ad_area_share,
    )


def _exponents(config: Config) -> Exponents:
    return Exponents(
        size=config.quality_size_exponent,
        position=config.quality_position_exponent,
        clarity=config.quality_clarity_exponent,
        visible=config.quality_visible_exponent,
        clutter=config.quality_clutter_exponent,
        large_area_share=config.large_area_share,
    )
