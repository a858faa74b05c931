"""seconds.csv: one row per second and brand that is seen in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from detection.report.exports.sheet import sheet
from detection.report.placement import NAMES
from detection.report.seen import Seen
from detection.report.spans import Floats, Ints, sums
from detection.report.value import Price, impressions
from detection.report.words import clock

COLUMNS = (
    "second",
    "timecode",
    "brand",
    "exposure_s",
    "area_share",
    "quality",
    "confidence",
    "brands_visible",
    "placements",
    "impressions_estimate",
)
_SECOND_US = 1_000_000


def seconds_csv(seen: Seen, price: Price) -> Iterator[bytes]:
    """In time order, then by brand. Shares and quality are means over what the second has of exposure, the confidence
    is the best; a second without any brand has no row."""
    return sheet(COLUMNS, _rows(seen, price))


def _rows(seen: Seen, price: Price) -> Iterator[Sequence[Any]]:
    exposure = seen.exposure
    cell, second, start_us, end_us = by_second(exposure.start_us, exposure.end_us)
    keys = second * max(1, len(seen.names)) + exposure.brand[cell]
    rows, row = np.unique(keys, return_inverse=True)
    length_s = (end_us - start_us) / 1e6
    whole = sums(row, length_s, len(rows))

    def mean(values: Any) -> list[float]:
        averaged: Floats = sums(row, length_s * values[cell], len(rows)) / whole
        return list(averaged.round(6).tolist())

    surest = np.zeros(len(rows))
    np.maximum.at(surest, row, exposure.confidence[cell])
    viewer_s = sums(row, price.viewer_seconds(start_us, end_us), len(rows))
    seconds, brands = np.divmod(rows, max(1, len(seen.names)))
    return zip(
        seconds.tolist(),
        (clock(float(at)).removesuffix(".000") for at in seconds.tolist()),
        (seen.names[brand] for brand in brands.tolist()),
        whole.round(6).tolist(),
        mean(exposure.area),
        mean(exposure.quality),
        surest.round(6).tolist(),
        mean(exposure.brands_visible.astype(float)),
        _placements(seen, cell, row, len(rows)),
        impressions(viewer_s).round(3).tolist() if price.knows_audience else [None] * len(rows),
        strict=True,
    )


def by_second(start_us: Ints, end_us: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Stretches of time cut at whole seconds: the number of each, its second, its start and its end."""
    first = start_us // _SECOND_US
    count = np.maximum(-(-end_us // _SECOND_US) - first, 0)
    which = np.repeat(np.arange(len(first)), count)
    second = np.arange(len(which)) - (np.cumsum(count) - count)[which] + first[which]
    return (
        which,
        second,
        np.maximum(start_us[which], second * _SECOND_US),
        np.minimum(end_us[which], (second + 1) * _SECOND_US),
    )


def _placements(seen: Seen, cell: Ints, row: Ints, count: int) -> list[str]:
    """By row the placements that its cells show, in the order of NAMES."""
    shows = np.zeros((len(seen.exposure), len(NAMES)), bool)
    shows[seen.exposure.cell, seen.placements[seen.exposure.row]] = True
    there = np.zeros((count, len(NAMES)), bool)
    np.logical_or.at(there, row, shows[cell])
    bits = there @ (1 << np.arange(len(NAMES)))
    words = [" ".join(name for place, name in enumerate(NAMES) if code >> place & 1) for code in range(1 << len(NAMES))]
    return [words[code] for code in bits.tolist()]
