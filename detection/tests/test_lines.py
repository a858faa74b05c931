from __future__ import annotations

from typing import Any

import pytest

from detection.lines import Segment, board_quads, merged


def segment(x0: float, y0: float, x1: float, y1: float) -> Segment:
    return Segment.between((x0, y0), (x1, y1))


def ends(lines: list[Segment]) -> list[Any]:
    return [line.ends for line in lines]


def test_a_segment_runs_from_left_to_right() -> None:
    line = segment(10, 5, 0, 5)
    assert line.ends == ((0, 5), (10, 5))
    assert (line.length, line.angle_deg) == (10, 0)
    assert segment(0, 0, 10, 10).angle_deg == pytest.approx(45)


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        pytest.param([(0, 0, 100, 0), (105, 0, 200, 0)], [((0, 0), (200, 0))], id="a small gap"),
        pytest.param([(0, 0, 100, 0), (60, 1, 200, 1)], [((0, 1), (200, 1))], id="overlap, hardly any offset"),
        pytest.param([(0, 0, 100, 0), (130, 0, 200, 0)], [((0, 0), (100, 0)), ((130, 0), (200, 0))], id="a wide gap"),
        pytest.param([(0, 0, 100, 0), (0, 9, 100, 9)], [((0, 0), (100, 0)), ((0, 9), (100, 9))], id="parallel"),
        pytest.param([(0, 0, 100, 0), (100, 0, 190, 40)], [((0, 0), (100, 0)), ((100, 0), (190, 40))], id="a corner"),
        pytest.param([(50, 0, 50, 90), (50, 95, 50, 200)], [((50, 0), (50, 200))], id="upright"),
        pytest.param([(0, 0, 40, 0), (90, 0, 130, 0), (41, 0, 89, 0)], [((0, 0), (130, 0))], id="the middle last"),
        pytest.param([(7, 7, 7, 7)], [], id="a point"),
        pytest.param([], [], id="nothing"),
    ],
)
def test_segments_of_one_line_are_joined(pieces: list[Any], expected: list[Any]) -> None:
    assert sorted(ends(merged([segment(*piece) for piece in pieces], max_gap_px=10))) == expected


def test_the_order_of_the_pieces_does_not_matter() -> None:
    pieces = [segment(*piece) for piece in [(0, 0, 40, 0), (45, 1, 120, 1), (118, 0, 300, 0), (0, 50, 300, 60)]]
    assert ends(merged(pieces, max_gap_px=10)) == ends(merged(reversed(pieces), max_gap_px=10))


def boards(*lines: Segment) -> list[Any]:
    return board_quads(lines, min_height_px=5, max_height_px=60, max_angle_deg=4, min_length_px=50, frame_width_px=200)


def test_two_edges_that_face_one_another_bound_a_board() -> None:
    ((quad, score),) = boards(segment(0, 30, 200, 30), segment(0, 10, 200, 10))
    assert quad == ((0, 10), (200, 10), (200, 30), (0, 30))
    assert score == 1.0


def test_a_board_reaches_as_far_as_both_edges() -> None:
    ((quad, score),) = boards(segment(0, 10, 150, 10), segment(50, 30, 200, 30))
    assert quad == ((50, 10), (150, 10), (150, 30), (50, 30))
    assert 0 < score < 0.6


def test_slanted_boards_keep_their_slant() -> None:
    ((quad, _),) = boards(segment(0, 10, 200, 30), segment(0, 30, 200, 54))
    assert quad == ((0, 10), (200, 30), (200, 54), (0, 30))


@pytest.mark.parametrize(
    "pair",
    [
        pytest.param((segment(0, 10, 200, 10), segment(0, 12, 200, 12)), id="too close"),
        pytest.param((segment(0, 10, 200, 10), segment(0, 100, 200, 100)), id="too far"),
        pytest.param((segment(0, 10, 200, 10), segment(0, 20, 200, 50)), id="not parallel"),
        pytest.param((segment(0, 10, 90, 10), segment(110, 30, 200, 30)), id="beside one another"),
        pytest.param((segment(10, 0, 10, 200), segment(30, 0, 30, 200)), id="upright"),
        pytest.param((segment(0, 10, 200, 12), segment(0, 12, 200, 10)), id="crossing"),
        pytest.param((segment(0, 10, 200, 10),), id="alone"),
    ],
)
def test_other_pairs_bound_nothing(pair: tuple[Segment, ...]) -> None:
    assert boards(*pair) == []


def test_better_boards_come_first() -> None:
    found = boards(segment(0, 10, 200, 10), segment(0, 30, 200, 30), segment(0, 45, 100, 45))
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert found[0][0] == ((0, 10), (200, 10), (200, 30), (0, 30))
