from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detection.logos.crops import cut, squashed
from detection.logos.proposals import ProposalConfig, propose
from detection.logos.scout import Scout, distinct, load_scout
from detection.quads import bounds, overlap, rectangle
from detection.sample.icons import draw_icon
from mpr.errors import MprError
from mpr.pipeline.frames import Image


@pytest.fixture(scope="module")
def scout() -> Scout:
    return load_scout(1, "cpu")


def frame_with(name: str, left: int, top: int, size_px: int, ink: int, ground: int) -> Image:
    """A frame of 1280 × 720 with soft noise and one sign."""
    rng = np.random.default_rng(3)
    soft = cv2.resize(rng.normal(ground, 14, (12, 20)).astype(np.float32), (1280, 720), interpolation=cv2.INTER_CUBIC)
    frame = np.repeat(soft[..., None], 3, axis=2)
    cover = draw_icon(name, size_px)[..., None].astype(np.float32) / 255
    part = frame[top : top + size_px, left : left + size_px]
    part += cover * (ink - part)
    return np.clip(frame, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("name", ["ring", "leaf", "star", "diamond"])
@pytest.mark.parametrize(("ink", "ground"), [(230, 90), (30, 150)], ids=["light", "dark"])
@pytest.mark.parametrize("size_px", [28, 64, 150])
def test_a_sign_is_proposed(name: str, ink: int, ground: int, size_px: int, scout: Scout) -> None:
    frame = frame_with(name, 500, 300, size_px, ink, ground)
    regions = propose(frame, [], scout=scout)
    truth = rectangle(500, 300, 500 + size_px, 300 + size_px)
    assert max(overlap(region.quad, truth) for region in regions) >= 0.5
    assert len(regions) <= ProposalConfig().most


def test_known_boxes_come_first() -> None:
    box = ((100.0, 100.0), (300.0, 120.0), (296.0, 160.0), (96.0, 140.0))
    regions = propose(frame_with("star", 500, 300, 60, 230, 90), [box])
    assert regions[0].quad == box
    assert regions[0].kind == "box"


def test_plain_ground_gives_nothing(scout: Scout) -> None:
    assert propose(np.full((720, 1280, 3), 140, np.uint8), [], scout=scout) == []


def test_the_scout_names_the_sign_first(scout: Scout) -> None:
    frame = frame_with("star", 500, 300, 80, 230, 90)
    boxes, chances = scout.look(frame, least=0.05)
    assert overlap(rectangle(*(float(value) for value in boxes[0])), rectangle(500, 300, 580, 380)) >= 0.5
    assert chances[0] == chances.max() >= 4 * ProposalConfig().least_chance


def test_missing_scout_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(MprError, match=r"gone\.onnx"):
        Scout(tmp_path / "gone.onnx", threads=1, device="cpu")


def test_boxes_that_nearly_equal_an_earlier_one_are_dropped() -> None:
    boxes = np.array([(0, 0, 10, 10), (0, 0, 10, 9), (20, 0, 30, 10), (0, 0, 4, 10), (5, 5, 5, 9)], np.float64)
    assert distinct(boxes, 0.6).tolist() == [0, 2, 3]
    assert distinct(boxes, 0.6, most=2).tolist() == [0, 2]


def test_regions_lie_within_the_picture_and_are_few(scout: Scout) -> None:
    frame = np.full((360, 640, 3), 60, np.uint8)
    for left in range(-20, 640, 60):
        for top in range(-20, 360, 60):
            cv2.circle(frame, (left, top), 22, (30, 200, 220), -1)
    regions = propose(frame, [], ProposalConfig(most=25), scout)
    assert 0 < len(regions) <= 25
    for region in regions:
        left, top, right, bottom = bounds(region.quad)
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 360


def test_a_turned_quad_is_cut_upright() -> None:
    frame = np.zeros((100, 100, 3), np.uint8)
    cv2.fillConvexPoly(frame, np.array([(50, 10), (90, 50), (50, 90), (10, 50)]), (255, 255, 255))
    crop = cut(frame, ((50.0, 10.0), (90.0, 50.0), (50.0, 90.0), (10.0, 50.0)))
    assert crop.shape[:2] == (57, 57)
    assert crop.mean() > 240


@pytest.mark.parametrize("shape", [(10, 300), (300, 10), (5, 5), (200, 200)])
def test_squashing_makes_squares(shape: tuple[int, int]) -> None:
    assert squashed(np.full((*shape, 3), 7, np.uint8), 64).shape == (64, 64, 3)
