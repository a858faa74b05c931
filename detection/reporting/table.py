"""The table of all metrics: which columns there are, and a report's rows in the order and choice that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from detection.records import BrandReport, PlacementReport, Report
from detection.report.placement import NAMES
from detection.report.value import ESTIMATE
from detection.report.words import METHODS, PLACEMENTS, duration

Kind = Literal["time", "seconds", "share", "small_share", "score", "count", "number", "money"]
Total = Literal["sum", "none"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A metric of docs/metrics.md. `placed` tells it of one placement, None where it is told of brands alone."""

    key: str
    label: str
    says: str
    group: str
    kind: Kind
    value: Callable[[BrandReport], float | None]
    placed: Callable[[PlacementReport], float | None] | None = None
    total: Total = "none"


@dataclass(frozen=True, kw_only=True)
class Cell:
    label: str
    text: str
    note: str = ""
    share: str = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    brand: str
    colour: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True)
class Head:
    """A column's head: `sort` is what to ask for to sort by it, `order` how the table is sorted by it now."""

    column: Column
    sort: str
    order: Literal["", "ascending", "descending"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which part of the table, and in which order. Names that are not known are passed over."""

    columns: tuple[str, ...] = ()
    sort: str = ""
    placement: str = ""
    brand: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    totals: tuple[Cell, ...]
    brand_sort: str
    brand_order: str
    brands_in_all: int


def _seconds(of: Mapping[str, float], name: str) -> float:
    return of.get(name, 0.0)


def _columns() -> tuple[Column, ...]:
    seen, quality, size, place, trust, worth = (
        "Exposure", "Quality", "Size and position", "Placement", "How sure", f"Value ({ESTIMATE})",
    )  # fmt: skip
    found = [
        Column(
            key="exposure_s",
            label="Exposure",
            group=seen,
            kind="time",
            total="sum",
            says="Time in which a logo of the brand is seen; below it, its lowest and highest bound",
            value=lambda one: one.exposure_s,
            placed=lambda one: one.exposure_s,
        ),
        Column(
            key="events",
            label="Airings",
            group=seen,
            kind="count",
            total="sum",
            says="Stretches of exposure within one shot",
            value=lambda one: one.event_count,
            placed=lambda one: one.event_count,
        ),
        Column(
            key="share_of_voice",
            label="Share",
            group=seen,
            kind="share",
            total="sum",
            says="Share of voice by time: this brand's exposure in all brands' exposure",
            value=lambda one: one.share_of_voice,
        ),
        Column(
            key="concurrent_share_of_voice",
            label="Share, concurrent",
            group=seen,
            kind="share",
            total="sum",
            says="Share of voice where time with several brands is divided between them",
            value=lambda one: one.concurrent_share_of_voice,
        ),
        Column(
            key="area_share_of_voice",
            label="Share by area",
            group=seen,
            kind="share",
            total="sum",
            says="Share of voice by area-seconds",
            value=lambda one: one.area_share_of_voice,
        ),
        Column(
            key="solus",
            label="Alone",
            group=seen,
            kind="share",
            says="Share of the exposure in which no other brand is seen",
            value=lambda one: one.solus_s / one.exposure_s if one.exposure_s else None,
        ),
        Column(
            key="solus_s",
            label="Alone, time",
            group=seen,
            kind="time",
            total="sum",
            says="Time in which no other brand is seen",
            value=lambda one: one.solus_s,
        ),
        Column(
            key="mean_brands_visible",
            label="Brands at once",
            group=seen,
            kind="score",
            says="Mean number of brands in the picture while this one is seen",
            value=lambda one: one.mean_brands_visible,
        ),
        Column(
            key="live_s",
            label="Live play",
            group=seen,
            kind="time",
            total="sum",
            says="Exposure in live play",
            value=lambda one: one.play_seconds.get("live"),
        ),
        Column(
            key="replay_s",
            label="Replays",
            group=seen,
            kind="time",
            total="sum",
            says="Exposure in replays",
            value=lambda one: one.play_seconds.get("replay"),
        ),
        Column(
            key="quality_index",
            label="Quality",
            group=quality,
            kind="score",
            says="0 to 1: size, position, clarity, visible share and clutter together",
            value=lambda one: one.quality_index,
            placed=lambda one: one.quality_s / one.exposure_s if one.exposure_s else None,
        ),
        Column(
            key="quality_s",
            label="Quality seconds",
            group=quality,
            kind="time",
            total="sum",
            says="Exposure weighted by quality",
            value=lambda one: one.quality_s,
            placed=lambda one: one.quality_s,
        ),
        Column(
            key="clarity",
            label="Clarity",
            group=quality,
            kind="score",
            says="Sharpness, contrast and legibility, 0 to 1",
            value=lambda one: one.clarity,
        ),
        Column(
            key="visible_share",
            label="Visible",
            group=quality,
            kind="share",
            says="What the picture's edge leaves of the logo",
            value=lambda one: one.visible_share,
        ),
        Column(
            key="mean_area_share",
            label="Size",
            group=size,
            kind="small_share",
            says="Mean share of the picture while seen",
            value=lambda one: one.mean_area_share,
            placed=lambda one: one.mean_area_share,
        ),
        Column(
            key="max_area_share",
            label="Largest",
            group=size,
            kind="small_share",
            says="Largest share of the picture",
            value=lambda one: one.max_area_share,
        ),
        Column(
            key="area_seconds",
            label="Area-seconds",
            group=size,
            kind="number",
            total="sum",
            says="Share of the picture times seconds",
            value=lambda one: one.area_seconds,
            placed=lambda one: one.area_seconds,
        ),
        Column(
            key="position",
            label="Position",
            group=size,
            kind="score",
            says="1 in the middle of the picture, less towards its edges",
            value=lambda one: one.position,
        ),
        Column(
            key="verified_share",
            label="Verified",
            group=trust,
            kind="share",
            says="Share of the exposure that a person confirmed",
            value=lambda one: one.verified_share,
        ),
        Column(
            key="confirmed_s",
            label="Confirmed",
            group=trust,
            kind="time",
            total="sum",
            says="Exposure that a person confirmed",
            value=lambda one: one.confirmed_s,
        ),
        Column(
            key="exposure_low_s",
            label="Low bound",
            group=trust,
            kind="time",
            total="sum",
            says="Exposure that is certain: confirmed, or of high confidence",
            value=lambda one: one.exposure_low_s,
        ),
        Column(
            key="exposure_high_s",
            label="High bound",
            group=trust,
            kind="time",
            total="sum",
            says="Exposure and every open question that may be this brand",
            value=lambda one: one.exposure_high_s,
        ),
        Column(
            key="impressions",
            label="Impressions",
            group=worth,
            kind="number",
            total="sum",
            says=f"30-second equivalents times viewers; {ESTIMATE}",
            value=lambda one: one.impressions,
            placed=lambda one: one.impressions,
        ),
        Column(
            key="gross_value",
            label="Gross value",
            group=worth,
            kind="money",
            total="sum",
            says=f"What as much advertising would cost; {ESTIMATE}",
            value=lambda one: one.gross_value,
            placed=lambda one: one.gross_value,
        ),
        Column(
            key="net_value",
            label="Net value",
            group=worth,
            kind="money",
            total="sum",
            says=f"Gross value weighted by quality; {ESTIMATE}",
            value=lambda one: one.net_value,
            placed=lambda one: one.net_value,
        ),
    ]
    for name in NAMES:
        found.append(
            Column(
                key=f"placement_{name}",
                label=PLACEMENTS[name],
                group=place,
                kind="time",
                total="sum",
                says=f"Exposure as {PLACEMENTS[name].lower()}; placements may overlap",
                value=lambda one, name=name: _seconds(one.placement_seconds, name),
            )
        )
    for name in NAMES:
        found.append(
            Column(
                key=f"asset_{name}",
                label=f"{PLACEMENTS[name]}, every logo",
                group=place,
                kind="time",
                total="sum",
                says=f"Seconds as {PLACEMENTS[name].lower()}, every logo for itself",
                value=lambda one, name=name: _seconds(one.asset_seconds, name),
            )
        )
    for method, words in METHODS.items():
        found.append(
            Column(
                key=f"method_{method}",
                label=words,
                group=trust,
                kind="time",
                total="sum",
                says=f"Exposure that was settled first by: {words.lower()}",
                value=lambda one, method=method: _seconds(dict(one.method_seconds), method),
            )
        )
    return tuple(found)


COLUMNS = _columns()
_BY_KEY = {column.key: column for column in COLUMNS}
_FIRST = ("exposure_s", "events", "share_of_voice", "quality_index", "solus")
_WORTH = ("gross_value", "net_value")


def first_columns(report: Report) -> tuple[str, ...]:
    """Those that are shown until somebody chooses: value where it is known, what people verified where they did."""
    worth = tuple(key for key in _WORTH if any(_BY_KEY[key].value(one) is not None for one in report.brands))
    verified = ("verified_share",) if any(one.confirmed_s for one in report.brands) else ()
    return (*_FIRST, *verified, *worth)


def chosen_columns(report: Report, wanted: Wanted) -> tuple[Column, ...]:
    keys = [key for key in wanted.columns if key in _BY_KEY] or first_columns(report)
    return tuple(column for column in COLUMNS if column.key in keys)


def table(report: Report, colours: Mapping[str, int], wanted: Wanted) -> Table:
    """The rows that were asked for and the sum of those metrics that add up."""
    columns = chosen_columns(report, wanted)
    placement = wanted.placement if wanted.placement in NAMES else ""
    needle = wanted.brand.strip().casefold()
    rows = [(brand, _values(brand, columns, placement)) for brand in report.brands if needle in brand.brand.casefold()]
    if placement:
        rows = [(brand, values) for brand, values in rows if _on(brand, placement) is not None]
    key, falling = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    if key == "brand":
        rows.sort(key=lambda row: row[0].brand.casefold(), reverse=falling)
    elif key in (keys := [column.key for column in columns]):
        at = keys.index(key)
        # What is not known comes last either way.
        rows.sort(key=lambda row: (row[1][at] is None, (-1 if falling else 1) * (row[1][at] or 0.0)))
    return Table(
        heads=tuple(_head(column, key, falling) for column in columns),
        rows=tuple(
            Row(
                brand=brand.brand,
                colour=colours.get(brand.brand, 7),
                cells=tuple(
                    _cell(column, value, _bounds(brand) if column.key == "exposure_s" and not placement else "")
                    for column, value in zip(columns, values, strict=True)
                ),
            )
            for brand, values in rows
        ),
        totals=tuple(_total(column, [values[at] for _, values in rows]) for at, column in enumerate(columns)),
        brand_sort="-brand" if key == "brand" and not falling else "brand",
        brand_order=("descending" if falling else "ascending") if key == "brand" else "",
        brands_in_all=len(report.brands),
    )


def told(kind: Kind, value: float | None) -> str:
    """A value as a person reads it."""
    if value is None:
        return "–"
    match kind:
        case "time":
            return duration(value)
        case "seconds":
            return f"{value:.1f} s"
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


def _on(brand: BrandReport, placement: str) -> PlacementReport | None:
    return next((one for one in brand.placements if one.placement == placement), None)


def _values(brand: BrandReport, columns: Sequence[Column], placement: str) -> list[float | None]:
    if not placement:
        return [column.value(brand) for column in columns]
    there = _on(brand, placement)
    return [None if there is None or column.placed is None else column.placed(there) for column in columns]


def _head(column: Column, key: str, falling: bool) -> Head:
    mine = key == column.key
    order: Literal["", "ascending", "descending"] = ("descending" if falling else "ascending") if mine else ""
    return Head(column=column, sort=column.key if mine and falling else f"-{column.key}", order=order)


def _cell(column: Column, value: float | None, note: str = "") -> Cell:
    share = f"{value:.4f}" if column.key == "share_of_voice" and value is not None else ""
    return Cell(label=column.label, text=told(column.kind, value), note=note, share=share)


def _bounds(brand: BrandReport) -> str:
    return f"{duration(brand.exposure_low_s)} – {duration(brand.exposure_high_s)}"


def _total(column: Column, values: Sequence[float | None]) -> Cell:
    known = [value for value in values if value is not None]
    if column.total == "none" or not known:
        return Cell(label=column.label, text="")
    return Cell(label=column.label, text=told(column.kind, sum(known)))
