"""What was measured, as tables and goals."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from benchmarks.engine.tables import Goal, Sheet
from benchmarks.logos.measure import MODERATE_BLUR, Measured
from benchmarks.logos.scenes import BLURS, SHOWING, SIZES_PX

LEAST_PX = 32
RECALL, FALSE_SHARE, _SECONDS = 0.9, 0.01, 0.1
# Stages look at a frame on every core at the same time.
_CORES = 2


def sheets(found: Mapping[str, Measured]) -> list[Sheet]:
    """All methods in one table, then each one's recall by size and blur."""
    rows = [
        (
            name, one.recall(least_px=LEAST_PX, most_blur=MODERATE_BLUR).recall, one.precision, one.false_share,
            ", ".join(f"{kind} {count}/{one.pictures[kind]}" for kind, count in one.false.items() if count) or "none",
            median(one.cpu_seconds), median(one.seconds),
        )
        for name, one in found.items()
    ]  # fmt: skip
    columns = (
        "",
        f"recall from {LEAST_PX} px, moderate blur",
        "precision",
        "false pictures",
        "of these",
        "CPU s a picture",
        "s a picture",
    )
    return [
        Sheet(title="Finding logos from one picture of each", columns=columns, rows=rows, digits=3),
        *(_cells(name, one) for name, one in found.items()),
    ]


def growth_sheet(growth: Mapping[int, float]) -> Sheet:
    return Sheet(
        title="Growth with the number of exemplars", columns=("exemplars", "CPU s a picture"),
        rows=list(growth.items()), digits=3,
    )  # fmt: skip


def goals(one: Measured, growth: Mapping[int, float]) -> list[Goal]:
    """Recall, false pictures and time beside what they should be."""
    recall = one.recall(least_px=LEAST_PX, most_blur=MODERATE_BLUR)
    seconds = growth[sorted(growth)[1]] / _CORES
    told = f"{recall.recall:.3f} of {recall.asked}"
    false = one.false_share
    return [
        Goal(says=f"recall from {LEAST_PX} px, moderate blur ≥ {RECALL}", found=told, met=recall.recall >= RECALL),
        Goal(says=f"false pictures ≤ {FALSE_SHARE:.0%}", found=f"{false:.1%}", met=false <= FALSE_SHARE),
        Goal(
            says=f"a picture with 100 exemplars, {_CORES} cores busy ≤ {_SECONDS} s",
            found=f"{seconds:.3f} s",
            met=seconds <= _SECONDS,
        ),
    ]


def _cells(name: str, one: Measured) -> Sheet:
    rows = []
    for kind in SHOWING:
        for blur in BLURS:
            cells = [one.cells.get((kind, size, blur)) for size in SIZES_PX]
            rows.append(
                (kind, f"{blur:.2f}", *(f"{cell.recall:.2f} of {cell.asked}" if cell else "" for cell in cells))
            )
    return Sheet(
        title=f"Recall, {name}: by shorter side (px, from) and blur (share of it, to)",
        columns=("scene", "blur", *(f"{size} px" for size in SIZES_PX)), rows=rows,
    )  # fmt: skip
