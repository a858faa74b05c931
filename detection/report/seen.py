"""What the metrics follow from, put together once, and the arithmetic they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from detection.records import Replay, Shot
from detection.report.exposure import Exposure
from detection.report.kept import Kept
from detection.report.sightings import Sightings
from detection.report.spans import DECIMALS, Floats, Ints, Stretches


@dataclass(frozen=True, kw_only=True)
class Listing:
    """When runs of cells become events (`sure_from`: the confidence from which a sighting needs no confirmation), and
    the confidence that counts as certain for the lower bound."""

    bridge_us: int
    min_event_us: int
    sure_from: float
    high_confidence: float


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that the metrics follow from. A sighting's `brand` and `record` are places in `names` and `texts`;
    `placements` (numbers of placement.NAMES) and `tracks` have one entry per sighting. `doubts` are where an open
    question may be a brand, `confirmed` where people said that a brand is there; each of `joined` is one event of its
    brand, and at the beginning of each of `parted` begins another."""

    names: Sequence[str]
    texts: Sequence[str]
    kept: Kept
    sightings: Sightings
    tracks: Ints
    placements: Ints
    exposure: Exposure
    shots: Sequence[Shot]
    replays: Sequence[Replay] | None
    doubts: Stretches
    confirmed: Stretches
    joined: Stretches
    parted: Stretches


def rounded(values: Floats) -> list[Any]:
    """Numbers as reports keep them: so many decimals that the last bit of a processor's exponential changes no report.
    Zero has no sign."""
    return list((np.round(values, DECIMALS) + 0.0).tolist())


def best_of_each(group: Ints, keys: tuple[Floats | Ints, ...]) -> Ints:
    """The place of the first of each group by these keys, the most important first and the smallest best; groups in
    order, of equals the earliest."""
    order = np.lexsort((*keys[::-1], group))
    return order[np.flatnonzero(np.diff(group[order], prepend=-1))]
