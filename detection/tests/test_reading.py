"""From frames to texts through detect_objects, preprocess and run_ocr, on the real weights."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection.quads import bounds
from detection.records import TextCandidate
from detection.stages import detect_edges, detect_objects, field_segmentation, preprocess, run_ocr


def read(shoot: Any, *pictures: Any) -> list[TextCandidate]:
    scenes, ctx = shoot(pictures)
    fields = field_segmentation.run(field_segmentation.Inputs(filter_scenes=scenes), field_segmentation.Config(), ctx)
    edges = detect_edges.run(
        detect_edges.Inputs(filter_scenes=scenes, field_segmentation=fields), detect_edges.Config(), ctx
    )
    objects = detect_objects.run(
        detect_objects.Inputs(filter_scenes=scenes, detect_edges=edges), detect_objects.Config(device="cpu"), ctx
    )
    crops = preprocess.run(preprocess.Inputs(filter_scenes=scenes, detect_objects=objects), preprocess.Config(), ctx)
    return run_ocr.run(run_ocr.Inputs(preprocess=crops), run_ocr.Config(device="cpu"), ctx).candidates


def frame(width: int = 960, height: int = 540) -> Any:
    picture = np.full((height, width, 3), (70, 60, 60), np.uint8)
    picture[height // 2 :] = (60, 140, 60)
    return picture


@pytest.mark.parametrize("turn_deg", [-30, -12, 0, 7, 25])
def test_turned_text_is_read(shoot: Any, write: Any, turn_deg: float) -> None:
    (found,) = read(shoot, write(frame(), "NORTHWIND", at=(480, 200), size_px=40, turn_deg=turn_deg))
    assert found.text == "NORTHWIND"
    left, top, right, bottom = bounds(found.quad)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((480, 200), abs=10)


@pytest.mark.parametrize("turn_deg", [pytest.param(90, id="running down")])
def test_text_that_runs_down_is_read(shoot: Any, write: Any, turn_deg: float) -> None:
    (found,) = read(shoot, write(frame(), "NORTHWIND", at=(480, 250), size_px=40, turn_deg=turn_deg))
    assert found.text == "NORTHWIND"


def test_text_in_perspective_is_read(shoot: Any, write: Any) -> None:
    board = write(np.full((80, 400, 3), (120, 30, 20), np.uint8), "QUILLON", at=(200, 40), size_px=56)
    corners = np.array([[200, 120], [700, 210], [700, 270], [200, 220]], np.float32)
    transform = cv2.getPerspectiveTransform(np.array([[0, 0], [400, 0], [400, 80], [0, 80]], np.float32), corners)
    picture = frame()
    cv2.warpPerspective(board, transform, (960, 540), dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
    assert [found.text for found in read(shoot, picture)] == ["QUILLON"]


def test_several_texts_of_several_frames_are_read(shoot: Any, write: Any) -> None:
    first = write(write(frame(), "ACME", at=(200, 100)), "Vantor", at=(700, 180), colour=(20, 220, 250))
    second = write(frame(), "PELLUCID", at=(480, 400), colour=(250, 250, 250))
    found = read(shoot, first, frame(), second)
    assert [(text.seq, text.text) for text in found] == [(0, "ACME"), (0, "Vantor"), (2, "PELLUCID")]


def test_small_text_on_a_low_board_beside_the_field_is_read(shoot: Any, write: Any) -> None:
    picture = frame(1280, 720)
    cv2.rectangle(picture, (0, 340), (1280, 360), (150, 40, 20), -1)
    names = ["NORTHWIND", "QUILLON", "VANTOR", "PELLUCID", "ACME"]
    for place, name in enumerate(names):
        picture = write(picture, name, at=(120 + 250 * place, 350), size_px=15)
    assert {found.text for found in read(shoot, picture)} >= set(names)


@pytest.mark.parametrize("size", [(16, 16), (321, 181)])
def test_frames_without_text_give_none(shoot: Any, size: tuple[int, int]) -> None:
    assert read(shoot, frame(*size)) == []


def test_no_frames_no_texts(shoot: Any) -> None:
    assert read(shoot) == []
