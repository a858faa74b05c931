"""Was kept what was promised? Seconds per brand and placement against what the report counts.

A promise is a line of a CSV with the columns `brand`, `placement`, `promised_s` and, where it holds for a part of the
footage only, `from_s` and `to_s`. An empty placement means any. Times are seconds or h:mm:ss.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from detection.records import BrandReport, Report
from detection.report.audience import read_seconds
from detection.report.placement import NAMES
from detection.report.score import name_key
from detection.report.spans import DECIMALS
from mpr.errors import BadInput
from mpr.pipeline.codec import Record
from mpr.pipeline.config import did_you_mean

COLUMNS = ("brand", "placement", "promised_s", "from_s", "to_s")
_NEEDED = ("brand", "promised_s")
ANY = "any"
LEAST_GAP_S = 10.0

Span = tuple[float, float]


class Promise(Record):
    """`placement` is one of NAMES or ANY. The window is the whole footage where `to_s` is None."""

    brand: str
    placement: str
    promised_s: float
    from_s: float = 0.0
    to_s: float | None = None


class Kept(Record):
    """How a promise was kept. `gaps` are the stretches of its window, of `least_gap_s` and more, in which the brand was
    not seen there."""

    promise: Promise
    delivered_s: float
    met: bool
    missing_s: float
    share: float
    longest_gap_s: float
    gaps: list[Span]


class Check(Record):
    """All promises in the order of the contract."""

    promises: list[Kept]
    met: int
    missed: int
    least_gap_s: float


def read_contract(text: str) -> list[Promise]:
    """Raises BadInput naming the line and what is wrong with it."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), skipinitialspace=True, strict=True)
    try:
        names = [name.strip() for name in rows.fieldnames or []]
        rows.fieldnames = names
        _check_columns(names)
        promises = [_promise(row, line) for line, row in enumerate(rows, 2) if any(filter(None, row.values()))]
    except csv.Error as error:
        raise BadInput(f"The contract is no CSV: {error}. Save it as CSV with commas and try again.") from error
    if not promises:
        raise BadInput("The contract promises nothing; give it one line for each brand and placement.")
    return promises


def check_contract(report: Report, promises: Iterable[Promise], *, least_gap_s: float = LEAST_GAP_S) -> Check:
    """Hold the promises against a report. A brand is the same whatever case, spaces and signs its name is written with;
    placement seconds count a brand once, however many of its logos are seen there."""
    brands = {name_key(brand.brand): brand for brand in report.brands}
    end_s = max([0.0, *(shot.end_s for shot in report.shots)])
    kept = [_kept(promise, brands.get(name_key(promise.brand)), end_s, least_gap_s) for promise in promises]
    met = sum(one.met for one in kept)
    return Check(promises=kept, met=met, missed=len(kept) - met, least_gap_s=least_gap_s)


def _kept(promise: Promise, brand: BrandReport | None, end_s: float, least_gap_s: float) -> Kept:
    window = promise.from_s, end_s if promise.to_s is None else promise.to_s
    spans = [] if brand is None else _within(_spans(brand, promise.placement), window)
    delivered_s = round(sum(end - start for start, end in spans), DECIMALS)
    missing_s = max(0.0, round(promise.promised_s - delivered_s, DECIMALS))
    gaps = _gaps(spans, window)
    return Kept(
        promise=promise,
        delivered_s=delivered_s,
        met=missing_s == 0,
        missing_s=missing_s,
        share=round(delivered_s / promise.promised_s, DECIMALS),
        longest_gap_s=max((round(end - start, DECIMALS) for start, end in gaps), default=0.0),
        gaps=[gap for gap in gaps if gap[1] - gap[0] >= least_gap_s],
    )


def _spans(brand: BrandReport, placement: str) -> Sequence[Span]:
    if placement == ANY:
        return brand.intervals
    return next((one.intervals for one in brand.placements if one.placement == placement), [])


def _within(spans: Sequence[Span], window: Span) -> list[Span]:
    low, high = window
    return [(max(start, low), min(end, high)) for start, end in spans if start < high and end > low]


def _gaps(spans: Sequence[Span], window: Span) -> list[Span]:
    """What the sorted, disjoint spans leave of the window."""
    edges = [window[0], *(edge for span in spans for edge in span), window[1]]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(start, end) for start, end in pairs if end > start]


def _check_columns(names: Sequence[str]) -> None:
    for name in names:
        if name not in COLUMNS:
            raise BadInput(f"The contract has a column “{name}”.{did_you_mean(name, list(COLUMNS))}")
    for name in _NEEDED:
        if name not in names:
            raise BadInput(f"The contract lacks the column “{name}”; its header is {','.join(COLUMNS)}.")


def _promise(row: Mapping[str, Any], line: int) -> Promise:
    if None in row:
        raise BadInput(f"Line {line} of the contract has more cells than the header; put texts with commas in quotes.")
    cells = {name: (value or "").strip() for name, value in row.items()}
    if not cells["brand"]:
        raise BadInput(f"Line {line} of the contract names no brand.")
    placement = cells.get("placement", "").lower() or ANY
    if placement not in (*NAMES, ANY):
        raise BadInput(
            f"Line {line} of the contract: “{placement}” is no placement.{did_you_mean(placement, [*NAMES, ANY])}"
        )
    promised_s = _seconds(cells["promised_s"], line, "promised_s")
    if promised_s <= 0:
        raise BadInput(f"Line {line} of the contract promises no time; give promised_s in seconds.")
    from_s = _seconds(cells["from_s"], line, "from_s") if cells.get("from_s") else 0.0
    to_s = _seconds(cells["to_s"], line, "to_s") if cells.get("to_s") else None
    if to_s is not None and to_s <= from_s:
        raise BadInput(f"Line {line} of the contract: to_s must be later than from_s.")
    return Promise(brand=cells["brand"], placement=placement, promised_s=promised_s, from_s=from_s, to_s=to_s)


def _seconds(text: str, line: int, column: str) -> float:
    found = read_seconds(text)
    if found is None:
        raise BadInput(f"Line {line} of the contract: {column} “{text}” is no time; write seconds or h:mm:ss.")
    return found
