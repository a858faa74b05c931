"""What exposure is worth: impressions and media value, modelled from audience and price.

Every number is an estimate of a model, not a measurement, and is labelled so wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detection.report.settings import Config
from detection.report.spans import Floats, Ints, to_s

# How impressions and values are labelled.
ESTIMATE = "modelled estimate"

# The unit in which exposure is compared with an advertisement.
UNIT_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Price:
    """`viewers` throughout, or `curve`: pairs of second and viewers in time order, with straight lines between them and
    the first and last value before and behind them. `cpm30` is the price of a thousand viewers for thirty seconds."""

    viewers: float
    curve: Sequence[tuple[float, float]]
    cpm30: float

    @classmethod
    def of(cls, config: Config) -> Price:
        """That of a report's settings."""
        return cls(viewers=config.audience_viewers, curve=config.audience_curve, cpm30=config.cpm30_price)

    @property
    def knows_audience(self) -> bool:
        return bool(self.curve) or self.viewers > 0

    @property
    def knows_value(self) -> bool:
        return self.knows_audience and self.cpm30 > 0

    def viewer_seconds(self, start_us: Ints, end_us: Ints) -> Floats:
        """∫ audience(t) dt over each stretch of time."""
        start_s, end_s = to_s(start_us), to_s(end_us)
        if not self.curve:
            return (end_s - start_s) * self.viewers
        times, viewers = np.array(sorted(self.curve), float).T
        before = np.append(0.0, np.cumsum(np.diff(times) * (viewers[1:] + viewers[:-1]) / 2))

        def until(moment: Floats) -> Floats:
            at = np.clip(np.searchsorted(times, moment, side="right") - 1, 0, len(times) - 1)
            since = moment - times[at]
            level: Floats = before[at] + since * (viewers[at] + np.interp(moment, times, viewers)) / 2
            # Before the first point the level is its own, so the straight line is that one.
            return level

        whole: Floats = until(end_s) - until(start_s)
        return whole


def impressions(viewer_s: Floats) -> Floats:
    """30-second equivalents: Σ w·audience / 30."""
    return viewer_s / UNIT_S


def money(viewer_s: Floats, price: Price) -> Floats:
    """Σ w/30·audience/1000·CPM30."""
    return impressions(viewer_s) / 1000 * price.cpm30
