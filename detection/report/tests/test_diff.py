"""Two films of eight half-second frames, compared by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from detection.records import Report, Scenes
from detection.report.diff import SettingChange, Told, changed_settings, compare, minus, proofs

LARGE, SMALL = (0.2, 0.2, 0.6, 0.4), (0.4, 0.4, 0.5, 0.45)


@pytest.fixture
def told(film: Callable[..., Scenes], compiled: Callable[..., Report]) -> Callable[[list[Any]], Told]:
    def make(matches: list[Any]) -> Told:
        scenes = film(8)
        return Told(report=compiled(scenes, matches), proofs=proofs(scenes, matches))

    return make


@pytest.mark.parametrize(
    ("these", "those", "left"),
    [
        ([(0, 4)], [], [(0, 4)]),
        ([(0, 4)], [(0, 4)], []),
        ([(0, 4)], [(1, 2)], [(0, 1), (2, 4)]),
        ([(0, 4)], [(-1, 1), (3, 9)], [(1, 3)]),
        ([(0, 2), (3, 5)], [(1, 4)], [(0, 1), (4, 5)]),
        ([(0, 10)], [(1, 2), (3, 4), (8, 12)], [(0, 1), (2, 3), (4, 8)]),
        ([(3, 5), (0, 2)], [(2, 3)], [(0, 2), (3, 5)]),
        ([(0, 1.0000005)], [(0, 1)], []),
        ([], [(0, 1)], []),
    ],
)
def test_what_lies_in_none_of_the_others(these: Any, those: Any, left: Any) -> None:
    assert minus(these, those) == left


def test_seconds_gained_and_lost_add_up(told: Any, sighting: Any) -> None:
    # Before: 0.0–1.5 and 3.0–4.0. After: 1.0–2.5 and 3.0–3.5.
    before = told([sighting(seq) for seq in (0, 1, 2, 6, 7)])
    after = told([sighting(seq) for seq in (2, 3, 4, 6)])
    (change,) = compare(before, after)
    assert (change.brand, change.before_s, change.after_s) == ("Aldermoor", 2.5, 2.0)
    assert (change.gained_s, change.lost_s) == (1.0, 1.5)
    assert [(stretch.start_s, stretch.end_s) for stretch in change.gained] == [(1.5, 2.5)]
    assert [(stretch.start_s, stretch.end_s) for stretch in change.lost] == [(0.0, 1.0), (3.5, 4.0)]


def test_the_proof_is_the_clearest_sighting_of_the_report_that_has_it(told: Any, sighting: Any) -> None:
    before = told([sighting(0, box=SMALL), sighting(1, box=SMALL, confidence=0.5)])
    after = told(
        [
            sighting(3, box=SMALL, text="small"),
            sighting(4, box=LARGE, text="large"),
            sighting(5, box=LARGE, text="large, less sure", confidence=0.5),
            sighting(0, "Quillon", box=LARGE, text="of another brand"),
        ]
    )
    aldermoor = compare(before, after)[0]
    assert aldermoor.gained[0].proof.text == "large"
    assert aldermoor.gained[0].proof.frame.seq == 4
    assert aldermoor.gained[0].proof.polygon == ((0.2, 0.2), (0.6, 0.2), (0.6, 0.4), (0.2, 0.4))
    assert aldermoor.lost[0].proof.frame.seq == 0


def test_a_proof_lies_within_its_stretch(told: Any, sighting: Any) -> None:
    # 1.0–1.5 is in both; the large sighting there proves nothing.
    before = told([sighting(2, box=LARGE)])
    after = told([sighting(1, box=SMALL), sighting(2, box=LARGE), sighting(3, box=SMALL)])
    (change,) = compare(before, after)
    assert [stretch.proof.frame.seq for stretch in change.gained] == [1, 3]


def test_a_proof_is_found_by_its_own_time(told: Any, sighting: Any) -> None:
    """What is in view for long and what comes and goes beneath it; the frames are in another order than the ends."""
    before = told([sighting(0, box=SMALL, end_s=0.2)])
    after = told(
        [
            sighting(0, box=SMALL, text="long", end_s=3.7),
            sighting(1, box=LARGE, text="short", start_s=0.6, end_s=0.9),
            sighting(2, box=LARGE, text="later", start_s=3.7, end_s=3.9),
        ]
    )
    (change,) = compare(before, after)
    assert [(stretch.start_s, stretch.end_s) for stretch in change.gained] == [(0.2, 3.9)]
    assert change.gained[0].proof.text == "short"
    (back,) = compare(told([sighting(1, start_s=0.5, end_s=3.2)]), after)
    assert [(stretch.start_s, stretch.end_s, stretch.proof.text) for stretch in back.gained] == [
        (0.0, 0.5, "long"),
        (3.2, 3.9, "later"),
    ]


def test_brands_that_came_and_went_and_stayed(told: Any, sighting: Any) -> None:
    before = told([sighting(seq) for seq in (0, 1)] + [sighting(3, "Quillon")])
    after = told([sighting(3, "Quillon")] + [sighting(seq, "Zephyr") for seq in (4, 5, 6)])
    changes = {change.brand: change for change in compare(before, after)}
    assert list(changes) == ["Zephyr", "Aldermoor", "Quillon"]
    assert (changes["Zephyr"].before_s, changes["Zephyr"].after_s) == (0.0, 1.5)
    assert (changes["Aldermoor"].before_s, changes["Aldermoor"].after_s) == (1.0, 0.0)
    assert (changes["Quillon"].gained, changes["Quillon"].lost) == ((), ())


def test_the_same_report_twice_is_no_change(told: Any, sighting: Any) -> None:
    same = told([sighting(seq) for seq in (0, 1, 5)])
    (change,) = compare(same, same)
    assert (change.gained_s, change.lost_s, change.gained, change.lost) == (0.0, 0.0, (), ())


def test_settings_that_differ() -> None:
    before = {"run_ocr": {"min_confidence": 0.6, "backend": "ppocr"}, "detect_edges": {"low": 50}}
    after = {"run_ocr": {"min_confidence": 0.7, "backend": "ppocr"}}
    assert changed_settings(before, after) == [
        SettingChange(stage="run_ocr", setting="min_confidence", before=0.6, after=0.7),
        SettingChange(stage="detect_edges", setting="low", before=50, after=None),
    ]
