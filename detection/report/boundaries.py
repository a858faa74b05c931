"""How far the beginnings and ends of a report's airings lie from the true ones, in video frames.

Truth is the frames form of detection.report.score. A true airing is a maximal stretch of one shot in which frames show
a brand readably; gaps of up to a second are bridged, as in a report, and what is shorter than a second is left out,
since no report has to list it. A report's event belongs to an airing of its brand when half of either lies in the
other. The first and the last of the events that belong to an airing are held against its two ends. Ends at the first or
last frame of the clip are not measured: nobody can miss them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from detection.report.score import ANY_VISIBLE, Span, claimed_spans, is_readable, name_key

_BRIDGE_S = 1.0
_LEAST_S = 1.0

Frames = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class End:
    """One end of a true airing that a report has. `error_frames` is its distance from the frame in which the brand
    becomes or ceases to be readable. `excess_frames` is that distance less what is a matter of taste: none while the
    claim lies where the brand is in the picture, only smaller, blurred or half hidden. `at_cut` says that the shot
    begins or ends there."""

    brand: str
    at_s: float
    error_frames: float
    excess_frames: float
    at_cut: bool


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """All measured ends, and the true airings of which a report has nothing, as (brand, start_s, end_s)."""

    ends: tuple[End, ...]
    missed: tuple[tuple[str, float, float], ...]


def boundaries(report: Mapping[str, Any], truth: Mapping[str, Any]) -> Boundaries:
    """Hold the events of a report.json against a truth of the frames form."""
    fps, count = float(truth["fps"]), len(truth["frames"])
    claims = claimed_spans(report)
    shots = _shots(truth, fps, count)
    ends: list[End] = []
    missed: list[tuple[str, float, float]] = []
    for brand in truth["brands"]:
        readable, there = _frames_of(name_key(brand), truth["frames"])
        for shot in shots:
            for airing in _airings(readable, shot, fps):
                mine = [span for span in claims.get(name_key(brand), []) if _belongs(span, airing, fps)]
                if not mine:
                    missed.append((brand, airing[0] / fps, airing[1] / fps))
                    continue
                claimed = min(start for start, _ in mine) * fps, max(end for _, end in mine) * fps
                loose = _widened(airing, there, shot)
                ends += [
                    End(
                        brand=brand,
                        at_s=airing[side] / fps,
                        error_frames=abs(claimed[side] - airing[side]),
                        excess_frames=_outside(claimed[side], airing[side], loose[side]),
                        at_cut=airing[side] == shot[side],
                    )
                    for side in (0, 1)
                    if airing[side] not in (0, count)
                ]
    return Boundaries(ends=tuple(ends), missed=tuple(missed))


def _shots(truth: Mapping[str, Any], fps: float, count: int) -> list[Frames]:
    """Shots as [first, last + 1) frames. They are given as [start_s, end_s] or as {"start_frame"}; a truth without any
    is one shot."""
    starts = {
        int(shot["start_frame"]) if isinstance(shot, Mapping) else round(shot[0] * fps)
        for shot in truth.get("shots", [])
    }
    return list(pairwise(sorted({0, count, *(start for start in starts if 0 < start < count)})))


def _frames_of(key: str, frames: Sequence[Sequence[Mapping[str, Any]]]) -> tuple[list[int], set[int]]:
    """The frames in which a brand is readable, and those in which it is there."""
    readable: list[int] = []
    there: set[int] = set()
    for number, instances in enumerate(frames):
        mine = [one for one in instances if one["visible"] > ANY_VISIBLE and name_key(one["brand"]) == key]
        if mine:
            there.add(number)
        if any(map(is_readable, mine)):
            readable.append(number)
    return readable, there


def _airings(readable: Iterable[int], shot: Frames, fps: float) -> list[Frames]:
    found: list[Frames] = []
    for number in readable:
        if not shot[0] <= number < shot[1]:
            continue
        if found and number - found[-1][1] <= _BRIDGE_S * fps:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return [(start, end) for start, end in found if end - start >= _LEAST_S * fps]


def _belongs(span: Span, airing: Frames, fps: float) -> bool:
    start, end = span[0] * fps, span[1] * fps
    shared = min(end, airing[1]) - max(start, airing[0])
    return shared > 0 and 2 * shared >= min(end - start, airing[1] - airing[0])


def _widened(airing: Frames, there: set[int], shot: Frames) -> Frames:
    """The airing with the frames before and after it in which the brand is there all the same."""
    start, end = airing
    while start - 1 >= shot[0] and start - 1 in there:
        start -= 1
    while end < shot[1] and end in there:
        end += 1
    return start, end


def _outside(claimed: float, sure: int, loose: int) -> float:
    low, high = min(sure, loose), max(sure, loose)
    return max(0.0, low - claimed, claimed - high)
