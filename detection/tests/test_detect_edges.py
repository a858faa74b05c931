from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection.lines import Segment
from detection.quads import area, common_area, rectangle
from detection.records import Fields, FrameField
from detection.stages import detect_edges
from detection.stages.detect_edges import Config, Inputs, apart, steadiness
from mpr.pipeline.codec import encode
from mpr.pipeline.transforms import Transform

CHANCE = np.random.default_rng(7)


def crowd(height: int = 360, width: int = 640) -> Any:
    return CHANCE.integers(40, 200, (height // 4, width // 4, 3), np.uint8).repeat(4, 0).repeat(4, 1)


def stadium() -> Any:
    """A crowd, a slanted row of boards of different colours below it, grass at the bottom."""
    picture = crowd()
    cv2.fillPoly(picture, [np.array([(0, 180), (640, 150), (640, 360), (0, 360)])], (60, 150, 60))
    for place, colour in enumerate([(200, 40, 40), (230, 230, 230), (30, 30, 160), (20, 20, 20)]):
        left, right = place * 160, (place + 1) * 160
        corners = [
            (left, board_y(left)),
            (right, board_y(right)),
            (right, board_y(right) + 30),
            (left, board_y(left) + 30),
        ]
        cv2.fillPoly(picture, [np.array(corners)], colour)
    return picture


def board_y(x: int) -> int:
    return round(150 - x * 30 / 640)


BOARDS = ((0.0, 150.0), (640.0, 120.0), (640.0, 150.0), (0.0, 180.0))
FIELD = FrameField(seq=0, share=0.5, hull=[(0.0, 180.0), (640.0, 150.0), (640.0, 360.0), (0.0, 360.0)], mask_png=b"")


def find(shoot: Any, *pictures: Any, field: FrameField | None = None, **changes: Any) -> Any:
    scenes, ctx = shoot(pictures)
    fields = Fields(frames=[field]) if field else None
    return detect_edges.run(Inputs(filter_scenes=scenes, field_segmentation=fields), Config(**changes), ctx)


def test_the_edges_of_a_row_of_boards_become_long_lines(shoot: Any) -> None:
    (edges,) = find(shoot, stadium(), field=FIELD).frames
    for offset in (0, 30):
        best = min(
            abs(line.start[1] - board_y(int(line.start[0])) - offset)
            + abs(line.end[1] - board_y(int(line.end[0])) - offset)
            + 640
            - (line.end[0] - line.start[0])
            for line in edges.lines
        )
        assert best < 200


def test_the_best_hint_lies_on_the_boards(shoot: Any) -> None:
    (edges,) = find(shoot, stadium(), field=FIELD).frames
    best = edges.hints[0]
    assert common_area(best.quad, BOARDS) > 0.7 * area(best.quad)
    assert 0 < best.score <= 1
    scores = [hint.score for hint in edges.hints]
    assert scores == sorted(scores, reverse=True)


def test_hints_without_a_field_come_from_the_whole_frame(shoot: Any) -> None:
    picture = np.full((360, 640, 3), 90, np.uint8)
    cv2.rectangle(picture, (100, 40), (540, 70), (250, 250, 250), -1)
    (edges,) = find(shoot, picture).frames
    (hint,) = edges.hints
    assert common_area(hint.quad, rectangle(100, 40, 540, 70)) > 0.9 * area(hint.quad)


def test_what_lies_far_from_the_field_is_not_searched(shoot: Any) -> None:
    picture = stadium()
    cv2.rectangle(picture, (100, 10), (540, 30), (250, 250, 250), -1)
    tops = [
        min(line.start[1], line.end[1])
        for line in find(shoot, picture, field=FIELD, around_field_share=0.15).frames[0].lines
    ]
    assert min(tops) > 60
    everywhere = [min(line.start[1], line.end[1]) for line in find(shoot, picture).frames[0].lines]
    assert min(everywhere) < 40


def test_a_crowd_has_no_steady_lines(shoot: Any) -> None:
    assert len(find(shoot, crowd()).frames[0].lines) < 3
    assert len(find(shoot, crowd(), min_steadiness=0).frames[0].lines) > 10


def test_steadiness_tells_an_edge_from_texture() -> None:
    edge = np.zeros((60, 200), np.uint8)
    edge[30:] = 200
    assert steadiness(edge, Segment.between((10, 30), (190, 30))) > 0.95
    # Boards of different colours beside one another: light above here, below there.
    edge[:30, 100:], edge[30:, 100:] = 200, 0
    assert steadiness(edge, Segment.between((4, 30), (196, 30))) > 0.9
    texture = CHANCE.integers(0, 255, (60, 200), np.uint8)
    assert steadiness(texture, Segment.between((10, 30), (190, 30))) < 0.5
    assert steadiness(np.zeros((60, 200), np.uint8), Segment.between((10, 30), (190, 30))) == 0


def test_hints_that_repeat_a_better_one_are_dropped() -> None:
    better, same, other = rectangle(0, 0, 100, 20), rectangle(5, 1, 100, 21), rectangle(0, 40, 100, 60)
    assert apart([(better, 0.9), (same, 0.8), (other, 0.7)]) == [(better, 0.9), (other, 0.7)]


def test_there_are_never_more_than_asked_for(shoot: Any) -> None:
    (edges,) = find(shoot, stadium(), max_lines=2, max_hints=1).frames
    assert len(edges.lines) <= 2
    assert len(edges.hints) == 1
    assert find(shoot, stadium(), max_lines=0, max_hints=0).frames[0].hints == []


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (33, 17), (641, 359), (1920, 1080)])
def test_frames_of_any_size_pass(shoot: Any, size: tuple[int, int]) -> None:
    width, height = size
    (edges,) = find(shoot, np.full((height, width, 3), 128, np.uint8)).frames
    assert (edges.lines, edges.hints) == ([], [])


def test_lines_are_in_frame_pixels_whatever_the_working_width(shoot: Any) -> None:
    picture = np.full((720, 1280, 3), 90, np.uint8)
    cv2.rectangle(picture, (200, 300), (1100, 360), (250, 250, 250), -1)
    for working_width_px in (320, 640, 1280):
        (hint,) = find(shoot, picture, working_width_px=working_width_px, votes=20).frames[0].hints
        assert common_area(hint.quad, rectangle(200, 300, 1100, 360)) > 0.85 * 900 * 60


def test_an_edge_transform_may_thin_the_hints(shoot: Any) -> None:
    edges = find(shoot, stadium(), field=FIELD)
    assert [len(frame.hints) for frame in edges.select(Transform(limit=1)).frames] == [1]


def test_no_frames_no_edges(shoot: Any) -> None:
    assert find(shoot).frames == []


def test_equal_frames_give_equal_bytes(shoot: Any) -> None:
    picture = stadium()
    assert encode(find(shoot, picture, field=FIELD)) == encode(find(shoot, picture, field=FIELD))


def test_every_frame_is_reported(shoot: Any) -> None:
    said: list[tuple[int, int]] = []
    scenes, ctx = shoot([stadium(), crowd()], on_progress=lambda *item: said.append(item))
    edges = detect_edges.run(Inputs(filter_scenes=scenes), Config(), ctx)
    assert [frame.seq for frame in edges.frames] == [0, 1]
    assert edges.counts()["frames"] == 2
    assert said == [(1, 2), (2, 2)]
