"""A report as the page draws it: one lane per brand over the time of the video."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from detection.models import Airing
from detection.records import Report

_PALETTE_SIZE = 8
_TICKS_WANTED = 8
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A stretch of a lane, in percent of its width. `airing_id` is None for exposure too short to be an event."""

    left: float
    width: float
    start_s: float
    end_s: float
    airing_id: int | None


@dataclass(frozen=True, kw_only=True)
class Lane:
    """`colour` is the number of a palette entry."""

    brand: str
    colour: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Lanes:
    lanes: tuple[Lane, ...]
    cuts: tuple[float, ...]
    ticks: tuple[tuple[float, float], ...]
    """(percent, seconds)"""
    unresolved: tuple[tuple[float, float, str], ...]
    """(percent, seconds, text)"""


def lay_out(report: Report, airings: Iterable[Airing], duration_s: float) -> Lanes:
    """The lanes of a report, brands in its order."""
    whole_s = max(duration_s, 0.001)

    def at(time_s: float) -> float:
        return round(100 * min(max(time_s / whole_s, 0.0), 1.0), 4)

    rows: dict[str, list[Airing]] = {}
    for airing in airings:
        rows.setdefault(airing.brand_name, []).append(airing)
    lanes = []
    for number, brand in enumerate(report.brands):
        spans = [(start, end, _airing_at(rows.get(brand.brand, []), start, end)) for start, end in brand.intervals]
        bars = tuple(
            Bar(left=at(start), width=round(at(end) - at(start), 4), start_s=start, end_s=end, airing_id=airing_id)
            for start, end, airing_id in spans
        )
        lanes.append(Lane(brand=brand.brand, colour=number % _PALETTE_SIZE, bars=bars))
    return Lanes(
        lanes=tuple(lanes),
        cuts=tuple(at(shot.start_s) for shot in report.shots[1:]),
        ticks=tuple((at(second), second) for second in _ticks(duration_s)),
        unresolved=tuple((at(question.t_s), question.t_s, question.text) for question in report.unresolved),
    )


def _airing_at(airings: list[Airing], start_s: float, end_s: float) -> int | None:
    """The airing that covers most of a stretch."""
    overlap, found = 0.0, None
    for airing in airings:
        common = min(airing.end_s, end_s) - max(airing.start_s, start_s)
        if common > overlap:
            overlap, found = common, airing.pk
    return found


def _ticks(duration_s: float) -> list[float]:
    step = next((step for step in _STEPS_S if duration_s / step <= _TICKS_WANTED), _STEPS_S[-1])
    return [float(second) for second in range(0, int(duration_s) + 1, step)]
