"""What the rungs of the ladder resolved, and what was paid for it."""

from __future__ import annotations

from collections.abc import Sequence

from detection.records import BrandReport, OpenCandidate, RungReport
from detection.report.measured import Work
from detection.report.spans import DECIMALS

_HOUR_S = 3600.0


def rung_reports(
    work: Sequence[Work], brands: Sequence[BrandReport], unresolved: Sequence[OpenCandidate]
) -> list[RungReport]:
    """The rungs that ran, in their order. To be resolved were all exposure and all open
    questions, in seconds."""
    resolved = {rung.method: sum(brand.method_seconds.get(rung.method, 0.0) for brand in brands) for rung in work}
    whole_s = sum(resolved.values()) + sum(question.seconds for question in unresolved)
    return [
        RungReport(
            method=rung.method,
            resolved_s=round(resolved[rung.method], DECIMALS),
            share_resolved=round(resolved[rung.method] / whole_s, DECIMALS) if whole_s else 0.0,
            settled=rung.settled,
            asked=rung.asked,
            spend_usd=rung.cost_usd_micros / 1e6,
        )
        for rung in work
    ]


def spend_per_video_hour(work: Sequence[Work], analysed_s: float) -> float:
    """US dollars for an hour of analysed time."""
    spent = sum(rung.cost_usd_micros for rung in work) / 1e6
    return round(spent * _HOUR_S / analysed_s, DECIMALS) if analysed_s else 0.0
