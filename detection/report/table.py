"""The brand table as a terminal shows it."""

from __future__ import annotations

from rich.table import Table

from detection.records import Report


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
