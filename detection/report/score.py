"""Score a report against ground truth.

Truth comes in two forms. Frames: {"fps", "brands": [name …], "frames": [[{"brand", "quad", "visible", "height_px",
"blur_px", "mode": "word" | "icon" | "both"} …] …]}, one list per video frame. Intervals: {"duration_s", "present":
{brand: [[start_s, end_s] …]}, "ignored": {…}, "never": [brand …], "complete", "tolerance_s"}.

A frame shows a brand readably when an instance is visible by 60 %, 14 px high, blurred by no more than 6 px and has its
name written out. Time is cut into bins. A bin is present when at least half of it is readable (intervals: all of it),
it counts neither way when the brand is there but not so, else it is absent. A report claims a bin when its events
cover at least half of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from mpr.errors import BadInput

MIN_VISIBLE, MIN_HEIGHT_PX, MAX_BLUR_PX = 0.6, 14, 6

# An instance of which less than this is visible is not there.
_ANY_VISIBLE = 0.05
# Stretches this close together are one when their ends are compared; cuts and single misses part events, not stretches.
_JOIN_S = 1.0
_WHOLE = 0.999
_HALF = 0.5 - 1e-9

Span = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Score:
    """Precision, recall and F1 over (brand, bin) pairs. `airtime_error` is the mean over brands of
    |claimed − true| / true; `boundary_error_s` the mean distance between the ends of a true stretch and of what the
    report claims of it, `boundary_error_frames` the same in video frames. None where there is nothing to measure.
    `unknown_brands` are claimed and not in the truth; they count as false where the truth is complete."""

    f1: float
    precision: float
    recall: float
    airtime_error: float | None
    boundary_error_s: float | None
    boundary_error_frames: float | None
    present_bins: int
    false_bins: int
    unknown_brands: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Truth:
    """Of one brand: when it is surely readable, when it is there at all, and which share of a bin must be readable."""

    readable: list[Span]
    there: list[Span]
    needed: float

    def state(self, start_s: float, end_s: float) -> bool | None:
        """Present, absent, or None for neither."""
        if _covered(self.readable, start_s, end_s) >= self.needed * (end_s - start_s):
            return True
        return None if _covered(self.there, start_s, end_s) > 0 else False


def score(report: Mapping[str, Any], truth: Mapping[str, Any], bin_s: float = 0.5) -> Score:
    """Compare `brands[].events[]` of a report.json with a truth of either form. Raises BadInput for another form."""
    if "frames" in truth:
        fps = float(truth["fps"])
        bin_s = max(1, round(bin_s * fps)) / fps
        bins = ceil(len(truth["frames"]) / fps / bin_s - 1e-9)
        brands, complete = _from_frames(truth, fps), True
        length_s = len(truth["frames"]) / fps
    elif "present" in truth:
        fps = float(report.get("video", {}).get("fps", 0))
        length_s = float(truth["duration_s"])
        bins = int(length_s / bin_s)
        brands, complete = _from_intervals(truth), bool(truth.get("complete"))
    else:
        raise BadInput("The truth has neither “frames” nor “present”; give it in one of the two forms.")
    claims: dict[str, list[Span]] = {}
    for row in report["brands"]:
        spans = [(float(event["start_s"]), float(event["end_s"])) for event in row["events"]]
        claims.setdefault(name_key(row["brand"]), []).extend(spans)
    edges = [(number * bin_s, min((number + 1) * bin_s, max(length_s, bins * bin_s))) for number in range(bins)]
    return _tally(brands, {key: _joined(spans, 0.0) for key, spans in claims.items()}, edges, complete, fps)


def name_key(name: str) -> str:
    """A brand's name without case, spaces and signs."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _tally(
    brands: Mapping[str, _Truth], claims: Mapping[str, list[Span]], edges: list[Span], complete: bool, fps: float
) -> Score:
    hits = misses = false = 0
    airtime: list[float] = []
    ends: list[float] = []
    for key, truth in brands.items():
        spans = claims.get(key, [])
        counted = [(state, _claims(spans, bin_)) for bin_ in edges if (state := truth.state(*bin_)) is not None]
        present = sum(state for state, _ in counted)
        claimed = sum(said for _, said in counted)
        right = sum(state and said for state, said in counted)
        hits, misses, false = hits + right, misses + present - right, false + claimed - right
        if present:
            airtime.append(abs(claimed - present) / present)
        ends += _end_errors(truth, spans)
    unknown = {
        key: said for key in claims if key not in brands and (said := sum(_claims(claims[key], b) for b in edges))
    }
    false += sum(unknown.values()) if complete else 0
    error_s = _mean(ends)
    return Score(
        f1=2 * hits / (2 * hits + misses + false) if hits else 0.0,
        precision=hits / (hits + false) if hits else 0.0,
        recall=hits / (hits + misses) if hits else 0.0,
        airtime_error=_mean(airtime),
        boundary_error_s=error_s,
        boundary_error_frames=error_s * fps if error_s is not None and fps else None,
        present_bins=hits + misses,
        false_bins=false,
        unknown_brands=tuple(sorted(unknown)),
    )


def _from_frames(truth: Mapping[str, Any], fps: float) -> dict[str, _Truth]:
    readable: dict[str, set[int]] = {name_key(brand): set() for brand in truth["brands"]}
    there: dict[str, set[int]] = {key: set() for key in readable}
    for number, instances in enumerate(truth["frames"]):
        for instance in instances:
            key = name_key(instance["brand"])
            if key in there and instance["visible"] > _ANY_VISIBLE:
                there[key].add(number)
                if _is_readable(instance):
                    readable[key].add(number)
    return {
        key: _Truth(readable=_stretches(readable[key], fps), there=_stretches(there[key], fps), needed=_HALF)
        for key in readable
    }


def _is_readable(instance: Mapping[str, Any]) -> bool:
    return bool(
        instance["visible"] >= MIN_VISIBLE
        and instance["height_px"] >= MIN_HEIGHT_PX
        and instance["blur_px"] <= MAX_BLUR_PX
        and instance["mode"] != "icon"
    )


def _stretches(numbers: Iterable[int], fps: float) -> list[Span]:
    return _joined([(number / fps, (number + 1) / fps) for number in numbers], 1e-6)


def _from_intervals(truth: Mapping[str, Any]) -> dict[str, _Truth]:
    slack_s = float(truth.get("tolerance_s", 0.3))
    present, ignored = truth["present"], truth.get("ignored", {})
    names = [*present, *(name for name in ignored if name not in present), *truth.get("never", [])]
    brands: dict[str, _Truth] = {}
    for name in names:
        sure = [(start + (slack_s if start > 0 else 0), end - slack_s) for start, end in present.get(name, [])]
        # What is only ever ignored is given without slack: its edges are already generous.
        margin_s = slack_s if name in present else 0.0
        loose = [(start - margin_s, end + margin_s) for start, end in [*present.get(name, []), *ignored.get(name, [])]]
        brands.setdefault(
            name_key(name),
            _Truth(readable=_joined([s for s in sure if s[1] > s[0]], 0.0), there=_joined(loose, 0.0), needed=_WHOLE),
        )
    return brands


def _end_errors(truth: _Truth, claims: Sequence[Span]) -> list[float]:
    """For each true stretch that is claimed at all, how far the claim's two ends lie from where they may."""
    errors = []
    joined = _joined(claims, _JOIN_S)
    for start_s, end_s in _joined(truth.readable, _JOIN_S):
        touching = [span for span in joined if span[0] < end_s and span[1] > start_s]
        if touching:
            first_s = min([span[0] for span in truth.there if span[0] <= start_s <= span[1]], default=start_s)
            last_s = max([span[1] for span in truth.there if span[0] <= end_s <= span[1]], default=end_s)
            errors.append(max(0.0, first_s - touching[0][0], touching[0][0] - start_s))
            errors.append(max(0.0, end_s - touching[-1][1], touching[-1][1] - last_s))
    return errors


def _joined(spans: Iterable[Span], gap_s: float) -> list[Span]:
    """Sorted, disjoint spans; what lies at most `gap_s` apart becomes one."""
    joined: list[Span] = []
    for start_s, end_s in sorted(spans):
        if joined and start_s - joined[-1][1] <= gap_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_s))
        else:
            joined.append((start_s, end_s))
    return joined


def _covered(spans: Sequence[Span], start_s: float, end_s: float) -> float:
    return sum(max(0.0, min(end_s, span[1]) - max(start_s, span[0])) for span in spans)


def _claims(spans: Sequence[Span], bin_: Span) -> bool:
    return _covered(spans, *bin_) >= _HALF * (bin_[1] - bin_[0])


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
