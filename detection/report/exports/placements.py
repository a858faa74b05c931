"""placements.csv: one row per brand and kind of placement, and one per brand over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from detection.records import BrandReport, Report
from detection.report.exports.sheet import sheet

COLUMNS = (
    "brand",
    "placement",
    "exposure_s",
    "asset_s",
    "events",
    "area_seconds",
    "mean_area_share",
    "quality_s",
    "quality_index",
    "impressions_estimate",
    "gross_value_estimate",
    "net_value_estimate",
    "currency",
)
ALL = "all"


def placements_csv(report: Report) -> Iterator[bytes]:
    """Brands in the report's order. The seconds of a brand's placements need not add up to those of all: it may be
    seen on two at once."""
    currency = report.settings.get("currency", "")
    return sheet(COLUMNS, (row for brand in report.brands for row in _rows(brand, currency)))


def _rows(brand: BrandReport, currency: str) -> Iterator[list[Any]]:
    yield [
        brand.brand,
        ALL,
        brand.exposure_s,
        round(sum(brand.asset_seconds.values()), 6),
        brand.event_count,
        brand.area_seconds,
        brand.mean_area_share,
        brand.quality_s,
        brand.quality_index,
        brand.impressions,
        brand.gross_value,
        brand.net_value,
        currency,
    ]
    for one in brand.placements:
        yield [
            brand.brand,
            one.placement,
            one.exposure_s,
            one.asset_s,
            one.event_count,
            one.area_seconds,
            one.mean_area_share,
            one.quality_s,
            round(one.quality_s / one.exposure_s, 6),
            one.impressions,
            one.gross_value,
            one.net_value,
            currency,
        ]
