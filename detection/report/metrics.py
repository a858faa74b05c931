"""docs/metrics.md for every brand: the numbers that follow from exposure, airings and placement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from detection.records import BrandReport, KeptFrame
from detection.report import airings
from detection.report.events import event
from detection.report.seen import LADDER, Listing, Seen, mean, rounded, total
from detection.report.sightings import Ints


def analysed_s(kept: Sequence[KeptFrame]) -> float:
    """T = Σ w_f."""
    return total(frame.end_s - frame.start_s for frame in kept)


def brand_reports(seen: Seen, listing: Listing) -> list[BrandReport]:
    """One report per brand with exposure, the longest first, then by name."""
    exposure = seen.exposure
    totals = _Totals(
        exposure_s=fsum(exposure.seconds),
        area_s=fsum(exposure.seconds * exposure.area),
        any_brand_s=fsum(exposure.seconds / exposure.brands_visible),
    )
    runs = _by_brand(seen, airings.runs(exposure, bridge_s=listing.bridge_s))
    solid = _by_brand(seen, airings.runs(exposure, bridge_s=0.0))
    reports = [_brand(seen, brand, runs[brand], solid[brand], totals, listing) for brand in runs]
    return sorted(reports, key=lambda report: (-report.exposure_s, report.brand))


@dataclass(frozen=True, kw_only=True)
class _Totals:
    exposure_s: float
    area_s: float
    any_brand_s: float
    """Time in which any brand is seen: Σ w_f·V/n_f over all brands, since a frame's shares add up to its time."""


def _brand(
    seen: Seen, brand: int, runs: list[slice], solid: list[slice], totals: _Totals, listing: Listing
) -> BrandReport:
    exposure = seen.exposure
    start, stop = np.searchsorted(exposure.brand, [brand, brand + 1]).tolist()
    cells = slice(start, stop)
    w = exposure.seconds[cells]
    area, others = exposure.area[cells], exposure.brands_visible[cells]
    seconds, area_s, quality_s = fsum(w), fsum(w * area), fsum(w * exposure.quality[cells])
    sure = exposure.confidence[cells] >= listing.high_confidence
    events = [
        event(seen, run)
        for run in runs
        if airings.is_listed(
            exposure, run, seen.shot_lengths_s, min_event_s=listing.min_event_s, sure_from=listing.sure_from
        )
    ]
    name = seen.brands[brand]
    return BrandReport(
        brand=name,
        exposure_s=total(w),
        exposure_low_s=total(w[sure]),
        exposure_high_s=total([*w, *_further_s(seen, name, exposure.frame[cells])]),
        share_of_voice=rounded(seconds / totals.exposure_s),
        concurrent_share_of_voice=rounded(fsum(w / others) / totals.any_brand_s),
        area_share_of_voice=rounded(area_s / totals.area_s),
        event_count=len(events),
        area_seconds=rounded(area_s),
        mean_area_share=rounded(area_s / seconds),
        max_area_share=rounded(area.max()),
        position=mean(w, exposure.position[cells]),
        zone_seconds=[total(column) for column in (w[:, None] * exposure.zones[cells]).T],
        clarity=mean(w, exposure.clarity[cells]),
        solus_s=total(w[others == 1]),
        mean_brands_visible=mean(w, others),
        quality_s=rounded(quality_s),
        quality_index=rounded(quality_s / seconds),
        placement_seconds=seen.placement_seconds(cells),
        asset_seconds=seen.asset_seconds(cells),
        method_seconds={
            method: total(w[exposure.rung[cells] == rung])
            for rung, method in enumerate(LADDER)
            if (exposure.rung[cells] == rung).any()
        },
        events=events,
        intervals=[(rounded(exposure.start_s[run.start]), rounded(exposure.end_s[run.stop - 1])) for run in solid],
    )


def _by_brand(seen: Seen, runs: list[slice]) -> dict[int, list[slice]]:
    """The runs of each brand, in their order."""
    brands = seen.exposure.brand[[run.start for run in runs]].tolist() if runs else []
    found: dict[int, list[slice]] = {}
    for brand, run in zip(brands, runs, strict=True):
        found.setdefault(brand, []).append(run)
    return found


def _further_s(seen: Seen, name: str, frames: Ints) -> list[float]:
    """Lengths of the frames in which only an open question may be the brand."""
    further = seen.unsettled_frames.get(name, frozenset()) - set(frames.tolist())
    return [seen.kept[frame].end_s - seen.kept[frame].start_s for frame in sorted(further)]
