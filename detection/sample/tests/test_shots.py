"""The running order fills any duration and follows an editor's rules."""

import itertools

import numpy as np
import pytest

from detection.sample.shots import LEAST_SHOT_S, USUAL_SHOTS, plan_slots


@pytest.mark.parametrize("duration_s", [1.0, 2.0, 5.0, 28.0, 61.4])
@pytest.mark.parametrize("seed", [1, 7])
def test_slots_fill_the_duration_on_whole_frames(duration_s, seed):
    slots = plan_slots(duration_s, 25, np.random.default_rng(seed))
    assert slots[0].start_s == 0.0
    assert slots[-1].end_s == pytest.approx(duration_s)
    for before, after in itertools.pairwise(slots):
        assert before.end_s == after.start_s
    for slot in slots:
        assert slot.start_s * 25 == pytest.approx(round(slot.start_s * 25))
        assert slot.length_s >= min(duration_s, LEAST_SHOT_S)


@pytest.mark.parametrize("seed", range(30))
def test_rules_of_the_running_order(seed):
    slots = plan_slots(28.0, 25, np.random.default_rng(seed))
    assert slots[0].kind == "wide"
    assert sorted(slot.kind for slot in slots) == sorted(kind for kind, _ in USUAL_SHOTS)
    for before, after in itertools.pairwise(slots):
        if "replay" in (before.kind, after.kind):
            assert after.entrance == "wipe"
            assert after.kind != "press"
        elif after.kind == "press":
            assert after.entrance == "dissolve"
        else:
            assert after.entrance == "cut"


def test_seeds_differ():
    orders = {tuple(s.kind for s in plan_slots(28.0, 25, np.random.default_rng(seed))) for seed in range(10)}
    assert len(orders) > 5
