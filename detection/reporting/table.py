"""The table of all metrics: a report's rows and columns in the order and choice that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from detection.records import BrandReport, PlacementReport, Report
from detection.report.placement import NAMES
from detection.report.words import duration
from detection.reporting.metrics import COLUMNS, Column, told


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


_BY_KEY = {column.key: column for column in COLUMNS}
_FIRST = ("exposure_s", "event_count", "share_of_voice", "quality_index", "solus")
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
    if not column.adds or not known:
        return Cell(label=column.label, text="")
    return Cell(label=column.label, text=told(column.kind, sum(known)))
