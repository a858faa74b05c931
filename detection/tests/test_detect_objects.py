from __future__ import annotations

from typing import Any, get_args

import cv2
import numpy as np
import pytest

from detection.quads import bounds, overlap, rectangle
from detection.records import Box, Edges, FrameEdges, Hint
from detection.stages import detect_objects
from detection.stages.detect_objects import DETECTORS, Config, Inputs, Name, chosen_hints, looks_of, without_repeats
from mpr.errors import BadConfig
from mpr.pipeline.codec import encode
from mpr.pipeline.config import parse
from mpr.pipeline.transforms import Transform


def find(shoot: Any, *pictures: Any, hinted: list[Hint] | None = None, **changes: Any) -> Any:
    scenes, ctx = shoot(pictures)
    edges = None
    if hinted is not None:
        edges = Edges(frames=[FrameEdges(seq=seq, lines=[], hints=hinted) for seq in range(len(pictures))])
    settings: dict[str, Any] = {"text_limit_side_px": 320, "device": "cpu"}
    return detect_objects.run(Inputs(filter_scenes=scenes, detect_edges=edges), Config(**settings | changes), ctx)


def grey(width: int = 640, height: int = 320) -> Any:
    return np.full((height, width, 3), 60, np.uint8)


def box(quad: Any, *, label: str = "text", score: float = 0.9, source: str = "text") -> Box:
    return Box(quad=quad, label=label, score=score, source=source)


def test_text_boxes_come_in_order_from_the_top_left(shoot: Any, write: Any) -> None:
    picture = write(write(write(grey(), "LAST", at=(500, 260)), "FIRST", at=(120, 50)), "NEXT", at=(180, 180))
    (frame,) = find(shoot, picture).frames
    centres = [
        ((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in (bounds(b.quad) for b in frame.boxes)
    ]
    assert [(round(x, -2), round(y, -1)) for x, y in centres] == [(100, 50), (200, 180), (500, 260)]
    assert {(one.label, one.source) for one in frame.boxes} == {("text", "text")}


def test_slanted_text_gets_a_slanted_box(shoot: Any, write: Any) -> None:
    (frame,) = find(shoot, write(grey(), "NORTHWIND", at=(320, 160), turn_deg=20)).frames
    (one,) = frame.boxes
    (x0, y0), (x1, y1) = one.quad[0], one.quad[1]
    assert np.degrees(np.arctan2(y1 - y0, x1 - x0)) == pytest.approx(20, abs=4)


@pytest.mark.parametrize("size", [(1, 1), (9, 5), (33, 17), (641, 359)])
def test_frames_of_any_size_without_text_have_no_boxes(shoot: Any, size: tuple[int, int]) -> None:
    objects = find(shoot, grey(*size))
    assert [frame.boxes for frame in objects.frames] == [[]]
    assert objects.counts() == {"frames": 1, "boxes": 0, "text": 0}


def test_no_frames_no_boxes(shoot: Any) -> None:
    assert find(shoot).frames == []


# --- hints ------------------------------------------------------------------------------------------------------------


def small_board(write: Any) -> tuple[Any, Any]:
    """A frame with large text, and a low board whose text is too small to be found in the whole frame."""
    picture = write(grey(960, 480), "NORTHWIND", at=(480, 100), size_px=60)
    cv2.rectangle(picture, (40, 300), (920, 320), (120, 30, 20), -1)
    for place, name in enumerate(["VANTOR", "QUILLON", "PELLUCID"]):
        picture = write(picture, name, at=(150 + 300 * place, 310), size_px=14)
    return picture, rectangle(40, 300, 920, 320)


def test_a_hint_adds_text_that_is_too_small_for_the_whole_frame(shoot: Any, write: Any) -> None:
    picture, board = small_board(write)
    settings: dict[str, Any] = {"text_looks": "one", "text_limit_side_px": 192, "text_limit_type": "max"}
    without = find(shoot, picture, **settings).frames[0].boxes
    added = find(shoot, picture, hinted=[Hint(quad=board, score=0.9)], **settings).frames[0].boxes
    within = [one for one in added if one not in without]
    assert len(within) >= 2
    for one in within:
        left, top, right, bottom = bounds(one.quad)
        assert 40 <= left < right <= 920
        assert 293 <= top < bottom <= 327


@pytest.mark.parametrize("score", [0.0, 0.5, 1.0])
def test_no_box_is_lost_because_of_a_hint(shoot: Any, write: Any, score: float) -> None:
    picture, board = small_board(write)
    hints = [
        Hint(quad=quad, score=score)
        for quad in (board, rectangle(150, 70, 800, 110), rectangle(400, 60, 560, 100), rectangle(0, 0, 30, 20))
    ]
    without = find(shoot, picture).frames[0].boxes
    assert without
    with_hints = find(shoot, picture, hinted=hints).frames[0].boxes
    assert [one for one in without if one not in with_hints] == []


def test_text_that_is_known_is_not_added_again(shoot: Any, write: Any) -> None:
    picture = write(grey(), "NORTHWIND", at=(320, 160))
    board = Hint(quad=rectangle(150, 138, 490, 184), score=1.0)
    assert find(shoot, picture, hinted=[board]) == find(shoot, picture)


def test_one_look_and_two_find_the_same_clear_text(shoot: Any, write: Any) -> None:
    picture = write(write(grey(1280, 720), "NORTHWIND", at=(640, 200), size_px=70), "ACME", at=(200, 600), size_px=24)
    one, two = (
        find(shoot, picture, text_looks=looks, text_limit_side_px=736).frames[0].boxes for looks in ("one", "two")
    )
    assert len(one) == len(two) == 2
    assert all(overlap(a.quad, b.quad) > 0.6 for a, b in zip(one, two, strict=True))


def test_the_settings_say_how_frames_are_looked_at() -> None:
    looks = looks_of(Config(text_first_side_px=512, text_threshold=0.6, text_whole_share=0.5))
    assert looks.first is not None
    assert (looks.first.side_px, looks.whole.threshold, looks.whole_share) == (512, 0.6, 0.5)
    assert looks_of(Config(text_looks="one")).first is None


def test_hints_may_be_switched_off(shoot: Any, write: Any) -> None:
    picture, board = small_board(write)
    assert find(shoot, picture, hinted=[Hint(quad=board, score=0.9)], hints="off") == find(shoot, picture)


def test_only_the_best_low_hints_are_looked_at() -> None:
    low, high, faint = rectangle(0, 0, 100, 20), rectangle(0, 0, 100, 90), rectangle(0, 50, 100, 70)
    flat = rectangle(0, 0, 100, 0)
    line = ((0.0, 0.0), (100.0, 20.0), (50.0, 10.0), (10.0, 2.0))
    hints = [
        Hint(quad=faint, score=0.3),
        Hint(quad=low, score=0.8),
        Hint(quad=high, score=1.0),
        Hint(quad=flat, score=1),
        Hint(quad=line, score=1),
    ]
    assert chosen_hints(hints, Config()) == [low, faint]
    assert chosen_hints(hints, Config(max_hint_regions=1)) == [low]
    assert chosen_hints(hints, Config(max_hint_regions=0)) == []
    assert chosen_hints(hints, Config(hint_min_score=0.5)) == [low]
    assert chosen_hints(hints, Config(hint_max_height_px=100)) == [high, low, faint]
    assert chosen_hints(hints, Config(hints="off")) == []


# --- repeats ----------------------------------------------------------------------------------------------------------

HERE, NEARLY, SHIFTED = rectangle(0, 0, 100, 20), rectangle(1, 0, 101, 20), rectangle(20, 0, 120, 20)


@pytest.mark.parametrize(
    ("boxes", "kept"),
    [
        pytest.param([box(HERE, score=0.8), box(SHIFTED, score=0.9)], [1], id="overlap within one detector"),
        pytest.param([box(HERE), box(SHIFTED, source="yolo")], [0, 1], id="overlap across detectors"),
        pytest.param([box(HERE, score=0.8), box(NEARLY, source="yolo")], [1], id="near-identical across detectors"),
        pytest.param([box(HERE), box(NEARLY, label="person")], [0, 1], id="another label"),
        pytest.param([box(HERE), box(rectangle(200, 0, 300, 20))], [0, 1], id="apart"),
        pytest.param([box(HERE), box(HERE)], [0], id="the same twice"),
        pytest.param([], [], id="none"),
    ],
)
def test_repeats_are_dropped(boxes: list[Box], kept: list[int]) -> None:
    assert without_repeats(boxes, same_overlap=0.6) == [boxes[place] for place in kept]


# --- objects ----------------------------------------------------------------------------------------------------------


def person(network: Any) -> None:
    """Weights that see a person in the middle of every frame."""
    rows = [[16, 16, 48, 48, 0.8, 0]]
    network("net.onnx", output=np.array([rows]), names="{0: 'person'}")


def test_detectors_are_merged_and_keep_their_source(shoot: Any, write: Any, network: Any) -> None:
    person(network)
    picture = write(grey(640, 640), "NORTHWIND", at=(320, 600))
    (frame,) = find(shoot, picture, detectors=("text", "yolo"), yolo_weights="net.onnx").frames
    assert [(one.label, one.source) for one in frame.boxes] == [("person", "yolo"), ("text", "text")]
    assert overlap(frame.boxes[0].quad, rectangle(160, 160, 480, 480)) > 0.99


def test_objects_alone(shoot: Any, write: Any, network: Any) -> None:
    person(network)
    objects = find(shoot, write(grey(), "NORTHWIND", at=(320, 60)), detectors=("yolo",), yolo_weights="net.onnx")
    assert [one.label for one in objects.frames[0].boxes] == ["person"]
    assert objects.counts() == {"frames": 1, "boxes": 1, "text": 0}


def test_yolo_without_weights_says_what_to_set(shoot: Any) -> None:
    with pytest.raises(BadConfig, match=r"“detectors” names yolo, but “yolo_weights” is empty; name a weights file"):
        find(shoot, grey(), detectors=("yolo",))


def test_the_names_in_the_config_are_those_of_the_detectors() -> None:
    assert set(get_args(Name)) == set(DETECTORS)


@pytest.mark.parametrize(
    "values", [{"detectors": ["radar"]}, {"detectors": []}, {"text_threshold": 2}, {"hints": "hide"}]
)
def test_impossible_settings_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(BadConfig, match="detect_objects: "):
        parse(Config, values, owner="detect_objects")


# --- contract ---------------------------------------------------------------------------------------------------------


def test_a_transform_may_let_only_text_pass(shoot: Any, network: Any, write: Any) -> None:
    person(network)
    picture = write(grey(640, 640), "NORTHWIND", at=(320, 600))
    objects = find(shoot, picture, detectors=("text", "yolo"), yolo_weights="net.onnx")
    assert [one.label for one in objects.select(Transform(labels=("text",))).frames[0].boxes] == ["text"]


def test_equal_frames_give_equal_bytes_and_every_frame_is_reported(shoot: Any, write: Any) -> None:
    said: list[tuple[int, int]] = []
    picture, board = small_board(write)
    hints = [Hint(quad=board, score=0.9)]
    scenes, ctx = shoot([picture, picture], on_progress=lambda *item: said.append(item))
    edges = Edges(frames=[FrameEdges(seq=seq, lines=[], hints=hints) for seq in (0, 1)])
    inputs = Inputs(filter_scenes=scenes, detect_edges=edges)
    first, second = (detect_objects.run(inputs, Config(), ctx) for _ in range(2))
    assert encode(first) == encode(second)
    assert first.frames[0].boxes == first.frames[1].boxes
    assert said == [(1, 2), (2, 2)] * 2
