from __future__ import annotations

import threading
import time
from typing import Any

import numpy as np
import pytest

from detection.inference.filling import Filled
from detection.inference.networks import open_network
from detection.inference.ppocr import DETECTION_WEIGHTS, READING_WEIGHTS
from detection.inference.serving import SERVING
from detection.inference.weights import bundled_weights


class Slow:
    """Gives each row plus one, in memory that it uses again; says which batches it ran. Fails on a row of 13."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.batches: list[tuple[int, ...]] = []
        self.at_once = self.most_at_once = 0
        self._memory = np.zeros((64, 64), np.float32)

    def run(self, batch: Any) -> Any:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.batches.append(batch.shape)
        self.begun.set()
        self.may_end.wait(5)
        self.at_once -= 1
        if (batch == 13).any():
            raise ValueError("unlucky")
        output = self._memory[: len(batch), : batch.shape[1]]
        output[:] = batch + 1
        return output

    def note(self, key: str) -> str:
        return f"about {key}"


def rows(number: int, *, width: int = 3, value: float = 0) -> Any:
    return np.full((number, width), value, np.float32)


def together(network: Filled, slow: Slow, batches: list[Any]) -> list[Any]:
    """What each call gives when all but the first come while the first runs."""
    said: list[Any] = [None] * len(batches)

    def call(place: int) -> None:
        try:
            said[place] = network.run(batches[place]).copy()
        except ValueError as error:
            said[place] = str(error)

    threads = [threading.Thread(target=call, args=(place,)) for place in range(len(batches))]
    threads[0].start()
    assert slow.begun.wait(5)
    for thread in threads[1:]:
        thread.start()
        until_s = time.monotonic() + 5
        while len(network._waiting) < threads.index(thread):
            assert time.monotonic() < until_s
            time.sleep(0.001)
    slow.may_end.set()
    for thread in threads:
        thread.join(5)
    return said


def test_what_waits_is_one_batch_and_each_gets_its_own_back() -> None:
    slow = Slow()
    said = together(Filled(slow, most_rows=16), slow, [rows(1, value=1), rows(2, value=2), rows(3, value=3)])
    assert slow.batches == [(1, 3), (5, 3)]
    for place, output in enumerate(said, start=1):
        assert np.array_equal(output, rows(place, value=place + 1))


def test_only_equal_shapes_share_a_batch() -> None:
    slow = Slow()
    calls = [rows(1), rows(1, width=3), rows(1, width=5), rows(1, width=3), rows(1, width=5)]
    together(Filled(slow, most_rows=16), slow, calls)
    assert sorted(slow.batches[1:]) == [(2, 3), (2, 5)]


def test_a_batch_has_so_many_rows_at_most() -> None:
    slow = Slow()
    together(Filled(slow, most_rows=4), slow, [rows(1), rows(3), rows(3), rows(1), rows(6)])
    assert max(batch[0] for batch in slow.batches) == 6
    assert sorted(batch[0] for batch in slow.batches) == [1, 3, 4, 6]


def test_one_batch_runs_at_a_time() -> None:
    slow = Slow()
    together(Filled(slow, most_rows=2), slow, [rows(1) for _ in range(9)])
    assert slow.most_at_once == 1
    assert sum(batch[0] for batch in slow.batches) == 9


def test_what_fails_fails_for_all_that_are_in_it_and_no_others() -> None:
    slow = Slow()
    said = together(
        Filled(slow, most_rows=16), slow, [rows(1, value=1), rows(1, value=13), rows(1, value=2), rows(1, width=5)]
    )
    assert said[1] == said[2] == "unlucky"
    assert np.array_equal(said[0], rows(1, value=2))
    assert np.array_equal(said[3], rows(1, width=5, value=1))


def test_it_says_what_the_network_says() -> None:
    assert Filled(Slow(), most_rows=2).note("characters") == "about characters"


@pytest.mark.parametrize("engine", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("weights", [DETECTION_WEIGHTS, READING_WEIGHTS])
def test_filled_networks_say_what_they_say_alone(engine: Any, weights: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bundled_weights("rapidocr", weights)
    alone = open_network(path, engine=engine, precision="f32", threads=1, device="cpu")
    monkeypatch.setattr(SERVING, "rows_on_processor", 8)
    filled = open_network(path, engine=engine, precision="f32", threads=1, device="cpu")
    assert isinstance(filled, Filled)
    shape = (1, 3, 48, 128) if weights == READING_WEIGHTS else (1, 3, 64, 96)
    pictures = [np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32) for seed in range(6)]
    said: dict[int, Any] = {}
    threads = [
        threading.Thread(target=lambda place=place: said.update({place: filled.run(pictures[place]).copy()}))
        for place in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place, picture in enumerate(pictures):
        assert np.abs(said[place] - alone.run(picture)).max() < 1e-4


def test_a_network_of_one_picture_at_a_time_is_not_filled(network: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = network("one.onnx", output=np.zeros((1, 4)), input_shape=(1, 3, 8, 8))
    monkeypatch.setattr(SERVING, "rows_on_processor", 8)
    opened = open_network(path, engine="onnxruntime", precision="f32", threads=1, device="cpu")
    assert not isinstance(opened, Filled)


def test_workers_fill_nothing() -> None:
    assert (SERVING.rows_on_card, SERVING.rows_on_processor, SERVING.callers) == (1, 1, 1)
