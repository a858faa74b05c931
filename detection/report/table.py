"""The brand table as a terminal shows it."""

from __future__ import annotations

from rich.table import Table

from detection.records import Report
from detection.report.value import ESTIMATE


def brand_table(report: Report, *, title: str) -> Table:
    """One row a brand, longest exposure first."""
    table = Table(title=title, caption=f"{report.analysed_s:.1f} s analysed, {len(report.shots)} shots")
    table.add_column("brand")
    for heading in ("exposure", "events", "share of voice", "size", "clarity", "quality"):
        table.add_column(heading, justify="right")
    for brand in report.brands:
        table.add_row(
            brand.brand,
            f"{brand.exposure_s:.1f} s",
            str(brand.event_count),
            f"{brand.share_of_voice:.0%}",
            f"{brand.mean_area_share:.1%}",
            f"{brand.clarity:.2f}",
            f"{brand.quality_index:.2f}",
        )
    if not report.brands:
        table.add_row("no brand was seen", *[""] * 6)
    return table


def value_table(report: Report) -> Table:
    """Impressions and media value, where they are known."""
    table = Table(title=f"Value ({ESTIMATE})", caption=report.settings.get("currency") or None)
    table.add_column("brand")
    for heading in ("30-second impressions", "gross", "net of quality"):
        table.add_column(heading, justify="right")
    for brand in report.brands:
        values = (brand.gross_value, brand.net_value)
        table.add_row(
            brand.brand,
            "" if brand.impressions is None else f"{brand.impressions:,.0f}",
            *("" if value is None else f"{value:,.2f}" for value in values),
        )
    return table
