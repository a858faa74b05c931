"""What report.html says beside the brands: value, contract, audit, and the settings all of it rests on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detection.records import Report
from detection.report.audit import Audited, Interval
from detection.report.contract import Check
from detection.report.value import ESTIMATE
from detection.report.words import PLACEMENTS, clock, duration, percent

_UNKNOWN = "–"
_GAPS_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class PromiseRow:
    brand: str
    where: str
    promised: str
    delivered: str
    share: str
    met: bool
    gaps: str


@dataclass(frozen=True, kw_only=True)
class AuditRow:
    brand: str
    claimed: str
    precision: str
    recall: str
    really_seen: str


@dataclass(frozen=True, kw_only=True)
class Addenda:
    """`value` are rows of brand, impressions, gross and net, none where they are not known; `estimate` is what they
    must be called."""

    preset: str
    estimate: str
    currency: str
    value: tuple[tuple[str, str, str, str], ...]
    promises: tuple[PromiseRow, ...]
    promises_met: int
    audit: tuple[AuditRow, ...]
    audited: str


def addenda(report: Report, check: Check | None, audited: Audited | None) -> Addenda:
    """Ready to print."""
    return Addenda(
        preset=preset_words(report),
        estimate=ESTIMATE,
        currency=report.settings.get("currency", ""),
        value=tuple(
            (brand.brand, f"{brand.impressions:,.0f}", _money(brand.gross_value), _money(brand.net_value))
            for brand in report.brands
            if brand.impressions is not None
        ),
        promises=_promises(check) if check else (),
        promises_met=check.met if check else 0,
        audit=audit_rows(audited) if audited else (),
        audited=f"{audited.answered} of {audited.asked}" if audited else "",
    )


def preset_words(report: Report) -> str:
    """Which settings the report was computed with."""
    if report.preset is None:
        return "Settings: those of the job."
    changed = ", ".join(f"{name} = {value}" for name, value in sorted(report.preset.changes.items()))
    but = f", but {changed}" if changed else ""
    return f"Preset {report.preset.name}, version {report.preset.version}{but}."


def _promises(check: Check) -> tuple[PromiseRow, ...]:
    rows = []
    for kept in check.promises:
        shown = "; ".join(f"{clock(start)} – {clock(end)}" for start, end in kept.gaps[:_GAPS_SHOWN])
        more = f"; and {len(kept.gaps) - _GAPS_SHOWN} more" if len(kept.gaps) > _GAPS_SHOWN else ""
        promise, where = kept.promise, PLACEMENTS.get(kept.promise.placement, "Any placement")
        if promise.from_s or promise.to_s is not None:
            where += f", {clock(promise.from_s)} to {'the end' if promise.to_s is None else clock(promise.to_s)}"
        rows.append(
            PromiseRow(
                brand=promise.brand, where=where, promised=duration(promise.promised_s),
                delivered=duration(kept.delivered_s), share=percent(kept.share, 0), met=kept.met, gaps=shown + more,
            )
        )  # fmt: skip
    return tuple(rows)


def audit_rows(audited: Audited) -> tuple[AuditRow, ...]:
    """All brands together, then each."""
    return tuple(
        AuditRow(
            brand=one.brand or "All brands",
            claimed=duration(one.claimed_s),
            precision=_between(one.precision, percent),
            recall=_between(one.recall, percent),
            really_seen=_between(one.true_s, duration),
        )
        for one in (audited.all_brands, *audited.brands)
    )


def _between(found: Interval, words: Callable[[float], str]) -> str:
    if found.estimate is None or found.low is None or found.high is None:
        return _UNKNOWN
    return f"{words(found.estimate)} ({words(found.low)} – {words(found.high)})"


def _money(value: float | None) -> str:
    return _UNKNOWN if value is None else f"{value:,.2f}"
