"""What the report page shows of a report and its airings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detection.models import Airing
from detection.records import BrandReport, Report
from detection.report import lanes

_COLOURS = 8
_AIRINGS_AT_FIRST = 6


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A stretch of a lane and the airing it leads to; None for exposure too short to be one."""

    drawn: lanes.Bar
    airing: int | None


@dataclass(frozen=True, kw_only=True)
class BrandEntry:
    """A brand's line in the table, its lane and its gallery. `colour` is the number of a palette entry; `more` counts
    the airings that the gallery leaves out."""

    brand: BrandReport
    colour: int
    label: str
    bars: tuple[Bar, ...]
    airings: tuple[Airing, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class OpenMark:
    """An open question on the timeline, in percent of its width."""

    left: str
    t_s: float
    text: str


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    report: Report
    entries: tuple[BrandEntry, ...]
    scale: lanes.Scale
    open_marks: tuple[OpenMark, ...]
    exposure_s: float
    event_count: int


def report_page(report: Report, airings: Iterable[Airing]) -> ReportPage:
    """The page's values, brands in the report's order."""
    length_s = max([report.analysed_s, 0.001, *(shot.end_s for shot in report.shots)])
    rows: dict[str, list[Airing]] = {}
    for airing in airings:
        rows.setdefault(airing.brand_name, []).append(airing)
    return ReportPage(
        report=report,
        entries=tuple(
            _entry(number, brand, rows.get(brand.brand, []), length_s) for number, brand in enumerate(report.brands)
        ),
        scale=lanes.scale(report.shots, length_s),
        open_marks=tuple(
            OpenMark(left=f"{100 * question.t_s / length_s:.3f}", t_s=question.t_s, text=question.text)
            for question in report.unresolved
        ),
        exposure_s=sum(brand.exposure_s for brand in report.brands),
        event_count=sum(brand.event_count for brand in report.brands),
    )


def _entry(number: int, brand: BrandReport, airings: list[Airing], length_s: float) -> BrandEntry:
    lane = lanes.lane(number, brand, length_s)
    ids = {(airing.start_s, airing.end_s): airing.pk for airing in airings}
    # The lane draws the events in order, then what is too short to be one.
    leads_to = [ids.get((event.start_s, event.end_s)) for event in brand.events]
    leads_to += [None] * (len(lane.bars) - len(leads_to))
    return BrandEntry(
        brand=brand,
        colour=number % _COLOURS,
        label=lane.label,
        bars=tuple(Bar(drawn=bar, airing=airing) for bar, airing in zip(lane.bars, leads_to, strict=True)),
        airings=tuple(airings[:_AIRINGS_AT_FIRST]),
        more=max(0, len(airings) - _AIRINGS_AT_FIRST),
    )
