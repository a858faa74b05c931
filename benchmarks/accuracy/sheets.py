"""The tables and goals of the benchmark, from what was measured of each clip."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from benchmarks.accuracy.clips import Clip
from benchmarks.accuracy.marks import Marks, spread
from benchmarks.accuracy.runs import Run
from benchmarks.engine.tables import Goal, Sheet

_NONE = "–"
Cell = str | float | int


@dataclass(frozen=True, kw_only=True)
class Result:
    """One clip: what MPR made of it, and the script unless it was left out. `decoding_s` is the CPU time of decoding
    the clip and nothing else."""

    clip: Clip
    duration_s: float
    decoding_s: float
    run: Run
    marks: Marks
    script_run: Run | None = None
    script_marks: Marks | None = None

    @property
    def gain(self) -> float | None:
        """How many times the script's time MPR's goes into; None without a script, or where MPR failed."""
        return self.script_run.total_s / self.run.total_s if self.script_run and self.run.total_s else None

    @property
    def cpu_gain(self) -> float | None:
        return self.script_run.cpu_s / self.run.cpu_s if self.script_run and self.run.cpu_s else None

    @property
    def extraction(self) -> float | None:
        """CPU time of extract_frames over that of bare decoding."""
        cost = self.run.stages.get("extract_frames")
        return cost.cpu_s / self.decoding_s if cost and cost.cpu_s and self.decoding_s else None


def sheets(results: Sequence[Result]) -> list[Sheet]:
    shown = [_accuracy(results), _cost(results), _stages(results)]
    exact = [result for result in results if result.clip.is_exact]
    return [*shown[:1], _boundaries(exact), *shown[1:]] if exact else shown


def _accuracy(results: Sequence[Result]) -> Sheet:
    """Clips on which nothing can be read have no F1, only false airings, and do not count in the mean."""

    def cells(marks: Marks | None) -> list[Cell]:
        if marks is None:
            return [_NONE] * 5
        found = marks.score
        if not found.present_bins:
            return [_NONE, _NONE, _NONE, _NONE, found.false_bins]
        return [found.f1, found.precision, found.recall, _or_none(found.airtime_error), found.false_bins]

    rows = [
        [
            result.clip.name + (" (failed)" if result.run.error else ""),
            *cells(result.marks),
            *cells(result.script_marks),
        ]
        for result in results
    ]
    return Sheet(
        title="Accuracy: MPR, then the script",
        columns=["clip", *("F1", "precision", "recall", "airtime error", "false bins") * 2],
        rows=[*rows, _mean_row(rows)], digits=3,
    )  # fmt: skip


def _boundaries(results: Sequence[Result]) -> Sheet:
    """Over all ends; over those that are not at a cut; and over all of them, less what is a matter of taste."""

    def cells(many: Iterable[Marks | None]) -> list[Cell]:
        known = [marks for marks in many if marks is not None]
        ends = [end for marks in known for end in marks.ends]
        row: list[Cell] = [len(ends)]
        for errors in (
            [end.error_frames for end in ends],
            [end.error_frames for end in ends if not end.at_cut],
            [end.excess_frames for end in ends],
        ):
            found = spread(errors)
            row += [_or_none(found.median), _or_none(found.p90)]
        return [*row, sum(len(marks.missed) for marks in known)] if known else [_NONE] * 8

    rows = [[result.clip.name, *cells([result.marks]), *cells([result.script_marks])] for result in results]
    rows.append(["all", *cells(r.marks for r in results), *cells(r.script_marks for r in results)])
    columns = ("ends", "median", "p90", "median*", "p90*", "median°", "p90°", "missed")
    return Sheet(
        title="Where airings begin and end: error in frames; * within shots only, ° beyond doubt. MPR, then the script",
        columns=["clip", *columns * 2], rows=rows,
    )  # fmt: skip


def _cost(results: Sequence[Result]) -> Sheet:
    def cells(run: Run | None, duration_s: float) -> list[Cell]:
        if run is None:
            return [_NONE] * 4
        return [run.total_s, run.total_s / duration_s, run.cpu_s, run.peak_bytes / 2**20]

    rows = [
        [result.clip.name, result.duration_s, *cells(result.run, result.duration_s),
         *cells(result.script_run, result.duration_s), _or_none(result.gain), _or_none(result.cpu_gain),
         _or_none(result.extraction)]
        for result in results
    ]  # fmt: skip
    columns = ("s", "s per s", "CPU s", "peak MB")
    return Sheet(
        title="Cost: MPR, then the script; how many times faster; extract_frames over bare decoding (CPU)",
        columns=["clip", "length s", *columns * 2, "faster", "by CPU", "extraction"],
        rows=[*rows, _middle_row(rows)], digits=2,
    )  # fmt: skip


def _stages(results: Sequence[Result]) -> Sheet:
    """Seconds of computing in MPR's stages, of all clips: per second of footage, and their share."""
    footage_s = sum(result.duration_s for result in results)
    names = list(dict.fromkeys(name for result in results for name in result.run.stages))
    totals = {}
    for name in names:
        costs = [result.run.stages[name] for result in results if name in result.run.stages]
        totals[name] = [sum(getattr(cost, kind) for cost in costs) for kind in ("wall_s", "run_s", "cpu_s")]
    run_s = sum(total[1] for total in totals.values()) or 1.0
    return Sheet(
        title="MPR by stage, over all clips: from first to last shard, sum over shards, CPU; ms per second of footage",
        columns=["stage", "wall s", "run s", "CPU s", "share %", "wall ms/s", "CPU ms/s"],
        rows=[
            [name, *total, 100 * total[1] / run_s, 1e3 * total[0] / footage_s, 1e3 * total[2] / footage_s]
            for name, total in totals.items()
        ], digits=2,
    )  # fmt: skip


def goals(results: Sequence[Result]) -> list[Goal]:
    """Those of docs/benchmarks.md that these clips can say something about."""
    full = [result for result in results if result.marks.score.present_bins]
    empty = [result for result in results if result.marks.is_empty]
    found: list[Goal] = []
    for kind, least, exact in (("hand-made truth", 0.95, False), ("exact truth", 0.98, True)):
        mine = [result for result in full if result.clip.is_exact == exact]
        if mine:
            found.append(_mean_goal(mine, f"mean F1 over clips with {kind} ≥ {least}", least, lambda m: m.score.f1))
    if full:
        found.append(_mean_goal(full, "mean precision ≥ 0.98", 0.98, lambda m: m.score.precision))
    ends = [end.error_frames for result in results for end in result.marks.ends]
    if ends:
        middle = median(ends)
        found.append(Goal(says="median boundary error ≤ 2 frames", found=f"{middle:.2f}", met=middle <= 2))
    if empty:
        false = [r.clip.name for r in empty if r.marks.airings]
        found.append(
            Goal(
                says=f"no airings on the {len(empty)} clips without brands",
                found=f"{sum(r.marks.airings for r in empty)} {' '.join(false)}".strip(), met=not false,
            )
        )  # fmt: skip
    below = [r.clip.name for r in full if r.script_marks and r.marks.score.f1 < r.script_marks.score.f1]
    if any(result.script_marks for result in full):
        found.append(Goal(says="no clip below the script", found=" ".join(below) or "none", met=not below))
    gains = [result.gain for result in results if result.gain]
    if gains:
        middle = median(gains)
        found.append(Goal(says="median of script / MPR ≥ 5", found=f"{middle:.2f}", met=middle >= 5))
    ratios = [result.extraction for result in results if result.extraction]
    if ratios:
        middle = median(ratios)
        found.append(Goal(says="extract_frames ≤ 1.3 × bare decoding", found=f"{middle:.2f}", met=middle <= 1.3))
    return found


def _mean_goal(results: Sequence[Result], says: str, least: float, of: Callable[[Marks], float]) -> Goal:
    values = {result.clip.name: of(result.marks) for result in results}
    mean, worst = fmean(values.values()), min(values, key=lambda name: values[name])
    return Goal(says=says, found=f"{mean:.4f} (worst {worst}: {values[worst]:.4f})", met=mean >= least)


def _mean_row(rows: Sequence[Sequence[Cell]]) -> list[Cell]:
    """The mean of every column; of whole numbers, the sum."""
    columns = list(zip(*rows, strict=True))[1:]
    return ["mean; false: sum", *(_of_column(column, fmean) for column in columns)]


def _middle_row(rows: Sequence[Sequence[Cell]]) -> list[Cell]:
    return ["median", *(_of_column(column, median) for column in list(zip(*rows, strict=True))[1:])]


def _of_column(column: Sequence[Cell], of: Callable[[list[float]], float]) -> Cell:
    numbers = [cell for cell in column if not isinstance(cell, str)]
    if not numbers:
        return _NONE
    return sum(numbers) if all(isinstance(cell, int) for cell in numbers) else of([float(cell) for cell in numbers])


def _or_none(value: float | None) -> Cell:
    return _NONE if value is None else value
