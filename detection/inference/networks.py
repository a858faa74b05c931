"""Networks in ONNX files, run by ONNX Runtime or by OpenVINO.

Measured on PP-OCR, one thread: both cost the same in f32, and OpenVINO takes 0.6 of the time in bf16 where the
processor has instructions for it (AVX512_BF16, AMX). Hence `auto` is OpenVINO with bf16 there, and ONNX Runtime with
f32 everywhere else and on a card. bf16 keeps 8 of 24 bits of each number, so scores move in the third digit.

OpenVINO is imported where it is used, since that takes half a second.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from detection.inference.filling import Filled
from detection.inference.serving import SERVING
from detection.inference.sessions import Device, open_session, uses_cuda
from mpr.errors import BadConfig

Engine = Literal["auto", "onnxruntime", "openvino"]
Precision = Literal["auto", "f32", "bf16"]
Tensor = NDArray[np.float32]


class Network(Protocol):
    """A network with one input and one output."""

    def run(self, batch: Tensor) -> Tensor:
        """The output for one batch. It is only good until this thread's next call. Several threads may call at once."""

    def note(self, key: str) -> str:
        """What the file says under that key, "" if nothing."""


def open_network(
    path: Path, *, engine: Engine, precision: Precision, threads: int, device: Device, at_once: int = 1
) -> Network:
    """The network in a file, for `at_once` calls at a time on `threads` threads each; on a server for as many of each
    of its callers. Raises BadConfig for an engine, a precision or a device that is not to be had here."""
    chosen, bits = resolved(engine, precision, device)
    at_once = max(at_once, min(at_once * SERVING.callers, (os.cpu_count() or 1) // threads))
    network: _OpenVino | _OnnxRuntime
    if chosen == "openvino":
        network = _OpenVino(path, precision=bits, threads=threads, at_once=at_once)
    else:
        network = _OnnxRuntime(path, threads=threads, device=device)
    on_card = chosen == "onnxruntime" and uses_cuda(device)
    rows = SERVING.rows_on_card if on_card else SERVING.rows_on_processor
    return Filled(network, most_rows=rows) if rows > 1 and network.takes_any_batch else network


def resolved(
    engine: Engine, precision: Precision, device: Device
) -> tuple[Literal["onnxruntime", "openvino"], Literal["f32", "bf16"]]:
    """The engine and the precision that are used for a choice of them. Raises BadConfig."""
    if engine == "openvino" and device == "cuda":
        raise BadConfig("“engine” is openvino, which has no CUDA; set “engine” to auto, or “device” to cpu.")
    if precision == "bf16" and engine == "onnxruntime":
        raise BadConfig("“precision” is bf16, which “engine” onnxruntime has not; set one of them to auto.")
    on_card = engine != "openvino" and uses_cuda(device)
    if precision == "bf16" and on_card:
        raise BadConfig("“precision” is bf16, which is for processors; set it to auto, or “device” to cpu.")
    if on_card or engine == "onnxruntime":
        return "onnxruntime", "f32"
    if precision == "f32":
        return ("openvino" if engine == "openvino" else "onnxruntime"), "f32"
    if has_bf16():
        return "openvino", "bf16"
    if precision == "bf16":
        raise BadConfig("“precision” is bf16, but this machine's processor has no bf16; set it to auto.")
    return ("openvino" if engine == "openvino" else "onnxruntime"), "f32"


@cache
def has_bf16() -> bool:
    """Whether this machine's processor calculates with bf16."""
    return "BF16" in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


class _OnnxRuntime:
    def __init__(self, path: Path, *, threads: int, device: Device) -> None:
        self._session = open_session(path, threads=threads, device=device)
        entry = self._session.get_inputs()[0]
        self._input = entry.name
        self.takes_any_batch = not isinstance(entry.shape[0], int)

    def run(self, batch: Tensor) -> Tensor:
        return cast(Tensor, self._session.run(None, {self._input: batch})[0])

    def note(self, key: str) -> str:
        return str(self._session.get_modelmeta().custom_metadata_map.get(key, ""))


class _OpenVino:
    def __init__(self, path: Path, *, precision: Literal["f32", "bf16"], threads: int, at_once: int) -> None:
        core = _core()
        try:
            model = core.read_model(path)
        except RuntimeError as error:
            raise BadConfig(f"{path.name} is not a model that OpenVINO can run; export it again as ONNX.") from error
        self._model = model
        self.takes_any_batch = bool(model.input(0).partial_shape[0].is_dynamic)
        settings = {
            "INFERENCE_PRECISION_HINT": precision,
            "INFERENCE_NUM_THREADS": threads * at_once,
            "NUM_STREAMS": at_once,
            # Workers share the cores; pinned to one, two of them would get in each other's way.
            "ENABLE_CPU_PINNING": False,
        }
        self._compiled = core.compile_model(model, "CPU", settings)
        # A request has buffers of its own.
        self._requests = threading.local()

    def run(self, batch: Tensor) -> Tensor:
        if not hasattr(self._requests, "own"):
            self._requests.own = self._compiled.create_infer_request()
        self._requests.own.infer({0: batch}, share_inputs=True)
        return cast(Tensor, self._requests.own.get_output_tensor().data)

    def note(self, key: str) -> str:
        place = ["framework", key]
        return str(self._model.get_rt_info(place).value) if self._model.has_rt_info(place) else ""


@cache
def _core() -> Any:
    from openvino import Core, Tensor

    # OpenVINO prepares its way to numpy at the first use of it; two threads that do so at once wait for each other for
    # ever.
    np.asarray(Tensor(np.zeros(1, np.float32), shared_memory=True).data)
    return Core()
