"""What a report is worth against a clip's truth, in the numbers of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from benchmarks.accuracy.clips import Clip
from benchmarks.accuracy.runs import Run
from benchmarks.engine.rows import quantile
from detection.report.boundaries import End, boundaries
from detection.report.score import Score, score


@dataclass(frozen=True, kw_only=True)
class Marks:
    """`airings` counts the report's events. `is_empty` says that the clip shows no brand, not even a small or blurred
    one. Boundaries are known where the clip's truth is told for every frame."""

    score: Score
    airings: int
    is_empty: bool
    ends: tuple[End, ...] = ()
    missed: tuple[tuple[str, float, float], ...] = ()


def mark(run: Run, clip: Clip) -> Marks:
    airings = sum(len(row["events"]) for row in run.report["brands"])
    marks = score(run.report, clip.truth)
    if not clip.is_exact:
        empty = not any(clip.truth[kind] for kind in ("present", "ignored") if kind in clip.truth)
        return Marks(score=marks, airings=airings, is_empty=empty)
    found = boundaries(run.report, clip.truth)
    return Marks(
        score=marks, airings=airings, is_empty=not any(clip.truth["frames"]), ends=found.ends, missed=found.missed
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Errors of so many ends, in frames; None where there is none."""

    count: int
    median: float | None
    p90: float | None


def spread(errors: list[float]) -> Spread:
    if not errors:
        return Spread(count=0, median=None, p90=None)
    return Spread(count=len(errors), median=median(errors), p90=quantile(errors, 0.9))
