from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from detection.inference import networks
from detection.inference.networks import has_bf16, open_network, resolved
from detection.inference.ppocr import DETECTION_WEIGHTS, READING_WEIGHTS
from detection.inference.weights import bundled_weights
from mpr.errors import BadConfig

BOTH = ("onnxruntime", "openvino")


def opened(engine: Any, precision: Any = "f32", weights: str = DETECTION_WEIGHTS) -> Any:
    path = bundled_weights("rapidocr", weights)
    return open_network(path, engine=engine, precision=precision, threads=1, device="cpu")


def picture(height: int = 64, width: int = 96) -> Any:
    return np.random.default_rng(3).uniform(-1, 1, (1, 3, height, width)).astype(np.float32)


def test_both_engines_say_the_same() -> None:
    one, other = (opened(engine).run(picture()).copy() for engine in BOTH)
    assert one.shape == other.shape == (1, 1, 64, 96)
    assert np.abs(one - other).max() < 1e-3


def test_on_a_server_networks_are_opened_for_all_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(networks, "_OpenVino", lambda path, *, at_once, **given: asked.append(at_once) or FixedBatch())
    monkeypatch.setattr(networks.os, "cpu_count", lambda: 8)
    for callers, at_once, threads in [(1, 2, 1), (3, 2, 1), (16, 2, 1), (4, 2, 4), (4, 3, 8)]:
        monkeypatch.setattr(networks.SERVING, "callers", callers)
        open_network(
            bundled_weights("rapidocr", DETECTION_WEIGHTS), engine="openvino", precision="f32", threads=threads,
            device="cpu", at_once=at_once,
        )  # fmt: skip
    assert asked == [2, 6, 8, 2, 3]


class FixedBatch:
    takes_any_batch = False


@pytest.mark.parametrize("engine", BOTH)
@pytest.mark.parametrize("precision", ["auto", "f32"])
def test_equal_pictures_give_equal_bytes_whatever_came_between(engine: Any, precision: Any) -> None:
    network = opened(engine, precision)
    first = network.run(picture()).tobytes()
    network.run(picture(32, 160))
    assert network.run(picture()).tobytes() == first
    assert opened(engine, precision).run(picture()).tobytes() == first


@pytest.mark.skipif(not has_bf16(), reason="this processor has no bf16")
def test_bf16_is_nearly_f32() -> None:
    exact, rough = (opened("openvino", precision).run(picture()).copy() for precision in ("f32", "bf16"))
    assert (exact != rough).any()
    assert np.abs(exact - rough).max() < 0.1


@pytest.mark.parametrize("engine", BOTH)
def test_notes_of_the_file(engine: Any) -> None:
    network = opened(engine, weights=READING_WEIGHTS)
    assert "A" in network.note("character").splitlines()
    assert network.note("no such note") == ""


@pytest.mark.parametrize(
    ("bf16", "asked", "chosen"),
    [
        pytest.param(True, ("auto", "auto"), ("openvino", "bf16"), id="the faster one"),
        pytest.param(False, ("auto", "auto"), ("onnxruntime", "f32"), id="without bf16"),
        pytest.param(True, ("auto", "f32"), ("onnxruntime", "f32"), id="exact"),
        pytest.param(True, ("auto", "bf16"), ("openvino", "bf16"), id="rough"),
        pytest.param(False, ("openvino", "auto"), ("openvino", "f32"), id="OpenVINO without bf16"),
        pytest.param(True, ("openvino", "f32"), ("openvino", "f32"), id="OpenVINO exact"),
        pytest.param(True, ("onnxruntime", "auto"), ("onnxruntime", "f32"), id="ONNX Runtime"),
    ],
)
def test_what_is_chosen(bf16: bool, asked: Any, chosen: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "has_bf16", lambda: bf16)
    assert resolved(*asked, "cpu") == chosen


def test_a_card_runs_onnxruntime(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "uses_cuda", lambda device: device != "cpu")
    assert resolved("auto", "auto", "auto") == ("onnxruntime", "f32")
    with pytest.raises(BadConfig, match="“precision” is bf16, which is for processors"):
        resolved("auto", "bf16", "cuda")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(("openvino", "auto", "cuda"), "“engine” is openvino, which has no CUDA", id="OpenVINO on a card"),
        pytest.param(("onnxruntime", "bf16", "cpu"), "“engine” onnxruntime has not", id="ONNX Runtime with bf16"),
        pytest.param(("openvino", "bf16", "cpu"), "processor has no bf16; set it to auto", id="no bf16"),
    ],
)
def test_what_cannot_be_had_is_refused(asked: Any, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "has_bf16", lambda: False)
    with pytest.raises(BadConfig, match=said):
        resolved(*asked)


@pytest.mark.parametrize("engine", BOTH)
def test_a_file_that_is_no_network_is_refused(engine: Any, tmp_path: Any) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"no network")
    with pytest.raises(BadConfig, match=r"net\.onnx is not a model that"):
        open_network(path, engine=engine, precision="f32", threads=1, device="cpu")


def test_openvino_reports_nothing_to_anyone() -> None:
    """Its telemetry package reports every import; the lock files leave it out."""
    opened("openvino")
    assert "openvino_telemetry" not in sys.modules


_TWO_THREADS = """
import sys, threading, faulthandler
import numpy as np
from detection.inference.networks import open_network
from detection.inference.ppocr import DETECTION_WEIGHTS
from detection.inference.weights import bundled_weights

faulthandler.dump_traceback_later(120, exit=True)
path = bundled_weights("rapidocr", DETECTION_WEIGHTS)
network = open_network(
    path, engine=sys.argv[1], precision="auto", threads=1, device="cpu", at_once=2
)
pictures = [np.random.default_rng(seed).uniform(-1, 1, (1, 3, 64, 96)).astype(np.float32) for seed in range(4)]
together = threading.Barrier(2)
said = {}

def run(name):
    together.wait()
    said[name] = [network.run(picture).tobytes() for picture in pictures]

threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert said["a"] == said["b"] == [network.run(picture).tobytes() for picture in pictures]
"""


@pytest.mark.parametrize("engine", BOTH)
def test_two_threads_may_begin_at_the_same_time_and_get_what_one_gets(engine: str) -> None:
    # In a process of its own, since the very first use is the one at which they might wait for each other.
    subprocess.run([sys.executable, "-c", _TWO_THREADS, engine], check=True)
