"""The HTML report's values, formatted: everything the template shows, ready to print."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detection.records import BrandReport, Event, OpenCandidate, Point, Report
from detection.report import lanes, pictures
from detection.report.addenda import Addenda, addenda
from detection.report.audit import Audited
from detection.report.contract import Check
from detection.report.facts import JobFacts, StageFact
from detection.report.words import METHODS, PLACEMENTS, clock, duration, margin, percent
from mpr.errors import NotFound
from mpr.pipeline.frames import Frame, Image

Picture = Callable[[Frame], Image]

# A file that still mails: at about 45 kB an event and 8 kB an open question this stays below 6 MB of pictures.
_PICTURES_PER_BRAND = 6
_PICTURES = 96
_QUESTIONS = 40
_FRAME_WIDTH_PX, _CROP_WIDTH_PX, _QUALITY = 480, 320, 72


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One piece of evidence; `frame` and `crop` are data URIs, or empty when the picture is no longer kept."""

    frame: str
    crop: str
    at: str
    span: str
    text: str
    placement: str
    method: str
    confidence: str


@dataclass(frozen=True, kw_only=True)
class EventRow:
    start: str
    start_margin: str
    end: str
    end_margin: str
    seconds: str
    placement: str
    method: str
    confidence: str
    size: str
    text: str


@dataclass(frozen=True, kw_only=True)
class BrandSection:
    """A brand's row in the table, its lane and its evidence."""

    anchor: str
    name: str
    exposure: str
    bounds: str
    share: str
    events: int
    mean_size: str
    max_size: str
    position: str
    clarity: str
    solus: str
    quality: str
    verified: str
    placements: str
    methods: str
    lane: lanes.Lane
    figures: tuple[Figure, ...]
    rows: tuple[EventRow, ...]


@dataclass(frozen=True, kw_only=True)
class QuestionRow:
    crop: str
    at: str
    seconds: str
    text: str
    reason: str
    nearest: str


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """A stage and its settings as (name, value) pairs."""

    fact: StageFact
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Page:
    """`boundary_error` is the median and the worst over the starts and ends of all events."""

    facts: JobFacts
    fps: str
    finished: str
    headline: tuple[tuple[str, str], ...]
    boundary_error: tuple[str, str] | None
    brands: tuple[BrandSection, ...]
    scale: lanes.Scale
    questions: tuple[QuestionRow, ...]
    more_questions: int
    stages: tuple[StageRow, ...]
    addenda: Addenda


def page(
    report: Report,
    facts: JobFacts,
    picture: Picture,
    *,
    check: Check | None = None,
    audited: Audited | None = None,
) -> Page:
    """The page's values. `picture` reads a cached frame; a figure whose frame is no longer kept goes without."""
    length_s = max([facts.video.duration_s, *(shot.end_s for shot in report.shots)])
    shown = _chosen(report.brands)
    questions = report.unresolved[:_QUESTIONS]
    error = report.boundary_error_s
    seconds = sum(brand.exposure_s for brand in report.brands)
    return Page(
        facts=facts,
        fps=f"{facts.video.fps:.3f}".rstrip("0").rstrip("."),
        finished=f"{facts.finished_at:%Y-%m-%d %H:%M %Z}" if facts.finished_at else "",
        headline=(
            ("Analysed", duration(report.analysed_s)),
            ("Brands", str(len(report.brands))),
            ("Events", str(sum(brand.event_count for brand in report.brands))),
            ("Exposure, all brands", duration(seconds)),
            ("Most seen", report.brands[0].brand if report.brands else "none"),
            ("Open questions", str(len(report.unresolved))),
            ("Starts and ends", margin(error.median) if error else "none"),
        ),
        boundary_error=(margin(error.median), margin(error.worst)) if error else None,
        brands=tuple(
            _section(number, brand, shown[number], length_s, picture) for number, brand in enumerate(report.brands)
        ),
        scale=lanes.scale(report.shots, length_s),
        questions=tuple(_question(candidate, picture) for candidate in questions),
        more_questions=len(report.unresolved) - len(questions),
        stages=tuple(_stage(fact, facts) for fact in facts.stages),
        addenda=addenda(report, check, audited),
    )


def _chosen(brands: Sequence[BrandReport]) -> list[list[Event]]:
    """The events to picture, brand by brand: the largest and clearest, in time order."""
    each = max(1, min(_PICTURES_PER_BRAND, _PICTURES // max(1, len(brands))))
    best = [
        sorted(brand.events, key=lambda event: (-event.max_area_share * event.clarity, event.start_s))[:each]
        for brand in brands[:_PICTURES]
    ]
    best += [[] for _ in brands[_PICTURES:]]
    return [sorted(events, key=lambda event: event.start_s) for events in best]


def _section(
    number: int, brand: BrandReport, shown: Sequence[Event], length_s: float, picture: Picture
) -> BrandSection:
    return BrandSection(
        anchor=f"brand-{number + 1}",
        name=brand.brand,
        exposure=duration(brand.exposure_s),
        bounds=f"{duration(brand.exposure_low_s)} – {duration(brand.exposure_high_s)}",
        share=percent(brand.share_of_voice),
        events=brand.event_count,
        mean_size=percent(brand.mean_area_share, 2),
        max_size=percent(brand.max_area_share, 2),
        position=f"{brand.position:.2f}",
        clarity=f"{brand.clarity:.2f}",
        solus=percent(brand.solus_s / brand.exposure_s, 0),
        quality=f"{brand.quality_index:.2f}",
        verified=percent(brand.verified_share, 0),
        placements=_parts(brand.placement_seconds, PLACEMENTS),
        methods=_parts(dict(brand.method_seconds), METHODS),
        lane=lanes.lane(number, brand, length_s),
        figures=tuple(_figure(event, picture) for event in shown),
        rows=tuple(_row(event) for event in brand.events),
    )


def _parts(seconds: dict[str, float], words: dict[str, str]) -> str:
    most_first = sorted(seconds, key=lambda name: (-seconds[name], name))
    return ", ".join(f"{words.get(name, name)} {duration(seconds[name])}" for name in most_first)


def _row(event: Event) -> EventRow:
    return EventRow(
        start=clock(event.start_s),
        start_margin=margin(event.start_error_s),
        end=clock(event.end_s),
        end_margin=margin(event.end_error_s),
        seconds=f"{event.end_s - event.start_s:.1f}",
        placement=PLACEMENTS.get(event.placement, event.placement),
        method=METHODS[event.method],
        confidence=f"{event.confidence:.2f}",
        size=percent(event.mean_area_share, 2),
        text=event.evidence.text,
    )


def _figure(event: Event, picture: Picture) -> Figure:
    frame, crop = _pictures(event.evidence.frame, event.evidence.polygon, picture)
    return Figure(
        frame=frame,
        crop=crop,
        at=clock(event.evidence.t_s),
        span=f"{clock(event.start_s)} – {clock(event.end_s)}",
        text=event.evidence.text,
        placement=PLACEMENTS.get(event.placement, event.placement),
        method=METHODS[event.method],
        confidence=f"{event.confidence:.2f}",
    )


def _question(candidate: OpenCandidate, picture: Picture) -> QuestionRow:
    return QuestionRow(
        crop=_pictures(candidate.frame, candidate.polygon, picture)[1],
        at=clock(candidate.t_s),
        seconds=f"{candidate.seconds:.1f}",
        text=candidate.text,
        reason=candidate.reason,
        nearest=candidate.nearest_brand or "",
    )


def _pictures(frame: Frame, polygon: Sequence[Point], picture: Picture) -> tuple[str, str]:
    try:
        image = picture(frame)
    except NotFound:
        return "", ""
    whole = pictures.frame_jpeg(image, polygon, width_px=_FRAME_WIDTH_PX, quality=_QUALITY)
    crop = pictures.crop_jpeg(image, polygon, width_px=_CROP_WIDTH_PX, quality=_QUALITY)
    return _data_uri(whole), _data_uri(crop)


def _data_uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"


def _stage(fact: StageFact, facts: JobFacts) -> StageRow:
    settings = facts.configs.get(fact.name, {})
    return StageRow(
        fact=fact,
        settings=tuple((name, json.dumps(value, ensure_ascii=False)) for name, value in sorted(settings.items())),
    )
