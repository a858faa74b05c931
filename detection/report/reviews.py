"""What people said of airings: these are true, those are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from detection.report.sightings import Bools, Instances
from detection.report.spans import Stretches, covered_us, to_us

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Reviews:
    """Seconds of the timeline by brand: those in which a person confirmed that it is seen, and those in which what was
    taken for it is something else."""

    accepted: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    rejected: Mapping[str, Sequence[Span]] = field(default_factory=dict)


NONE = Reviews()


def stretches(spans: Mapping[str, Sequence[Span]], names: Sequence[str]) -> Stretches:
    """The spans of these brands; others are left out."""
    numbers = {name: number for number, name in enumerate(names)}
    rows = [(numbers[name], *span) for name, some in sorted(spans.items()) if name in numbers for span in some]
    return Stretches(
        brand=np.array([row[0] for row in rows], np.int64),
        start_us=to_us(row[1] for row in rows),
        end_us=to_us(row[2] for row in rows),
    )


def rejected(instances: Instances, reviews: Reviews, names: Sequence[str]) -> Bools:
    """Which instances lie for the most part in time that was rejected for their brand."""
    within = covered_us(instances.brand, instances.start_us, instances.end_us, stretches(reviews.rejected, names))
    mask: Bools = 2 * within > instances.end_us - instances.start_us
    return mask
