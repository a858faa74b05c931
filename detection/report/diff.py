"""What changed between two reports on the same footage: seconds gained and lost per brand, and the frames that show it.

A brand's exposure is a set of half-open intervals. What the later report has and the earlier one lacks is gained, the
reverse is lost; the exposure that both have cancels out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

from detection.records import BrandMatch, KeptFrame, Method, Point, Report, Scenes, by_seq
from detection.report.spans import DECIMALS
from mpr.pipeline.frames import Frame

Interval = tuple[float, float]

# Reports round times to this; what differs by less is the same moment.
_SAME_S = 2 * 10**-DECIMALS


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A sighting that shows a brand in a frame; `polygon` is normalised, it stands for [start_s, end_s)."""

    frame: Frame
    start_s: float
    end_s: float
    polygon: tuple[Point, ...]
    text: str
    method: Method
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Exposure that only one of the reports has, with the clearest sighting in it."""

    start_s: float
    end_s: float
    proof: Proof | None


@dataclass(frozen=True, kw_only=True)
class BrandChange:
    """Exposure seconds of a brand in both reports; after_s − before_s = gained_s − lost_s, up to rounding."""

    brand: str
    before_s: float
    after_s: float
    gained_s: float
    lost_s: float
    gained: tuple[Stretch, ...]
    lost: tuple[Stretch, ...]


@dataclass(frozen=True, kw_only=True)
class SettingChange:
    """A setting that differs; None where a report's job does not run the stage."""

    stage: str
    setting: str
    before: Any
    after: Any


@dataclass(frozen=True, kw_only=True)
class Told:
    """A report and the sightings it rests on."""

    report: Report
    proofs: Proofs


@dataclass(frozen=True, kw_only=True)
class Proofs:
    """Sightings by brand, in time order, and their frames. What proves something is made of those alone that are asked
    for: a broadcast has tens of thousands."""

    by_brand: Mapping[str, Sequence[BrandMatch]]
    frames: Mapping[int, KeptFrame]
    longest_s: Mapping[str, float]

    def clearest(self, brand: str, start_s: float, end_s: float) -> Proof | None:
        """The sighting within the stretch that is largest and surest, the first of equals."""
        found = self.by_brand.get(brand, ())
        first = bisect_left(found, start_s - self.longest_s.get(brand, 0.0), key=_start)
        behind = bisect_left(found, end_s - _SAME_S, key=_start)
        within = (match for match in found[first:behind] if match.end_s > start_s + _SAME_S)
        return max((_proof(match, self.frames[match.seq]) for match in within), key=_clearness, default=None)


def proofs(scenes: Scenes, matches: Iterable[BrandMatch]) -> Proofs:
    """The sightings of a job as what may prove its report."""
    found: dict[str, list[BrandMatch]] = {}
    for match in sorted(matches, key=lambda match: (match.start_s, match.seq, match.quad)):
        found.setdefault(match.brand, []).append(match)
    longest_s = {brand: max(match.end_s - match.start_s for match in seen) for brand, seen in found.items()}
    return Proofs(by_brand=found, frames=by_seq(scenes.frames), longest_s=longest_s)


def compare(before: Told, after: Told) -> list[BrandChange]:
    """Every brand that either report names, the most changed first, then by name."""
    then = {brand.brand: brand for brand in before.report.brands}
    now = {brand.brand: brand for brand in after.report.brands}
    changes = []
    for name in sorted({*then, *now}):
        had = then[name].intervals if name in then else []
        has = now[name].intervals if name in now else []
        gained = _stretches(minus(has, had), name, after.proofs)
        lost = _stretches(minus(had, has), name, before.proofs)
        changes.append(
            BrandChange(
                brand=name,
                before_s=then[name].exposure_s if name in then else 0.0,
                after_s=now[name].exposure_s if name in now else 0.0,
                gained_s=_seconds(gained),
                lost_s=_seconds(lost),
                gained=gained,
                lost=lost,
            )
        )
    return sorted(changes, key=lambda change: (-(change.gained_s + change.lost_s), change.brand))


def minus(these: Iterable[Interval], those: Iterable[Interval]) -> list[Interval]:
    """What of these intervals lies in none of those, sorted, without the slivers that rounding leaves. Neither may
    overlap within itself."""
    taken = sorted(those)
    left: list[Interval] = []
    for start_s, end_s in sorted(these):
        at_s = start_s
        for other_start_s, other_end_s in taken[bisect_right(taken, start_s, key=_end) :]:
            if other_start_s >= end_s:
                break
            left.append((at_s, other_start_s))
            at_s = other_end_s
        left.append((at_s, end_s))
    return [(start_s, end_s) for start_s, end_s in left if end_s - start_s > _SAME_S]


def changed_settings(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> list[SettingChange]:
    """Settings by stage that are not the same."""
    return [
        SettingChange(stage=stage, setting=setting, before=then, after=now)
        for stage in dict.fromkeys([*before, *after])
        for setting in dict.fromkeys([*before.get(stage, {}), *after.get(stage, {})])
        if (then := before.get(stage, {}).get(setting)) != (now := after.get(stage, {}).get(setting))
    ]


def _proof(match: BrandMatch, kept: KeptFrame) -> Proof:
    frame = kept.frame
    return Proof(
        frame=frame,
        start_s=match.start_s,
        end_s=match.end_s,
        polygon=tuple((x / frame.width_px, y / frame.height_px) for x, y in match.quad),
        text=match.text,
        method=match.method,
        confidence=match.confidence,
    )


def _stretches(intervals: Iterable[Interval], brand: str, found: Proofs) -> tuple[Stretch, ...]:
    return tuple(
        Stretch(
            start_s=round(start_s, DECIMALS),
            end_s=round(end_s, DECIMALS),
            proof=found.clearest(brand, start_s, end_s),
        )
        for start_s, end_s in intervals
    )


def _clearness(proof: Proof) -> float:
    corners = proof.polygon
    twice_the_area = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(corners, corners[1:] + corners[:1], strict=True))
    return abs(twice_the_area) * proof.confidence


def _start(match: BrandMatch) -> float:
    return match.start_s


def _end(interval: Interval) -> float:
    return interval[1]


def _seconds(stretches: Iterable[Stretch]) -> float:
    return round(fsum(stretch.end_s - stretch.start_s for stretch in stretches), DECIMALS)
