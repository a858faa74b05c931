"""`python -m benchmarks.report.truth REPORT.json TRUTH.json`: every metric of a report beside the one that follows from
what was drawn.

The truth is of the frames form of detection.report.score: every instance of every video frame. The metrics of
docs/metrics.md are worked out from it frame by frame, in the plainest way and by none of the report's own code: an
instance counts when its name is written out, it is not smeared beyond reading, and it has the least area and visible
share of the report's settings; it lasts for its video frame. Clarity has no truth: compute the report with
`--set quality_clarity_exponent=0` to compare quality.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry import Polygon, box
from shapely.ops import unary_union

from detection.report.score import MAX_BLUR_PX, name_key

_FRAME = box(0, 0, 1, 1)
_THIRDS = [box(column / 3, row / 3, (column + 1) / 3, (row + 1) / 3) for row in range(3) for column in range(3)]
_SIGMA = 0.3
_GRID = 12


@dataclass
class TrueBrand:
    """What was drawn of a brand, in the units of a report's brand."""

    exposure_s: float = 0.0
    solus_s: float = 0.0
    asset_s: float = 0.0
    area_seconds: float = 0.0
    max_area_share: float = 0.0
    position_s: float = 0.0
    visible_s: float = 0.0
    brands_visible_s: float = 0.0
    concurrent_s: float = 0.0
    quality_s: float = 0.0
    zone_seconds: list[float] = field(default_factory=lambda: [0.0] * 9)
    placement_seconds: dict[str, float] = field(default_factory=dict)
    frames: list[int] = field(default_factory=list)


def true_brands(truth: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, TrueBrand]:
    """By the key of its name every brand that was readable at any time."""
    brands: dict[str, TrueBrand] = {}
    size, w = np.array([truth["width"], truth["height"]], float), 1.0 / truth["fps"]
    for number, instances in enumerate(truth["frames"]):
        shown: dict[str, list[tuple[Any, Mapping[str, Any]]]] = {}
        for one in instances:
            if one["mode"] == "icon" or one["blur_px"] > MAX_BLUR_PX:
                continue
            shape = Polygon(np.array(one["quad"]) / size).buffer(0).intersection(_FRAME)
            if shape.area >= settings["min_area_share"] and one["visible"] >= settings["min_visible_share"]:
                shown.setdefault(name_key(one["brand"]), []).append((shape, one))
        for name, some in shown.items():
            _add(brands.setdefault(name, TrueBrand()), some, len(shown), w, settings)
            brands[name].frames.append(number)
    return brands


def _add(
    brand: TrueBrand, some: Sequence[tuple[Any, Mapping[str, Any]]], at_once: int, w: float, settings: Mapping[str, Any]
) -> None:
    union = unary_union([shape for shape, _ in some])
    areas = np.array([shape.area for shape, _ in some])
    weights = np.array([_position(shape) for shape, _ in some])
    visible = np.array([one["visible"] for _, one in some])
    brand.exposure_s += w
    brand.solus_s += w * (at_once == 1)
    brand.asset_s += w * len(some)
    brand.area_seconds += w * union.area
    brand.max_area_share = max(brand.max_area_share, union.area)
    brand.position_s += w * float((weights * areas).sum() / areas.sum())
    brand.visible_s += w * float((visible * areas).sum() / areas.sum())
    brand.brands_visible_s += w * at_once
    brand.concurrent_s += w / at_once
    size = np.minimum(1, areas / settings["large_area_share"]) ** settings["quality_size_exponent"]
    quality = size * weights ** settings["quality_position_exponent"] * visible ** settings["quality_visible_exponent"]
    brand.quality_s += w * float(quality.max()) * at_once ** -settings["quality_clutter_exponent"]
    for zone, third in enumerate(_THIRDS):
        brand.zone_seconds[zone] += w * union.intersection(third).area / union.area
    for placement in {one["placement"] for _, one in some}:
        brand.placement_seconds[placement] = brand.placement_seconds.get(placement, 0.0) + w


def _position(shape: Any) -> float:
    """π by a grid of points over the outline's bounds."""
    left, top, right, bottom = shape.bounds
    steps = (np.arange(_GRID) + 0.5) / _GRID
    x, y = np.meshgrid(left + steps * (right - left), top + steps * (bottom - top))
    return float(np.exp(-((x - 0.5) ** 2 + (y - 0.5) ** 2) / (2 * _SIGMA**2)).mean())


def event_count(brand: TrueBrand, truth: Mapping[str, Any], settings: Mapping[str, Any]) -> int:
    """Runs within shots, short gaps bridged, of the least length or filling their shot."""
    fps = truth["fps"]
    starts = sorted(round(shot[0] * fps) for shot in truth["shots"])
    found = 0
    for _, of_shot in groupby(brand.frames, key=lambda frame: int(np.searchsorted(starts, frame, side="right"))):
        frames = np.array(list(of_shot))
        cuts = np.flatnonzero(np.diff(frames) - 1 > settings["bridge_s"] * fps)
        for run in np.split(frames, cuts + 1):
            found += bool((run[-1] - run[0] + 1) / fps >= settings["min_event_s"])
    return found


def table(report: Mapping[str, Any], truth: Mapping[str, Any]) -> list[tuple[str, float, float, float]]:
    """Rows of metric, what the report says, what is true (both over all brands), and the mean distance between the two
    brand by brand."""
    settings = report["settings"]
    true = true_brands(truth, settings)
    said = {name_key(brand["brand"]): brand for brand in report["brands"]}
    names = sorted({*true, *said})
    whole = {name: true[name].exposure_s for name in true}
    rows: list[tuple[str, float, float, float]] = []

    def row(
        metric: str, of_report: Callable[[Any], float], of_truth: Callable[[TrueBrand], float], *, mean: bool = False
    ) -> None:
        pairs = [
            (of_report(said[name]) if name in said else 0.0, of_truth(true[name]) if name in true else 0.0)
            for name in names
            if not mean or (name in said and name in true)
        ]
        values = np.array(pairs, float).reshape(-1, 2)
        if not len(values):
            return
        total = values.mean(axis=0) if mean else values.sum(axis=0)
        rows.append((metric, float(total[0]), float(total[1]), float(np.abs(values[:, 0] - values[:, 1]).mean())))

    every_s = sum(whole.values())
    row("exposure seconds", lambda one: one["exposure_s"], lambda one: one.exposure_s)
    row("exposure, low bound", lambda one: one["exposure_low_s"], lambda one: one.exposure_s)
    row("exposure, high bound", lambda one: one["exposure_high_s"], lambda one: one.exposure_s)
    row("asset seconds", lambda one: sum(one["asset_seconds"].values()), lambda one: one.asset_s)
    for kind in ("board", "jersey", "backdrop", "graphic", "ad", "other"):
        row(
            f"placement seconds, {kind}",
            lambda one, kind=kind: one["placement_seconds"].get(kind, 0.0),
            lambda one, kind=kind: one.placement_seconds.get(kind, 0.0),
        )
    row("events", lambda one: one["event_count"], lambda one: event_count(one, truth, settings))
    row("area-seconds", lambda one: one["area_seconds"], lambda one: one.area_seconds)
    row("mean area share", lambda one: one["mean_area_share"], lambda one: one.area_seconds / one.exposure_s, mean=True)
    row("largest area share", lambda one: one["max_area_share"], lambda one: one.max_area_share, mean=True)
    row("position", lambda one: one["position"], lambda one: one.position_s / one.exposure_s, mean=True)
    row("visible share", lambda one: one["visible_share"], lambda one: one.visible_s / one.exposure_s, mean=True)
    for zone in range(9):
        row(
            f"seconds in zone {zone + 1}",
            lambda one, zone=zone: one["zone_seconds"][zone],
            lambda one, zone=zone: one.zone_seconds[zone],
        )
    row("solus seconds", lambda one: one["solus_s"], lambda one: one.solus_s)
    row(
        "brands at once", lambda one: one["mean_brands_visible"], lambda one: one.brands_visible_s / one.exposure_s,
        mean=True,
    )  # fmt: skip
    row("share of voice by time", lambda one: one["share_of_voice"], lambda one: one.exposure_s / every_s)
    area_s, concurrent_s = (
        sum(getattr(one, name) for one in true.values()) for name in ("area_seconds", "concurrent_s")
    )
    row("share of voice by area", lambda one: one["area_share_of_voice"], lambda one: one.area_seconds / area_s)
    row(
        "share of voice, concurrent", lambda one: one["concurrent_share_of_voice"],
        lambda one: one.concurrent_s / concurrent_s,
    )  # fmt: skip
    row("quality seconds", lambda one: one["quality_s"], lambda one: one.quality_s)
    row("quality index", lambda one: one["quality_index"], lambda one: one.quality_s / one.exposure_s, mean=True)
    if settings["audience_viewers"] and settings["cpm30_price"]:
        viewers, price = settings["audience_viewers"], settings["cpm30_price"]
        row("impressions", lambda one: one["impressions"], lambda one: one.exposure_s / 30 * viewers)
        row("gross value", lambda one: one["gross_value"], lambda one: one.exposure_s / 30 * viewers / 1000 * price)
        row("net value", lambda one: one["net_value"], lambda one: one.quality_s / 30 * viewers / 1000 * price)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("truth", type=Path)
    given = parser.parse_args()
    print("| metric | computed | true | mean distance by brand |\n|---|---:|---:|---:|")
    for metric, said, true, apart in table(json.loads(given.report.read_text()), json.loads(given.truth.read_text())):
        print(f"| {metric} | {said:.4g} | {true:.4g} | {apart:.3g} |")


if __name__ == "__main__":
    main()
