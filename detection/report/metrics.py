"""docs/metrics.md for every brand: the numbers that follow from exposure, airings and placement."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from detection.records import BoundaryError, BrandReport
from detection.report import airings
from detection.report.columns import LADDER
from detection.report.events import events_of
from detection.report.placement import NAMES
from detection.report.seen import Listing, Seen, rounded
from detection.report.spans import Floats, Ints, lengths_us, sums, to_s


def brand_reports(seen: Seen, listing: Listing) -> list[BrandReport]:
    """One report per brand with exposure, the longest first, then by name."""
    exposure, names = seen.exposure, seen.words.names
    runs = airings.find_runs(exposure, bridge_us=listing.bridge_us)
    listed = airings.listed(
        exposure, runs, seen.shot_lengths_us, min_event_us=listing.min_event_us, sure_from=listing.sure_from
    )
    events = events_of(seen, runs, listed)
    intervals = _intervals(seen)
    numbers = _numbers(seen, listing)
    placement_s, asset_s, method_s = _placement_s(seen), _asset_s(seen), _method_s(seen)
    reports = [
        BrandReport(
            brand=names[brand],
            event_count=len(events[brand]),
            placement_seconds=_named(NAMES, placement_s[brand]),
            asset_seconds=_named(NAMES, asset_s[brand]),
            method_seconds=_named(LADDER, method_s[brand]),
            events=events[brand],
            intervals=intervals[brand],
            **{name: values[brand] for name, values in numbers.items()},
        )
        for brand in np.unique(exposure.brand).tolist()
    ]
    return sorted(reports, key=lambda report: (-report.exposure_s, report.brand))


def boundary_error(reports: list[BrandReport]) -> BoundaryError | None:
    """Over the starts and ends of all events."""
    errors_s = [error for report in reports for event in report.events for error in _ends(event)]
    if not errors_s:
        return None
    median, worst = rounded(np.array([np.median(errors_s), np.max(errors_s)]))
    return BoundaryError(median=median, worst=worst)


def _ends(event: Any) -> tuple[float, float]:
    return event.start_error_s, event.end_error_s


def _numbers(seen: Seen, listing: Listing) -> dict[str, Any]:
    """By field of BrandReport the value of every brand; a brand without exposure has numbers that mean nothing."""
    exposure, count = seen.exposure, len(seen.words.names)
    brand, w, others = exposure.brand, exposure.seconds, exposure.brands_visible

    def total(weights: Floats) -> Floats:
        return sums(brand, weights, count)

    def exact_s(cells: Any) -> Floats:
        """The length of these cells."""
        return sums(brand[cells], exposure.length_us[cells], count) / 1e6

    seconds = exact_s(slice(None))
    whole = np.maximum(seconds, 1e-6)
    area_s, quality_s = total(w * exposure.area), total(w * exposure.quality)
    # A segment's shares add up to its length, so this is the time in which any brand is seen.
    share_s = total(w / others)
    largest = np.zeros(count)
    np.maximum.at(largest, brand, exposure.area)
    zones = np.stack([total(w * column) for column in exposure.zones.T], axis=1)
    return {
        "exposure_s": rounded(seconds),
        "exposure_low_s": rounded(exact_s(exposure.confidence >= listing.high_confidence)),
        "exposure_high_s": rounded(_high_s(seen)),
        "share_of_voice": rounded(_part(seconds)),
        "concurrent_share_of_voice": rounded(_part(share_s)),
        "area_share_of_voice": rounded(_part(area_s)),
        "area_seconds": rounded(area_s),
        "mean_area_share": rounded(area_s / whole),
        "max_area_share": rounded(largest),
        "position": rounded(total(w * exposure.position) / whole),
        "zone_seconds": rounded(zones),
        "clarity": rounded(total(w * exposure.clarity) / whole),
        "solus_s": rounded(exact_s(others == 1)),
        "mean_brands_visible": rounded(total(w * others) / whole),
        "quality_s": rounded(quality_s),
        "quality_index": rounded(quality_s / whole),
    }


def _part(of: Floats) -> Floats:
    """Each one's share in their sum."""
    share: Floats = of / max(float(of.sum()), 1e-12)
    return share


def _high_s(seen: Seen) -> Floats:
    """The time in which a brand is seen or an open question may be it."""
    exposure, doubts = seen.exposure, seen.doubts
    return to_s(
        lengths_us(
            np.concatenate([exposure.brand, doubts.brand]),
            np.concatenate([exposure.start_us, doubts.start_us]),
            np.concatenate([exposure.end_us, doubts.end_us]),
            len(seen.words.names),
        )
    )


def _intervals(seen: Seen) -> list[list[tuple[float, float]]]:
    """By brand all its exposure."""
    count = len(seen.words.names)
    runs = airings.find_runs(seen.exposure, bridge_us=0)
    spans = list(zip(rounded(to_s(runs.start_us)), rounded(to_s(runs.end_us)), strict=True))
    edges = np.searchsorted(runs.brand, np.arange(count + 1)).tolist()
    return [spans[start:stop] for start, stop in pairwise(edges)]


def _placement_s(seen: Seen) -> list[list[float]]:
    """D_{b,p}: a cell counts once for each placement that it shows."""
    exposure = seen.exposure
    cell, place = np.divmod(np.unique(exposure.cell * len(NAMES) + seen.placements[exposure.row]), len(NAMES))
    return _table(seen, exposure.brand[cell], place, exposure.length_us[cell], len(NAMES))


def _asset_s(seen: Seen) -> list[list[float]]:
    """Per placement, every instance for itself."""
    found = seen.sightings
    return _table(seen, found.brand, seen.placements, found.end_us - found.start_us, len(NAMES))


def _method_s(seen: Seen) -> list[list[float]]:
    exposure = seen.exposure
    return _table(seen, exposure.brand, exposure.rung, exposure.length_us, len(LADDER))


def _table(seen: Seen, brand: Ints, column: Ints, length_us: Ints, columns: int) -> list[list[float]]:
    """Seconds by brand and column."""
    count = len(seen.words.names)
    seconds = sums(brand * columns + column, length_us, count * columns) / 1e6
    table: Any = rounded(seconds.reshape(count, columns))
    return list(table)


def _named(names: tuple[str, ...], seconds: list[float]) -> dict[str, float]:
    return {name: length_s for name, length_s in zip(names, seconds, strict=True) if length_s > 0}
