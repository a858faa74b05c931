"""Visible shares are counted from what was painted, in painting order."""

import json

import numpy as np
import pytest

from detection.sample.truth import Instance, Ledger, Truth


def rectangle(left, top, right, bottom):
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float64)


def instance(quad, shown=None, **changes):
    fields = {"brand": "Acme", "height_px": 20.0, "blur_px": 0.0, "mode": "word", "placement": "board"} | changes
    return Instance(quad=quad, shown=quad if shown is None else shown, **fields)


def settled(*steps, opacity=1.0):
    ledger = Ledger(200, 100)
    for step in steps:
        if isinstance(step, Instance):
            ledger.mark(step)
        else:
            ledger.cover(*step)
    return ledger.settle(opacity)


BOX = rectangle(50, 30, 150, 70)
LEFT_HALF = (np.full((100, 100), 255, np.uint8), 0, 0)


def test_free_instance_is_wholly_visible():
    assert settled(instance(BOX))[0]["visible"] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("quad", "share"),
    [
        (rectangle(-50.5, 30, 49.5, 70), 0.5),
        (rectangle(149.5, 30, 249.5, 70), 0.5),
        (rectangle(50, -30.5, 150, 9.5), 0.25),
        (rectangle(-60.5, -20.5, 39.5, 19.5), 0.2),
    ],
    ids=["left edge", "right edge", "top edge", "corner"],
)
def test_picture_edge_cuts_off(quad, share):
    assert settled(instance(quad))[0]["visible"] == pytest.approx(share, abs=0.02)


def test_instance_outside_the_picture_is_left_out():
    assert settled(instance(rectangle(300, 10, 350, 30))) == []


def test_later_cover_hides_and_earlier_does_not():
    assert settled(instance(BOX), LEFT_HALF)[0]["visible"] == pytest.approx(0.5, abs=0.02)
    assert settled(LEFT_HALF, instance(BOX))[0]["visible"] == pytest.approx(1.0, abs=0.01)


def test_translucent_cover_hides_its_share():
    veil = (np.full((100, 200), 64, np.uint8), 0, 0)
    assert settled(instance(BOX), veil)[0]["visible"] == pytest.approx(0.75, abs=0.02)


def test_what_a_board_cuts_off_is_not_visible():
    shown = rectangle(50, 30, 80, 70)
    assert settled(instance(BOX, shown=shown))[0]["visible"] == pytest.approx(0.3, abs=0.02)


def test_opacity_of_instance_and_picture_multiply():
    row = settled(instance(BOX, opacity=0.5), opacity=0.5)[0]
    assert row["visible"] == pytest.approx(0.25, abs=0.01)


def test_ledger_blur_adds_to_that_of_the_instance():
    ledger = Ledger(200, 100, blur_px=4.0)
    ledger.mark(instance(BOX, blur_px=3.0))
    assert ledger.settle()[0]["blur_px"] == 5.0


def test_specks_are_left_out():
    assert settled(instance(BOX, height_px=2.0)) == []


def test_truth_file_has_the_frames_form(tmp_path):
    rows = settled(instance(BOX))
    Truth(fps=25, width_px=200, height_px=100, brands=("Acme", "Zed"), frames=[rows, []], shots=((0.0, 0.08),)).write(
        tmp_path / "truth.json"
    )
    content = json.loads((tmp_path / "truth.json").read_text())
    assert content["duration_s"] == 0.08
    assert content["complete"] is True
    assert content["brands"] == ["Acme", "Zed"]
    assert content["shots"] == [[0.0, 0.08]]
    assert content["frames"][1] == []
    assert content["frames"][0][0] == {
        "brand": "Acme",
        "placement": "board",
        "mode": "word",
        "quad": [[50.0, 30.0], [150.0, 30.0], [150.0, 70.0], [50.0, 70.0]],
        "visible": 1.0,
        "height_px": 20.0,
        "blur_px": 0.0,
    }
