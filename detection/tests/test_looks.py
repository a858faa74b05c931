from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from detection.inference.findings import Found
from detection.inference.ppocr import TextDetector, TextSearch, load_text_detector
from detection.inference.text_boxes import TextBox
from detection.looks import FirstLook, Looks, board_region, find_text, first_size, new_text, text_region
from detection.quads import bounds, overlap, rectangle

WHOLE = TextSearch(
    limit_side_px=736, limit_type="min", max_side_px=1920, threshold=0.4, unclip_ratio=1.6, min_height_px=6.0
)


def looks(**changes: Any) -> Looks:
    first = {"side_px": 640, "threshold": 0.3, "final_height_px": 9.0, "trace_threshold": 0.1}
    first |= {name: changes.pop(name) for name in list(changes) if name in first}
    values: dict[str, Any] = {"whole": WHOLE, "whole_share": 0.8, "closer_height_px": 22.0, "most_enlarged": 1.5}
    return Looks(**{"first": FirstLook(**first), **values, **changes})


class Watched:
    """A network that remembers the sizes (width, height) it was shown."""

    def __init__(self, network: Any) -> None:
        self.network, self.sizes = network, []

    def run(self, batch: Any) -> Any:
        self.sizes.append((batch.shape[3], batch.shape[2]))
        return self.network.run(batch)


@pytest.fixture(scope="module")
def loaded() -> TextDetector:
    return load_text_detector(1, "cpu")


@pytest.fixture
def watched(loaded: TextDetector) -> Watched:
    return Watched(loaded._network)


def grey(width: int = 1280, height: int = 720) -> Any:
    return np.full((height, width, 3), 60, np.uint8)


def centres(found: list[Found]) -> list[tuple[float, float]]:
    boxes = [bounds(one.quad) for one in found]
    return sorted(((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in boxes)


def test_a_frame_without_text_is_looked_at_once(watched: Watched) -> None:
    assert find_text(TextDetector(watched), grey(), looks()) == []
    assert watched.sizes == [(640, 352)]


@pytest.mark.parametrize("level", [0, 90, 128, 200, 255])
def test_plain_frames_are_looked_at_once(watched: Watched, level: int) -> None:
    assert find_text(TextDetector(watched), np.full((720, 1280, 3), level, np.uint8), looks(side_px=704)) == []
    assert len(watched.sizes) == 1


def test_a_frame_full_of_specks_costs_little_more_than_two_looks(watched: Watched) -> None:
    noise = np.random.default_rng(1).normal(100, 6, (720, 1280, 3)).clip(0, 255).astype(np.uint8)
    find_text(TextDetector(watched), noise, looks(side_px=704))
    assert sum(width * height for width, height in watched.sizes) < 704 * 384 + 1312 * 736


def test_large_text_is_final_at_the_first_look(watched: Watched, write: Any) -> None:
    (found,) = find_text(TextDetector(watched), write(grey(), "NORTHWIND", at=(640, 300), size_px=90), looks())
    assert len(watched.sizes) == 1
    assert overlap(found.quad, rectangle(360, 255, 920, 345)) > 0.6


def test_small_text_is_looked_at_again_where_it_is(watched: Watched, write: Any) -> None:
    picture = write(grey(), "NORTHWIND", at=(900, 600), size_px=22)
    (found,) = find_text(TextDetector(watched), picture, looks(final_height_px=20))
    first, *closer = watched.sizes
    assert first == (640, 352)
    assert closer
    assert sum(width * height for width, height in closer) < 640 * 352 / 4
    left, top, right, bottom = bounds(found.quad)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((900, 600), abs=4)


def test_text_that_is_too_small_for_the_whole_frame_is_found(loaded: TextDetector, write: Any) -> None:
    picture = grey(1920, 1080)
    for place, name in enumerate(["VANTOR", "QUILLON", "PELLUCID"]):
        picture = write(picture, name, at=(300 + 500 * place, 700), size_px=18)
    assert find_text(loaded, picture, looks(trace_threshold=1.0, threshold=1.0, final_height_px=500)) == []
    found = centres(find_text(loaded, picture, looks()))
    assert [round(x, -1) for x, _ in found] == [300, 800, 1300]


def test_much_small_text_is_seen_in_one_look_at_the_whole_frame(watched: Watched, write: Any) -> None:
    picture = grey()
    for row in range(20):
        picture = write(picture, "NORTHWIND QUILLON VANTOR", at=(640, 30 + 34 * row), size_px=20)
    assert len(find_text(TextDetector(watched), picture, looks(whole_share=0.3, final_height_px=20))) >= 20
    assert watched.sizes == [(640, 352), (1312, 736)]


def test_what_the_second_look_does_not_see_stays(loaded: TextDetector, write: Any) -> None:
    picture = write(grey(), "NORTHWIND", at=(640, 300), size_px=24)
    blind = TextSearch(**{**vars(WHOLE), "threshold": 0.999})
    (found,) = find_text(loaded, picture, looks(whole=blind))
    assert overlap(found.quad, rectangle(570, 288, 710, 312)) > 0.4


def test_only_one_look_where_two_are_not_wanted(watched: Watched, write: Any) -> None:
    picture = write(grey(), "NORTHWIND", at=(900, 600), size_px=30)
    assert len(find_text(TextDetector(watched), picture, looks(first=None))) == 1
    assert watched.sizes == [(1312, 736)]


def test_boards_are_looked_at_only_where_they_seem_empty(watched: Watched, write: Any) -> None:
    picture = write(grey(), "NORTHWIND", at=(640, 300), size_px=60)
    filled, empty = rectangle(450, 260, 830, 340), rectangle(100, 600, 400, 630)
    find_text(TextDetector(watched), picture, looks(), [filled])
    assert len(watched.sizes) == 1
    find_text(TextDetector(watched), picture, looks(), [filled, empty])
    assert len(watched.sizes) == 3


def test_words_at_the_border_of_a_window_are_not_found_twice(loaded: TextDetector, write: Any) -> None:
    picture = grey()
    for place in range(6):
        picture = write(picture, "QUILLON", at=(120 + 200 * place, 200 + 80 * place), size_px=17)
    found = find_text(loaded, picture, looks())
    assert len(found) == 6
    assert all(overlap(a.quad, b.quad) == 0 for i, a in enumerate(found) for b in found[:i])


def test_equal_pictures_give_equal_boxes(loaded: TextDetector, write: Any) -> None:
    picture = write(write(grey(), "NORTHWIND", at=(900, 600), size_px=16), "ACME", at=(300, 100), size_px=70)
    first = find_text(loaded, picture, looks())
    find_text(loaded, cv2.flip(picture, 1), looks())
    assert find_text(loaded, picture, looks()) == first


@pytest.mark.parametrize("size", [(1, 1), (9, 5), (33, 17), (2000, 3), (641, 359), (1080, 1920)])
def test_pictures_of_any_size(loaded: TextDetector, size: tuple[int, int]) -> None:
    assert find_text(loaded, grey(*size), looks()) == []
    assert find_text(loaded, grey(*size), looks(), [rectangle(0, 0, *size)]) == []


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param((1280, 720), (640, 352), id="720p"),
        pytest.param((1080, 1920), (352, 640), id="upright"),
        pytest.param((400, 200), (640, 320), id="small frames are enlarged"),
        pytest.param((200, 100), (384, 192), id="but not to a blur"),
    ],
)
def test_the_size_of_the_first_look(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert first_size(*size, 640) == expected


def test_surroundings_lie_along_the_line() -> None:
    flat = TextBox(corners=np.array([[100, 50], [140, 50], [140, 60], [100, 60]], np.float32), score=0.2, height_px=10)
    tall = TextBox(corners=np.array([[100, 50], [110, 50], [110, 90], [100, 90]], np.float32), score=0.2, height_px=10)
    twice = np.array([2, 2], np.float32)
    one, other = (text_region(box, twice, looks()) for box in (flat, tall))
    assert (one.left, one.right, one.top, one.bottom) == pytest.approx((180, 300, 88, 132))
    assert (other.left, other.right, other.top, other.bottom) == pytest.approx((188, 232, 80, 200))
    assert one.scale == pytest.approx(22 / 20)


@pytest.mark.parametrize(("height", "scale"), [(10, 1.5), (30, 22 / 18), (48, 22 / 28.8), (400, 0.5)])
def test_low_boards_are_enlarged(height: float, scale: float) -> None:
    assert board_region(rectangle(0, 0, 300, height), looks()).scale == pytest.approx(scale)


def test_new_text_is_neither_a_repeat_nor_a_part() -> None:
    known = Found(quad=rectangle(0, 0, 100, 20), label="text", score=0.9)
    repeat = Found(quad=rectangle(2, 0, 100, 21), label="text", score=0.9)
    part = Found(quad=rectangle(10, 2, 50, 18), label="text", score=0.9)
    other = Found(quad=rectangle(95, 0, 160, 20), label="text", score=0.9)
    longer = Found(quad=rectangle(0, 0, 300, 20), label="text", score=0.9)
    assert new_text([known], [repeat, part, other, longer]) == [other, longer]
