from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.accuracy.clips import Clip
from benchmarks.accuracy.marks import mark
from benchmarks.accuracy.runs import Run, StageCost
from benchmarks.accuracy.sheets import Result, goals, sheets

SHOWN = {"brand": "Aldermoor", "visible": 1.0, "height_px": 30, "blur_px": 0, "mode": "word"}


def clip(name: str, *, shown: bool = True) -> Clip:
    """Four seconds at ten frames a second, the brand readable from 1 s to 3 s."""
    made = Clip(name, Path(f"{name}.mp4"))
    frames: list[list[dict[str, Any]]] = [[SHOWN] if shown and 10 <= number < 30 else [] for number in range(40)]
    vars(made)["truth"] = {"fps": 10, "brands": ["Aldermoor"], "frames": frames}
    return made


def run(*spans: tuple[float, float], total_s: float = 2.0) -> Run:
    events = [{"start_s": start, "end_s": end} for start, end in spans]
    report = {"brands": [{"brand": "Aldermoor", "events": events}]}
    stages = {"extract_frames": StageCost(wall_s=0.4, run_s=0.5, cpu_s=0.6)}
    return Run(report=report, total_s=total_s, cpu_s=total_s, peak_bytes=2**20, stages=stages)


def result(made: Clip, product: Run, script: Run | None = None) -> Result:
    return Result(
        clip=made, duration_s=4.0, decoding_s=0.5, run=product, marks=mark(product, made), script_run=script,
        script_marks=mark(script, made) if script else None,
    )  # fmt: skip


RESULTS = [
    result(clip("good"), run((1.0, 3.0)), run((1.5, 3.0), total_s=12.0)),
    result(clip("half"), run((1.2, 2.0)), run((1.0, 3.0), total_s=8.0)),
    result(clip("empty", shown=False), run(), run(total_s=10.0)),
]


def test_clips_without_brands_do_not_count_in_the_mean() -> None:
    accuracy = sheets(RESULTS)[0]

    rows = {row[0]: row[1:] for row in accuracy.rows}
    assert len({len(accuracy.columns), *map(len, accuracy.rows)}) == 1
    assert rows["empty"][:5] == ["–", "–", "–", "–", 0]
    assert rows["good"][:2] == [1.0, 1.0]
    assert rows["mean; false: sum"][0] == pytest.approx((1.0 + 2 / 3) / 2)


def test_boundaries_are_those_of_all_ends() -> None:
    boundaries = sheets(RESULTS)[1]

    everything = dict(zip(boundaries.columns[1:9], boundaries.rows[-1][1:9], strict=True))
    # 0 and 0 frames in one clip, 2 and 10 in the other.
    assert (everything["ends"], everything["median"], everything["p90"]) == (4, pytest.approx(1), pytest.approx(10))


def test_cost_says_how_many_times_faster() -> None:
    cost = sheets(RESULTS)[2]

    assert [row[-3] for row in cost.rows] == [6.0, 4.0, 5.0, 5.0]
    assert cost.rows[0][3] == 0.5


def test_goals_say_what_is_met() -> None:
    met = {goal.says.split(" ≥")[0]: (goal.met, goal.found) for goal in goals(RESULTS)}

    assert met["mean F1 over clips with exact truth"] == (False, "0.8333 (worst half: 0.6667)")
    assert met["no airings on the 1 clips without brands"] == (True, "0")
    assert met["no clip below the script"] == (False, "half")
    assert met["median of script / MPR"][0] is True
    assert met["extract_frames ≤ 1.3 × bare decoding"] == (True, "1.20")


def test_false_airings_on_a_clip_without_brands_are_named() -> None:
    found = goals([result(clip("empty", shown=False), run((1.0, 2.0)))])

    assert [(goal.met, goal.found) for goal in found if "without brands" in goal.says] == [(False, "1 empty")]


def test_brand_that_can_never_be_read_may_be_claimed() -> None:
    far = clip("far")
    far.truth["frames"][10:30] = [[SHOWN | {"height_px": 8}]] * 20

    found = goals([result(far, run((1.0, 2.0)))])

    assert not any("without brands" in goal.says or "F1" in goal.says for goal in found)


def test_script_may_be_left_out() -> None:
    shown = sheets([result(clip("good"), run((1.0, 3.0)))])

    assert shown[0].rows[0][-5:] == ["–"] * 5
    assert not any("script" in goal.says for goal in goals([result(clip("good"), run((1.0, 3.0)))]))
