from __future__ import annotations

import pytest

from detection.recognition.looked import chosen, looks

from .conftest import kept


def seqs(frames: list) -> list[int]:
    return [frame.frame.seq for frame in frames]


@pytest.mark.parametrize(
    ("gap_s", "expected"), [(0.0, [0, 1, 2, 3, 4, 5]), (0.5, [0, 1, 2, 3, 4, 5]), (1.0, [0, 2, 4]), (0.6, [0, 2, 4])]
)
def test_frames_that_come_too_soon_are_left_out(gap_s: float, expected: list[int]) -> None:
    assert seqs(chosen([kept(seq) for seq in range(6)], gap_s)) == expected


def test_every_shot_begins_anew() -> None:
    assert seqs(chosen([kept(0), kept(1, shot=1), kept(2, shot=1)], 1.0)) == [0, 1]


def test_looks_share_the_time_of_their_shot_and_never_cross_a_cut() -> None:
    found = looks([kept(seq, shot=seq // 4) for seq in range(8)], [0, 3, 5])
    assert {seq: (look.start_s, look.end_s, look.place) for seq, look in found.items()} == {
        0: (0.0, 1.0, 0),
        3: (1.0, 2.0, 1),
        5: (2.0, 4.0, 0),
    }


def test_a_frame_that_stands_for_long_keeps_its_time() -> None:
    long = kept(0).__replace__(end_s=5.0)
    later = kept(10).__replace__(start_s=5.0)
    assert looks([long, later], [0, 10])[0].end_s == 5.0


def test_a_shot_that_nobody_looked_at_has_no_look() -> None:
    assert looks([kept(0), kept(1, shot=1)], [1]).keys() == {1}
