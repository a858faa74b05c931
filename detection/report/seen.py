"""What the metrics follow from, put together once, and the arithmetic they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import fsum
from typing import Any, get_args

from detection.records import BrandMatch, KeptFrame, Method
from detection.report.exposure import Exposure
from detection.report.geometry import Floats
from detection.report.sightings import Bools, Ints, Sightings

LADDER: tuple[Method, ...] = get_args(Method)

# Numbers are kept to this many decimals, so that the last bit of a processor's exponential changes no report.
DECIMALS = 6


@dataclass(frozen=True, kw_only=True)
class Listing:
    """When runs of cells become events (`sure_from`: the confidence from which a sighting needs no confirmation), and
    the confidence that counts as certain for the lower bound."""

    bridge_s: float
    min_event_s: float
    sure_from: float
    high_confidence: float


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that the metrics follow from. `placements` and `tracks` have one entry per sighting, `shot_lengths_s` one per
    shot number; `unsettled_frames` are, by brand, the places in `kept` where an open question may be that brand."""

    brands: Sequence[str]
    kept: Sequence[KeptFrame]
    matches: Sequence[BrandMatch]
    sightings: Sightings
    tracks: Ints
    placements: Sequence[str]
    exposure: Exposure
    shot_lengths_s: Mapping[int, float]
    unsettled_frames: Mapping[str, frozenset[int]]

    def asset_seconds(self, cells: slice) -> dict[str, float]:
        """Per placement, every instance for itself: Σ_k Σ_f w_f."""
        parts: dict[str, list[float]] = {}
        rows = self.exposure.sightings_of(cells)
        for row, place in zip(rows.tolist(), self.sightings.frame[rows].tolist(), strict=True):
            frame = self.kept[place]
            parts.setdefault(self.placements[row], []).append(frame.end_s - frame.start_s)
        return {placement: total(parts[placement]) for placement in sorted(parts)}

    def placement_seconds(self, cells: slice) -> dict[str, float]:
        """D_{b,p}: a cell counts once for each placement that it shows."""
        parts: dict[str, list[float]] = {}
        placements = [self.placements[row] for row in self.exposure.sightings_of(cells).tolist()]
        edges = self.exposure.first[cells.start : cells.stop + 1] - self.exposure.first[cells.start]
        for seconds, (start, stop) in zip(self.exposure.seconds[cells].tolist(), pairwise(edges.tolist()), strict=True):
            for placement in set(placements[start:stop]):
                parts.setdefault(placement, []).append(seconds)
        return {placement: total(parts[placement]) for placement in sorted(parts)}


def total(parts: Iterable[Any]) -> float:
    """Their exact sum, rounded."""
    return round(fsum(parts), DECIMALS)


def rounded(value: float) -> float:
    """A number as reports keep it."""
    return round(float(value), DECIMALS)


def mean(weights: Floats, values: Floats | Ints | Bools) -> float:
    """The weighted mean, rounded."""
    return rounded(fsum(weights * values) / fsum(weights))
