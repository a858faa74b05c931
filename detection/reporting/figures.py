"""What was it worth, and can it be proved? The report in some ten numbers, each with its bounds."""

from __future__ import annotations

from dataclasses import dataclass

from detection.records import Report
from detection.report.audit import Audited, Interval
from detection.report.value import ESTIMATE
from detection.report.words import duration, margin


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`note` are its bounds, or what it takes to know it; `says` is what it means."""

    label: str
    value: str
    note: str
    says: str
    kind: str = ""


def figures(report: Report, audited: Audited | None) -> tuple[Figure, ...]:
    brands = report.brands
    exposure_s = sum(one.exposure_s for one in brands)
    low_s, high_s = sum(one.exposure_low_s for one in brands), sum(one.exposure_high_s for one in brands)
    return (
        Figure(
            label="Exposure", value=duration(exposure_s), note=f"{duration(low_s)} – {duration(high_s)}",
            says="Time in which a brand is seen, added up over brands; what is certain, and what it would be if every"
            " open question were the brand that is nearest to it",
        ),
        *_worth(report),
        Figure(
            label="Airings", value=f"{sum(one.event_count for one in brands):,}",
            note=f"of {len(brands)} brand{'s' * (len(brands) != 1)}", says="Stretches of exposure within one shot",
        ),
        _verified(report, exposure_s),
        _trust("Precision", "how much of what is claimed is true", audited.all_brands.precision if audited else None),
        _trust("Recall", "how much of what is there is claimed", audited.all_brands.recall if audited else None),
        *_ends(report),
        Figure(
            label="Left open", value=f"{len(report.unresolved):,}",
            note=f"{duration(sum(one.seconds for one in report.unresolved))} in all",
            says="Read clearly enough to count, but not settled as a brand",
        ),
    )  # fmt: skip


def _worth(report: Report) -> tuple[Figure, ...]:
    gross = [one.gross_value for one in report.brands if one.gross_value is not None]
    net = [one.net_value for one in report.brands if one.net_value is not None]
    currency = report.settings.get("currency", "")
    if not gross:
        note = "settings: audience, price"
        return (Figure(label="Value", value="not known", note=note, says=f"A {ESTIMATE}", kind="unknown"),)
    return (
        Figure(
            label="Value",
            value=f"{sum(gross):,.0f} {currency}".strip(),
            note=f"{ESTIMATE}; net {sum(net):,.0f}",
            kind="worth",
            says="What as many seconds of advertising would cost, and net what quality leaves of that; from audience"
            " and price, not measured",
        ),
    )  # fmt: skip


def _verified(report: Report, exposure_s: float) -> Figure:
    confirmed_s = sum(one.confirmed_s for one in report.brands)
    share = confirmed_s / exposure_s if exposure_s else 0.0
    return Figure(
        label="Verified", value=f"{100 * share:.0f}\u2009%", note=duration(confirmed_s),
        says="Exposure that a person confirmed in review",
    )  # fmt: skip


def _trust(name: str, says: str, found: Interval | None) -> Figure:
    if found is None or found.estimate is None or found.low is None or found.high is None:
        return Figure(label=name, value="not audited", note="an audit tells", says=f"{name}: {says}", kind="unknown")
    low, high = (f"{100 * edge:.0f}" for edge in (found.low, found.high))
    return Figure(
        label=name, value=f"{100 * found.estimate:.0f}\u2009%", note=f"{low} – {high}\u2009%",
        says=f"{name}: {says}, from the seconds that people looked at; between these"
        " with 95 % certainty",
    )  # fmt: skip


def _ends(report: Report) -> tuple[Figure, ...]:
    error = report.boundary_error_s
    if error is None:
        return ()
    return (
        Figure(
            label="Starts and ends", value=margin(error.median), note=f"worst {margin(error.worst)}",
            says="Half of all starts and ends of airings are right to this",
        ),
    )  # fmt: skip
