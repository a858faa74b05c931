from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest

from mpr.pipeline.context import Span
from mpr.pipeline.shards import plan_shards


def _bounds(spans: list[Span]) -> list[tuple[float, float]]:
    return [(span.start_s, span.end_s) for span in spans]


@pytest.mark.parametrize(
    ("duration_s", "shard_s", "keyframes_s", "bounds"),
    [
        (20, 10, [], [(0, 10), (10, 20)]),
        (25, 10, [], [(0, 10), (10, 20), (20, 25)]),
        (22, 10, [], [(0, 10), (10, 22)]),
        (23, 10, [], [(0, 10), (10, 20), (20, 23)]),
        (3, 10, [], [(0, 3)]),
        (0, 10, [], [(0, 0)]),
        (30, 10, [0, 4, 8, 12, 16, 20, 24, 28], [(0, 12), (12, 24), (24, 30)]),
        (30, 10, [0, 10, 20], [(0, 10), (10, 20), (20, 30)]),
        (60, 10, [0, 29, 58], [(0, 29), (29, 60)]),
        (60, 10, [0, 31], [(0, 10), (10, 31), (31, 41), (41, 51), (51, 60)]),
        (60, 10, [28, 0, 14], [(0, 14), (14, 28), (28, 38), (38, 48), (48, 60)]),
        (7, 10, [0, 5, 40], [(0, 7)]),
        (8, 10, [], [(0, 4), (4, 8)]),
        (10.6, 10, [0, 10], [(0, 5.3), (5.3, 10.6)]),
        (11.4, 10, [0, 5.3, 10.5], [(0, 5.3), (5.3, 11.4)]),
        (16, 10, [0, 5.5, 6, 9, 10.5], [(0, 9), (9, 16)]),
    ],
    ids=[
        "even", "a shorter last", "a scrap joins the last", "more than a scrap", "shorter than a shard", "nothing",
        "cut at the next keyframe", "keyframes where wished", "far keyframes", "a keyframe too far",
        "keyframes unsorted", "too short to be halved", "halved", "halved between keyframes", "halved at a keyframe",
        "halved at the nearest keyframe",
    ],
)  # fmt: skip
def test_where_a_timeline_is_cut(
    duration_s: float, shard_s: float, keyframes_s: list[float], bounds: list[tuple[float, float]]
) -> None:
    spans = plan_shards(duration_s, shard_s=shard_s, keyframes_s=keyframes_s)
    assert _bounds(spans) == bounds
    assert [span.number for span in spans] == list(range(len(bounds)))


@pytest.mark.parametrize("seed", range(100))
def test_any_timeline_is_covered_without_gap_or_overlap(seed: int) -> None:
    dice = random.Random(seed)
    duration_s = dice.choice([dice.uniform(0.001, 5), dice.uniform(5, 600), dice.uniform(600, 9000)])
    shard_s = dice.choice([0.5, 2.0, 10.0, dice.uniform(0.2, 60)])
    gap_s = dice.choice([0.04, 0.5, 2.0, 12.0, 120.0])
    keyframes_s = [dice.uniform(0, duration_s * 1.1) for _ in range(min(2000, int(duration_s / gap_s)))]
    marks = set(keyframes_s)
    spans = plan_shards(duration_s, shard_s=shard_s, keyframes_s=keyframes_s)

    assert spans[0].start_s == 0.0
    assert spans[-1].end_s == duration_s
    for before, after in pairwise(spans):
        assert before.end_s == after.start_s
        assert before.end_s - before.start_s > shard_s * 0.279
        wished = shard_s if duration_s >= 2 * shard_s else duration_s / 2
        assert after.start_s in marks or math.isclose(before.end_s - before.start_s, wished)
    for span in spans:
        assert span.end_s > span.start_s
        assert span.end_s - span.start_s <= shard_s * 3.25
    for moment_s in [0.0, duration_s * 0.999, *(dice.uniform(0, duration_s * 0.999) for _ in range(20))]:
        assert sum(span.holds(moment_s) for span in spans) == 1
    assert plan_shards(duration_s, shard_s=shard_s, keyframes_s=sorted(keyframes_s)) == spans


@pytest.mark.parametrize("shard_s", [0.0, -1.0, math.nan])
def test_a_shard_has_some_length(shard_s: float) -> None:
    with pytest.raises(ValueError, match="a shard cannot be"):
        plan_shards(10, shard_s=shard_s)
