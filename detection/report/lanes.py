"""The brand timeline: one lane per brand over the length of the video, in thousandths of its width."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from detection.records import BrandReport, Shot
from detection.report.words import METHODS, PLACEMENTS, clock, duration

# The stylesheet has this many lane colours, for light and dark, after M. Okabe and K. Ito, "Color Universal Design"
# (2008): people with any colour vision tell them apart.
PALETTE_SIZE = 8
WIDTH = 1000.0
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS = 6


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A stretch of a lane; `title` is its tooltip. What is too short to be an event is drawn faint."""

    x: str
    width: str
    title: str
    faint: bool


@dataclass(frozen=True, kw_only=True)
class Lane:
    """`colour` is the number of a lane colour, `label` what the lane says in words."""

    colour: int
    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Scale:
    """`cuts` is an SVG path of all cuts; `ticks` are (percent of the width, time)."""

    cuts: str
    cut_count: int
    ticks: tuple[tuple[str, str], ...]


def scale(shots: Sequence[Shot], length_s: float) -> Scale:
    """Cuts and time marks of a video of that length."""
    cuts = [shot.start_s for shot in shots if shot.start_s > 0]
    step_s = next((step for step in _STEPS_S if length_s / step <= _MOST_TICKS), _STEPS_S[-1])
    ticks = range(0, int(length_s) + 1, step_s)
    return Scale(
        cuts="".join(f"M{_x(time_s, length_s)} 0V10" for time_s in cuts),
        cut_count=len(cuts),
        ticks=tuple((f"{100 * tick / length_s:.2f}", clock(tick).removesuffix(".000")) for tick in ticks),
    )


def lane(number: int, brand: BrandReport, length_s: float) -> Lane:
    """The lane of the brand that stands at that place in the report."""
    listed = [(event.start_s, event.end_s) for event in brand.events]
    bars = [
        _bar(
            event.start_s,
            event.end_s,
            length_s,
            f"{brand.brand}, {PLACEMENTS.get(event.placement, event.placement)}, {METHODS[event.method]}",
            faint=False,
        )
        for event in brand.events
    ]
    bars += [
        _bar(start_s, end_s, length_s, f"{brand.brand}, too short to be listed as an event", faint=True)
        for start_s, end_s in brand.intervals
        if not _within(start_s, listed)
    ]
    count = f"{len(listed)} event{'s' * (len(listed) != 1)}"
    return Lane(
        colour=number % PALETTE_SIZE,
        label=f"{brand.brand}: {count}, {duration(brand.exposure_s)} of exposure",
        bars=tuple(bars),
    )


def _within(time_s: float, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether a moment lies in one of these sorted, disjoint spans."""
    place = bisect_right(spans, time_s, key=lambda span: span[0])
    return place > 0 and time_s < spans[place - 1][1]


def _bar(start_s: float, end_s: float, length_s: float, what: str, *, faint: bool) -> Bar:
    return Bar(
        x=_x(start_s, length_s),
        width=_x(end_s - start_s, length_s),
        title=f"{what}: {clock(start_s)} – {clock(end_s)} ({end_s - start_s:.1f} s)",
        faint=faint,
    )


def _x(time_s: float, length_s: float) -> str:
    return f"{WIDTH * time_s / length_s:.2f}"
