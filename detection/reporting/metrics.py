"""The columns of the table of all metrics: every metric of docs/metrics.md, how it is told and where it adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal

from detection.records import BrandReport, PlacementReport
from detection.report.placement import NAMES
from detection.report.value import ESTIMATE
from detection.report.words import METHODS, PLACEMENTS, duration

Kind = Literal["time", "share", "small_share", "score", "count", "number", "money"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """`placed` tells the metric of one placement, None where it is told of brands alone; `adds` says that the brands'
    values add up to one of all."""

    key: str
    label: str
    says: str
    group: str
    kind: Kind
    value: Callable[[BrandReport], float | None]
    placed: Callable[[PlacementReport], float | None] | None = None
    adds: bool = False


def told(kind: Kind, value: float | None) -> str:
    """A value as a person reads it."""
    if value is None:
        return "–"
    match kind:
        case "time":
            return duration(value)
        case "share":
            return f"{100 * value:.1f}\u2009%"
        case "small_share":
            return f"{100 * value:.2f}\u2009%"
        case "score":
            return f"{value:.2f}"
        case "count":
            return f"{value:,.0f}"
        case "number":
            return f"{value:,.1f}" if abs(value) < 100 else f"{value:,.0f}"
        case "money":
            return f"{value:,.2f}"


# Group, kind, key (a field of BrandReport), label, whether brands add up, whether it is told of placements, meaning.
_SEEN, _QUALITY, _SIZE, _TRUST = "Exposure", "Quality", "Size and position", "How sure"
_PLACE, _WORTH = "Placement", f"Value ({ESTIMATE})"
_FIELDS: tuple[tuple[str, Kind, str, str, bool, bool, str], ...] = (
    (_SEEN, "time", "exposure_s", "Exposure", True, True,
     "Time in which a logo of the brand is seen; below it, its lowest and highest bound"),
    (_SEEN, "count", "event_count", "Airings", True, True, "Stretches of exposure within one shot"),
    (_SEEN, "share", "share_of_voice", "Share", True, False,
     "Share of voice by time: this brand's exposure in all brands' exposure"),
    (_SEEN, "share", "concurrent_share_of_voice", "Share, concurrent", True, False,
     "Share of voice where time with several brands is divided between them"),
    (_SEEN, "share", "area_share_of_voice", "Share by area", True, False, "Share of voice by area-seconds"),
    (_SEEN, "time", "solus_s", "Alone, time", True, False, "Time in which no other brand is seen"),
    (_SEEN, "score", "mean_brands_visible", "Brands at once", False, False,
     "Mean number of brands in the picture while this one is seen"),
    (_QUALITY, "time", "quality_s", "Quality seconds", True, True, "Exposure weighted by quality"),
    (_QUALITY, "score", "clarity", "Clarity", False, False, "Sharpness, contrast and legibility, 0 to 1"),
    (_QUALITY, "share", "visible_share", "Visible", False, False, "What the picture's edge leaves of the logo"),
    (_SIZE, "small_share", "mean_area_share", "Size", False, True, "Mean share of the picture while seen"),
    (_SIZE, "small_share", "max_area_share", "Largest", False, False, "Largest share of the picture"),
    (_SIZE, "number", "area_seconds", "Area-seconds", True, True, "Share of the picture times seconds"),
    (_SIZE, "score", "position", "Position", False, False,
     "1 in the middle of the picture, less towards its edges"),
    (_TRUST, "share", "verified_share", "Verified", False, False, "Share of the exposure that a person confirmed"),
    (_TRUST, "time", "confirmed_s", "Confirmed", True, False, "Exposure that a person confirmed"),
    (_TRUST, "time", "exposure_low_s", "Low bound", True, False,
     "Exposure that is certain: confirmed, or of high confidence"),
    (_TRUST, "time", "exposure_high_s", "High bound", True, False,
     "Exposure and every open question that may be this brand"),
    (_WORTH, "number", "impressions", "Impressions", True, True,
     f"30-second equivalents times viewers; {ESTIMATE}"),
    (_WORTH, "money", "gross_value", "Gross value", True, True,
     f"What as much advertising would cost; {ESTIMATE}"),
    (_WORTH, "money", "net_value", "Net value", True, True, f"Gross value weighted by quality; {ESTIMATE}"),
)  # fmt: skip


def _of(mapping: str, name: str) -> Callable[[BrandReport], float]:
    """The seconds under that name in a field by name."""
    return lambda one: getattr(one, mapping).get(name, 0.0)


def _over(part: str, whole: str) -> Callable[[Any], float | None]:
    return lambda one: getattr(one, part) / getattr(one, whole) if getattr(one, whole) else None


def _columns() -> tuple[Column, ...]:
    found = [
        Column(
            key=key, label=label, says=says, group=group, kind=kind, value=attrgetter(key),
            placed=attrgetter(key) if placed else None, adds=adds,
        )
        for group, kind, key, label, adds, placed, says in _FIELDS
    ]  # fmt: skip
    by_key = {column.key: column for column in found}
    alone = Column(
        key="solus", label="Alone", group=_SEEN, kind="share", value=_over("solus_s", "exposure_s"),
        says="Share of the exposure in which no other brand is seen",
    )  # fmt: skip
    quality = Column(
        key="quality_index", label="Quality", group=_QUALITY, kind="score", value=attrgetter("quality_index"),
        placed=_over("quality_s", "exposure_s"),
        says="0 to 1: size, position, clarity, visible share and clutter together",
    )  # fmt: skip
    found.insert(found.index(by_key["solus_s"]), alone)
    found.insert(found.index(by_key["quality_s"]), quality)

    def times(mapping: str, name: str, label: str, group: str, says: str) -> Column:
        key = f"{mapping.removesuffix('_seconds')}_{name}"
        return Column(key=key, label=label, says=says, group=group, kind="time", value=_of(mapping, name), adds=True)

    found += [
        times("play_seconds", "live", "Live play", _SEEN, "Exposure in live play"),
        times("play_seconds", "replay", "Replays", _SEEN, "Exposure in replays"),
    ]
    for name in NAMES:
        words = PLACEMENTS[name]
        says = f"Exposure as {words.lower()}; placements may overlap"
        found.append(times("placement_seconds", name, words, _PLACE, says))
    for name in NAMES:
        words = PLACEMENTS[name]
        says = f"Seconds as {words.lower()}, every logo for itself"
        found.append(times("asset_seconds", name, f"{words}, every logo", _PLACE, says))
    for method, words in METHODS.items():
        says = f"Exposure that was settled first by: {words.lower()}"
        found.append(times("method_seconds", method, words, _TRUST, says))
    return tuple(found)


COLUMNS = _columns()
