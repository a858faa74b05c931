"""contract.csv: what was promised and what was delivered, one row per promise."""

from __future__ import annotations

from collections.abc import Iterator

from detection.report.contract import Check
from detection.report.exports.sheet import sheet
from detection.report.words import clock

COLUMNS = (
    "brand", "placement", "promised_s", "from_s", "to_s", "delivered_s", "result", "missing_s", "share",
    "longest_gap_s", "gaps",
)  # fmt: skip


def promises_csv(check: Check) -> Iterator[bytes]:
    """`gaps` are timecodes, separated by semicolons."""
    return sheet(
        COLUMNS,
        (
            [
                kept.promise.brand,
                kept.promise.placement,
                kept.promise.promised_s,
                kept.promise.from_s,
                kept.promise.to_s,
                kept.delivered_s,
                "met" if kept.met else "missed",
                kept.missing_s,
                kept.share,
                kept.longest_gap_s,
                "; ".join(f"{clock(start)} to {clock(end)}" for start, end in kept.gaps),
            ]
            for kept in check.promises
        ),
    )
