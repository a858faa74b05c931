"""docs/metrics.md for every brand on every kind of placement."""

from __future__ import annotations

from typing import Any

import numpy as np

from detection.records import Event, PlacementReport
from detection.report.placement import NAMES
from detection.report.seen import Seen, rounded
from detection.report.spans import Floats, Ints, merged, sums, to_s
from detection.report.value import Price, impressions, money


def placement_reports(seen: Seen, price: Price, events: list[list[Event]]) -> list[list[PlacementReport]]:
    """By brand, its placements in the order of NAMES. Exposure counts a brand once for each placement that it has at a
    time, asset seconds every instance for itself."""
    exposure, found, kinds = seen.exposure, seen.sightings, len(NAMES)
    brands = len(seen.names)
    keys, pair = np.unique(exposure.cell * kinds + seen.placements[exposure.row], return_inverse=True)
    cell, kind = np.divmod(keys, kinds)
    group = exposure.brand[cell] * kinds + kind
    length_us = exposure.length_us[cell]
    quality = np.zeros(len(keys))
    np.maximum.at(quality, pair, exposure.pair_quality)
    area = np.minimum(1.0, sums(pair, found.area[exposure.row], len(keys)))
    viewer_s = price.viewer_seconds(exposure.start_us[cell], exposure.end_us[cell])

    def total(values: Floats | Ints) -> Floats:
        return sums(group, values, brands * kinds)

    seconds = total(length_us) / 1e6
    area_s = total(to_s(length_us) * area)
    asset_us = sums(found.brand * kinds + seen.placements, found.end_us - found.start_us, brands * kinds)
    columns: dict[str, list[Any]] = {
        "exposure_s": rounded(seconds),
        "asset_s": rounded(asset_us / 1e6),
        "area_seconds": rounded(area_s),
        "mean_area_share": rounded(area_s / np.maximum(seconds, 1e-6)),
        "quality_s": rounded(total(to_s(length_us) * quality)),
    }
    if price.knows_audience:
        columns["impressions"] = rounded(total(impressions(viewer_s)))
    if price.knows_value:
        columns["gross_value"] = rounded(total(money(viewer_s, price)))
        columns["net_value"] = rounded(total(money(viewer_s * quality, price)))
    spans = _intervals(group, exposure.start_us[cell], exposure.end_us[cell])
    return [
        [
            PlacementReport(
                placement=name,
                event_count=sum(event.placement == name for event in events[brand]),
                intervals=spans[place],
                **{field: values[place] for field, values in columns.items()},
            )
            for place, name in enumerate(NAMES, brand * kinds)
            if place in spans
        ]
        for brand in range(brands)
    ]


def _intervals(group: Ints, start_us: Ints, end_us: Ints) -> dict[int, list[tuple[float, float]]]:
    """The time of each group as disjoint stretches."""
    whose, start_us, end_us = merged(group, start_us, end_us)
    found: dict[int, list[tuple[float, float]]] = {}
    for number, *span in zip(whose.tolist(), rounded(to_s(start_us)), rounded(to_s(end_us)), strict=True):
        found.setdefault(number, []).append((span[0], span[1]))
    return found
