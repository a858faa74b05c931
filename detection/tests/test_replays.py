from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from detection.video.replays import Replays
from mpr.pipeline.frames import Image

FPS = 25
WIPE_FRAMES = 14


def scene(seed: int, frames: int) -> list[Image]:
    """A view that drifts a little."""
    wide = np.random.default_rng(seed).integers(0, 256, (5, 12)).astype(np.uint8)
    large = np.kron(wide, np.ones((8, 8), np.uint8))[:36]
    return [np.ascontiguousarray(np.roll(large, -(number // 8), axis=1)[:, :64]) for number in range(frames)]


def wipe(seed: int = 99) -> list[Image]:
    """A panel that moves over the picture."""
    panel = np.kron(np.random.default_rng(seed).integers(0, 2, (6, 16)), np.ones((6, 8))).astype(np.uint8) * 255
    return [np.ascontiguousarray(panel[:, 4 * number : 4 * number + 64]) for number in range(WIPE_FRAMES)]


def found(pictures: Iterable[Image]) -> list[tuple[float, float]]:
    replays = Replays()
    for number, picture in enumerate(pictures):
        replays.add(number / FPS, np.dstack([picture] * 3))
    return replays.found()


def test_what_lies_between_two_like_transitions_is_a_replay() -> None:
    pictures = [*scene(1, 100), *wipe(), *scene(2, 120), *wipe(), *scene(3, 100)]

    ((start_s, end_s),) = found(pictures)

    assert start_s == pytest.approx((100 + WIPE_FRAMES / 2) / FPS, abs=0.15)
    assert end_s == pytest.approx((220 + 1.5 * WIPE_FRAMES) / FPS, abs=0.15)


def test_two_replays_are_two_and_what_is_between_is_none() -> None:
    pictures = [*scene(1, 80)]
    for seed in (2, 3):
        pictures += [*wipe(), *scene(seed, 100), *wipe(), *scene(10 + seed, 200)]

    first, second = found(pictures)

    assert first[1] < second[0]
    assert second[0] - first[1] == pytest.approx(200 / FPS, abs=1.2)


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param([*scene(1, 100), *scene(2, 100), *scene(1, 100)], id="a cut back to the same camera"),
        pytest.param([*scene(1, 100), *wipe(5), *scene(2, 100), *wipe(6), *scene(3, 100)], id="different transitions"),
        pytest.param([*scene(1, 100), *wipe(), *scene(2, 200)], id="one transition"),
        pytest.param(
            [*scene(1, 100), *[np.zeros((36, 64), np.uint8)] * 14, *scene(2, 100),
             *[np.zeros((36, 64), np.uint8)] * 14, *scene(3, 100)], id="fades to black",
        ),
        pytest.param([*scene(1, 60), *wipe(), *scene(2, 25), *wipe(), *scene(3, 100)], id="too short"),
        pytest.param([*scene(1, 60), *wipe(), *scene(2, 25 * 62), *wipe(), *scene(3, 60)], id="too long"),
        pytest.param([], id="nothing"),
    ],
)  # fmt: skip
def test_what_is_no_replay(pictures: list[Image]) -> None:
    assert found(pictures) == []
