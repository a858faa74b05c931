"""docs/metrics.md for every brand: the numbers that follow from exposure, airings and placement."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from detection.records import BoundaryError, BrandReport
from detection.report import airings
from detection.report.columns import LADDER
from detection.report.events import events_of
from detection.report.heat import heat_maps
from detection.report.placed import placement_reports
from detection.report.seen import Listing, Seen, rounded
from detection.report.spans import Floats, Ints, Stretches, covered_us, lengths_us, sums, to_s, to_us
from detection.report.value import Price, impressions, money

PLAY = ("live", "replay", "unknown")

# A map has hundreds of cells, and a thousandth of a second in one of them shows nothing.
_HEAT_DECIMALS = 3


def brand_reports(seen: Seen, listing: Listing, price: Price) -> list[BrandReport]:
    """One report per brand with exposure, the longest first, then by name."""
    exposure, names = seen.exposure, seen.names
    runs = airings.find_runs(exposure, bridge_us=listing.bridge_us, joined=seen.joined, parted=seen.parted)
    listed = airings.listed(
        exposure, runs, _shot_lengths_us(seen), min_event_us=listing.min_event_us, sure_from=listing.sure_from
    )
    events = events_of(seen, runs, listed)
    intervals = _intervals(seen)
    numbers = _numbers(seen) | _worth(seen, price) | _trust(seen, listing)
    placements, play_s, method_s = placement_reports(seen, price, events), _play_s(seen), _method_s(seen)
    reports = [
        BrandReport(
            brand=names[brand],
            event_count=len(events[brand]),
            placement_seconds={one.placement: one.exposure_s for one in placements[brand]},
            asset_seconds={one.placement: one.asset_s for one in placements[brand]},
            method_seconds=_named(LADDER, method_s[brand]),
            play_seconds=_named(PLAY, play_s[brand]),
            placements=placements[brand],
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


def _shot_lengths_us(seen: Seen) -> dict[int, int]:
    starts, ends = to_us(shot.start_s for shot in seen.shots), to_us(shot.end_s for shot in seen.shots)
    return dict(zip((shot.number for shot in seen.shots), (ends - starts).tolist(), strict=True))


def _total(seen: Seen) -> Callable[[Floats | Ints], Floats]:
    """The sum by brand of one value per cell."""
    return lambda values: sums(seen.exposure.brand, values, len(seen.names))


def _numbers(seen: Seen) -> dict[str, Any]:
    """By field of BrandReport the value of every brand; a brand without exposure has numbers that mean nothing."""
    exposure, count, total = seen.exposure, len(seen.names), _total(seen)
    w, others = exposure.seconds, exposure.brands_visible
    seconds = total(exposure.length_us) / 1e6
    whole = np.maximum(seconds, 1e-6)
    area_s, quality_s = total(w * exposure.area), total(w * exposure.quality)
    # A segment's shares add up to its length, so this is the time in which any brand is seen.
    share_s = total(w / others)
    largest = np.zeros(count)
    np.maximum.at(largest, exposure.brand, exposure.area)
    zones = np.stack([total(w * column) for column in exposure.zones.T], axis=1)
    return {
        "exposure_s": rounded(seconds),
        "share_of_voice": rounded(_part(seconds)),
        "concurrent_share_of_voice": rounded(_part(share_s)),
        "area_share_of_voice": rounded(_part(area_s)),
        "area_seconds": rounded(area_s),
        "mean_area_share": rounded(area_s / whole),
        "max_area_share": rounded(largest),
        "position": rounded(total(w * exposure.position) / whole),
        "zone_seconds": rounded(zones),
        "heat_map": np.round(heat_maps(seen.sightings, count), _HEAT_DECIMALS).tolist(),
        "clarity": rounded(total(w * exposure.clarity) / whole),
        "visible_share": rounded(total(w * exposure.visible) / whole),
        "solus_s": rounded(total(np.where(others == 1, exposure.length_us, 0)) / 1e6),
        "mean_brands_visible": rounded(total(w * others) / whole),
        "quality_s": rounded(quality_s),
        "quality_index": rounded(quality_s / whole),
    }


def _worth(seen: Seen, price: Price) -> dict[str, Any]:
    """Modelled estimates, as far as audience and price are known."""
    exposure, total = seen.exposure, _total(seen)
    viewer_s = price.viewer_seconds(exposure.start_us, exposure.end_us)
    found: dict[str, Any] = {}
    if price.knows_audience:
        found["impressions"] = rounded(total(impressions(viewer_s)))
    if price.knows_value:
        found["gross_value"] = rounded(total(money(viewer_s, price)))
        found["net_value"] = rounded(total(money(viewer_s * exposure.quality, price)))
    return found


def _trust(seen: Seen, listing: Listing) -> dict[str, Any]:
    """Bounds, and what people confirmed."""
    exposure, total = seen.exposure, _total(seen)
    confirmed_us = covered_us(exposure.brand, exposure.start_us, exposure.end_us, seen.confirmed)
    sure = exposure.confidence >= listing.high_confidence
    seconds, confirmed = total(exposure.length_us) / 1e6, total(confirmed_us) / 1e6
    return {
        "exposure_low_s": rounded(total(np.where(sure, exposure.length_us, confirmed_us)) / 1e6),
        "exposure_high_s": rounded(_high_s(seen)),
        "confirmed_s": rounded(confirmed),
        "verified_share": rounded(confirmed / np.maximum(seconds, 1e-6)),
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
            len(seen.names),
        )
    )


def _intervals(seen: Seen) -> list[list[tuple[float, float]]]:
    """By brand all its exposure."""
    count = len(seen.names)
    runs = airings.find_runs(seen.exposure, bridge_us=0)
    spans = list(zip(rounded(to_s(runs.start_us)), rounded(to_s(runs.end_us)), strict=True))
    edges = np.searchsorted(runs.brand, np.arange(count + 1)).tolist()
    return [spans[start:stop] for start, stop in pairwise(edges)]


def _play_s(seen: Seen) -> list[list[float]]:
    """Exposure in live play, in replays, and where nothing tells which. What lies between the replays of a broadcast
    that marks them is live."""
    total = _total(seen)
    whole_us = seen.exposure.length_us
    replayed_us = np.zeros_like(whole_us)
    if seen.replays:
        one = Stretches(
            brand=np.zeros(len(seen.replays), np.int64),
            start_us=to_us(replay.start_s for replay in seen.replays),
            end_us=to_us(replay.end_s for replay in seen.replays),
        )
        replayed_us = covered_us(np.zeros_like(whole_us), seen.exposure.start_us, seen.exposure.end_us, one)
    rest, none = total(whole_us - replayed_us), np.zeros(len(seen.names))
    live, unknown = (rest, none) if seen.replays else (none, rest)
    return _rows(np.stack([live, total(replayed_us), unknown], axis=1) / 1e6)


def _method_s(seen: Seen) -> list[list[float]]:
    """Seconds by brand and rung."""
    exposure, count = seen.exposure, len(seen.names)
    seconds = sums(exposure.brand * len(LADDER) + exposure.rung, exposure.length_us, count * len(LADDER)) / 1e6
    return _rows(seconds.reshape(count, len(LADDER)))


def _rows(table: Floats) -> list[list[float]]:
    rows: Any = rounded(table)
    return list(rows)


def _named(names: tuple[str, ...], seconds: list[float]) -> dict[str, float]:
    return {name: length_s for name, length_s in zip(names, seconds, strict=True) if length_s > 0}
