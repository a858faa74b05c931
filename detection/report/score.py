"""Score a report against ground truth.

Truth comes in two forms. Frames: {"fps", "brands": [name …], "frames": [[{"brand", "quad", "visible", "height_px",
"blur_px", "mode": "word" | "icon" | "both"} …] …]}, one list per video frame. Intervals: {"duration_s", "present":
{brand: [[start_s, end_s] …]}, "ignored": {…}, "never": [brand …], "complete", "tolerance_s"}.

A frame shows a brand readably when an instance is visible by 60 %, 14 px high, blurred by no more than 6 px and has its
name written out. Time is cut into bins. A bin is present when at least half of it is readable (intervals: all of it),
it counts neither way when the brand is there but not so, else it is absent. A report claims a bin when one of its
events covers at least half of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from mpr.errors import BadInput

MIN_VISIBLE, MIN_HEIGHT_PX, MAX_BLUR_PX = 0.6, 14, 6
# An instance of which no more than this is visible is not there.
ANY_VISIBLE = 0.05

_WHOLE = 0.999

Span = tuple[float, float]
# Of one brand and bin: present, absent, or None for neither.
State = bool | None


@dataclass(frozen=True, kw_only=True)
class Score:
    """Precision, recall and F1 over (brand, bin) pairs. `airtime_error` is the mean over brands of
    |claimed − true| / true; None where there is nothing to measure. `unknown_brands` are claimed and not in the truth;
    they count as false where the truth is complete."""

    f1: float
    precision: float
    recall: float
    airtime_error: float | None
    present_bins: int
    false_bins: int
    unknown_brands: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Truth:
    """What each brand's bins are, and whether every brand on screen is known."""

    states: dict[str, list[State]]
    bin_s: float
    complete: bool

    @property
    def bins(self) -> int:
        return max(map(len, self.states.values()), default=0)


def score(report: Mapping[str, Any], truth: Mapping[str, Any], bin_s: float = 0.5) -> Score:
    """Compare `brands[].events[]` of a report.json with a truth of either form. Raises BadInput for another form."""
    if "frames" in truth:
        known = _from_frames(truth, bin_s)
    elif "present" in truth:
        known = _from_intervals(truth, bin_s)
    else:
        raise BadInput("The truth has neither “frames” nor “present”; give it in one of the two forms.")
    return _tally(known, {key: _claimed(spans, known) for key, spans in claimed_spans(report).items()})


def claimed_spans(report: Mapping[str, Any]) -> dict[str, list[Span]]:
    """The events of a report.json by name_key of their brand."""
    spans: dict[str, list[Span]] = {}
    for row in report["brands"]:
        events = [(float(event["start_s"]), float(event["end_s"])) for event in row["events"]]
        spans.setdefault(name_key(row["brand"]), []).extend(events)
    return spans


def name_key(name: str) -> str:
    """A brand's name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def is_readable(instance: Mapping[str, Any]) -> bool:
    """Whether an instance of the frames form can be read by a viewer."""
    return bool(
        instance["visible"] >= MIN_VISIBLE
        and instance["height_px"] >= MIN_HEIGHT_PX
        and instance["blur_px"] <= MAX_BLUR_PX
        and instance["mode"] != "icon"
    )


def _tally(truth: _Truth, claims: Mapping[str, list[bool]]) -> Score:
    hits = misses = false = 0
    airtime: list[float] = []
    for key, states in truth.states.items():
        said = claims.get(key, [False] * truth.bins)
        counted = [(state, claim) for state, claim in zip(states, said, strict=False) if state is not None]
        present, claimed = sum(state for state, _ in counted), sum(claim for _, claim in counted)
        right = sum(state and claim for state, claim in counted)
        hits, misses, false = hits + right, misses + present - right, false + claimed - right
        if present:
            airtime.append(abs(claimed - present) / present)
    unknown = {key: sum(said) for key, said in claims.items() if key not in truth.states and any(said)}
    false += sum(unknown.values()) if truth.complete else 0
    precision = hits / (hits + false) if hits else 0.0
    recall = hits / (hits + misses) if hits else 0.0
    return Score(
        f1=2 * precision * recall / (precision + recall) if hits else 0.0,
        precision=precision,
        recall=recall,
        airtime_error=sum(airtime) / len(airtime) if airtime else None,
        present_bins=hits + misses,
        false_bins=false,
        unknown_brands=tuple(sorted(unknown)),
    )


def _claimed(spans: Sequence[Span], truth: _Truth) -> list[bool]:
    width_s = truth.bin_s
    return [
        any(min((number + 1) * width_s, end) - max(number * width_s, start) >= width_s / 2 for start, end in spans)
        for number in range(truth.bins)
    ]


def _from_frames(truth: Mapping[str, Any], bin_s: float) -> _Truth:
    fps, frames = float(truth["fps"]), truth["frames"]
    per_bin = max(1, round(bin_s * fps))
    bins = ceil(len(frames) / per_bin)
    keys = [name_key(brand) for brand in truth["brands"]]
    readable = {key: [0] * bins for key in keys}
    there = {key: [False] * bins for key in keys}
    for number, instances in enumerate(frames):
        seen = [(name_key(one["brand"]), one) for one in instances if one["visible"] > ANY_VISIBLE]
        for key in {key for key, _ in seen} & readable.keys():
            there[key][number // per_bin] = True
            readable[key][number // per_bin] += any(is_readable(one) for name, one in seen if name == key)
    # The last bin may be shorter.
    lengths = [min(per_bin, len(frames) - first) for first in range(0, len(frames), per_bin)]
    states = {
        key: [
            True if 2 * count >= length else (None if seen else False)
            for count, seen, length in zip(readable[key], there[key], lengths, strict=True)
        ]
        for key in keys
    }
    return _Truth(states=states, bin_s=per_bin / fps, complete=True)


def _from_intervals(truth: Mapping[str, Any], bin_s: float) -> _Truth:
    slack_s = float(truth.get("tolerance_s", 0.3))
    bins = [(number * bin_s, (number + 1) * bin_s) for number in range(int(truth["duration_s"] / bin_s))]
    present, ignored = truth["present"], truth.get("ignored", {})
    states: dict[str, list[State]] = {}
    for name, spans in present.items():
        sure = [(start + (slack_s if start > 0 else 0), end - slack_s) for start, end in spans]
        loose = [(start - slack_s, end + slack_s) for start, end in [*spans, *ignored.get(name, [])]]
        states[name_key(name)] = [
            True if _overlap_s(sure, bin_) >= bin_s * _WHOLE else _unless_touched(loose, bin_) for bin_ in bins
        ]
    for name, spans in ignored.items():
        # What is only ever ignored is given without slack: its edges are already generous.
        states.setdefault(name_key(name), [_unless_touched(spans, bin_) for bin_ in bins])
    for name in truth.get("never", []):
        states.setdefault(name_key(name), [False] * len(bins))
    return _Truth(states=states, bin_s=bin_s, complete=bool(truth.get("complete")))


def _unless_touched(spans: Sequence[Sequence[float]], bin_: Span) -> State:
    return None if any(min(bin_[1], end) > max(bin_[0], start) for start, end in spans) else False


def _overlap_s(spans: Sequence[Span], bin_: Span) -> float:
    return sum(max(0.0, min(bin_[1], end) - max(bin_[0], start)) for start, end in spans)
