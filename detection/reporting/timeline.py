"""The brand timeline: what a stretch of it shows, in as much detail as fits, and the way from airing to airing."""

from __future__ import annotations

from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from detection.records import BrandReport, Event, OpenCandidate, Report
from detection.report.reviews import Reviews
from detection.report.words import METHODS, PLACEMENTS, clock
from detection.reporting.boxes import Window, brand_colours
from detection.reporting.shown import Shown
from mpr.errors import BadInput, NotFound

# More airings than this are told as the share of time that they fill, column by column.
_MOST_EVENTS, _MOST_CUTS, _MOST_OPEN = 1200, 600, 400
LEAST_COLUMNS, MOST_COLUMNS = 50, 4000
_FULL = 100
_PLACES = tuple(PLACEMENTS)

Span = tuple[float, float]


def length_s(report: Report) -> float:
    """Of the footage that the report is of."""
    return max([report.analysed_s, 0.001, *(shot.end_s for shot in report.shots)])


def lanes_json(shown: Shown, window: Window, columns: int) -> dict[str, Any]:
    """A stretch of all lanes, for as many columns of pixels. Every brand has a lane, also where it is not seen; the
    shapes are told in docs/pages.md. Raises BadInput for a number of columns that cannot be."""
    if not LEAST_COLUMNS <= columns <= MOST_COLUMNS:
        raise BadInput(f"Ask for {LEAST_COLUMNS} to {MOST_COLUMNS} columns.")
    report, colours = shown.report, brand_colours(shown.job)
    span = window.from_s, window.to_s
    found = [_between(brand.events, span) for brand in report.brands]
    coarse = sum(map(len, found)) > _MOST_EVENTS
    cuts = [shot.start_s for shot in report.shots if shot.start_s > 0 and span[0] <= shot.start_s < span[1]]
    open_ones = [one for one in report.unresolved if _start(one) < span[1] and _end(one) > span[0]]
    return {
        "from_s": span[0],
        "to_s": span[1],
        "length_s": length_s(report),
        "columns": columns if coarse else 0,
        "placements": [PLACEMENTS[name] for name in _PLACES],
        "brands": [
            {
                "name": brand.brand,
                "colour": colours.get(brand.brand, 7),
                **(_coarse(brand, shown.said, span, columns) if coarse else _fine(brand, events, shown.said, span)),
            }
            for brand, events in zip(report.brands, found, strict=True)
        ],
        "cuts": cuts if len(cuts) <= _MOST_CUTS else None,
        "cut_count": len(cuts),
        "replays": [(one.start_s, one.end_s) for one in report.replays or () if one.start_s < span[1]],
        "open": [(_start(one), _end(one), one.text) for one in open_ones] if len(open_ones) <= _MOST_OPEN else None,
        "open_columns": _packed(_filled([(_start(one), _end(one)) for one in open_ones], span, columns)),
        "open_count": len(open_ones),
    }


def next_airing(shown: Shown, t_s: float, step: int, brand: str = "") -> dict[str, Any]:
    """The airing that begins next after a moment (`step` 1) or last before it (-1), of all brands or one. Raises
    NotFound where there is none."""
    starts = [
        (event.start_s, one.brand, number, len(one.events), event)
        for one in shown.report.brands
        if brand in ("", one.brand)
        for number, event in enumerate(one.events, 1)
    ]
    starts.sort(key=lambda found: found[:2])
    times = [found[0] for found in starts]
    # A player stops a little before or after the moment that it was sent to.
    at = bisect_right(times, t_s + 0.05) if step > 0 else bisect_right(times, t_s - 0.05) - 1
    if not 0 <= at < len(starts):
        raise NotFound("There is no later airing." if step > 0 else "There is no earlier airing.")
    start_s, name, number, of, event = starts[at]
    return {
        "brand": name,
        "start_s": start_s,
        "end_s": event.end_s,
        "evidence_s": event.evidence.t_s,
        "said": (
            f"{name}, {PLACEMENTS[event.placement].lower()}, {METHODS[event.method].lower()}: {clock(start_s)} to "
            f"{clock(event.end_s)}, airing {number} of {of}"
        ),
    }


def _between(events: Sequence[Event], span: Span) -> list[Event]:
    """Events are in time order and do not overlap."""
    first = bisect_right(events, span[0], key=lambda event: event.end_s)
    last = bisect_right(events, span[1], key=lambda event: event.start_s)
    return list(events[first:last])


def _fine(brand: BrandReport, events: Sequence[Event], reviews: Reviews, span: Span) -> dict[str, Any]:
    said = _said(brand.brand, reviews)
    listed = [(event.start_s, event.end_s) for event in brand.events]
    first = bisect_right(brand.intervals, span[0], key=lambda one: one[1])
    last = bisect_right(brand.intervals, span[1], key=lambda one: one[0])
    return {
        "airings": [
            (
                event.start_s, event.end_s, _PLACES.index(event.placement), round(event.confidence, 2),
                _state((event.start_s + event.end_s) / 2, said),
            )
            for event in events
        ],
        "short": [one for one in brand.intervals[first:last] if not _within(one[0], listed)],
    }  # fmt: skip


def _coarse(brand: BrandReport, reviews: Reviews, span: Span, columns: int) -> dict[str, Any]:
    marks = np.zeros(columns, np.uint8)
    for state, spans in enumerate(_said(brand.brand, reviews), 1):
        marks[_filled(spans, span, columns) > 0] = state
    filled = _filled([(event.start_s, event.end_s) for event in brand.events], span, columns)
    return {"filled": _packed(filled), "reviewed": _packed(marks) if marks.any() else ""}


def _filled(spans: Sequence[Span], window: Span, columns: int) -> np.ndarray[Any, Any]:
    """By column of the window how much of its time lies in the spans, 0 to 100; what is there at all is at least 1."""
    if not len(spans):
        return np.zeros(columns, np.uint8)
    each_s = (window[1] - window[0]) / columns
    edges = (np.clip(np.asarray(spans, float), *window) - window[0]) / each_s
    edges = edges[edges[:, 1] > edges[:, 0]]
    time = np.zeros(columns + 1)
    first, last = np.floor(edges[:, 0]).astype(int), np.minimum(np.floor(edges[:, 1]).astype(int), columns)
    # Whole columns between the first and the last, less what the span leaves of the first, and a part of the last.
    steps = np.zeros(columns + 2)
    np.add.at(steps, first, 1.0)
    np.add.at(steps, last, -1.0)
    np.add.at(time, first, first - edges[:, 0])
    np.add.at(time, last, edges[:, 1] - last)
    time += np.cumsum(steps)[: columns + 1]
    shares = np.clip(time[:columns], 0, 1) * _FULL
    return np.where(shares > 1e-9, np.maximum(np.rint(shares), 1), 0).astype(np.uint8)


def _packed(values: np.ndarray[Any, Any]) -> str:
    return b64encode(values.astype(np.uint8).tobytes()).decode()


def _said(brand: str, reviews: Reviews) -> tuple[Sequence[Span], Sequence[Span]]:
    return _spans(reviews.accepted, brand), _spans(reviews.rejected, brand)


def _spans(said: Mapping[str, Iterable[Span]], brand: str) -> Sequence[Span]:
    return sorted((float(start), float(end)) for start, end in said.get(brand, ()))


def _state(at_s: float, said: Sequence[Sequence[Span]]) -> int:
    return next((state for state, spans in enumerate(said, 1) if _within(at_s, spans)), 0)


def _within(at_s: float, spans: Sequence[Span]) -> bool:
    place = bisect_right(spans, at_s, key=lambda span: span[0])
    return place > 0 and at_s < spans[place - 1][1]


def _start(question: OpenCandidate) -> float:
    return question.start_s if question.end_s else question.t_s


def _end(question: OpenCandidate) -> float:
    """Reports of an earlier version do not tell it."""
    return question.end_s or question.t_s + max(0.04, question.seconds)
