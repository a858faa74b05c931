"""ONNX Runtime sessions."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as state

from mpr.errors import BadConfig

Device = Literal["auto", "cpu", "cuda"]

# What ONNX Runtime raises for a file, or for an input, that does not fit.
ORT_ERRORS = (state.Fail, state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NotImplemented)


def uses_cuda(device: Device) -> bool:
    """Whether models run on an NVIDIA card here. Raises BadConfig when one is asked for and there is none."""
    present = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not present:
        raise BadConfig(
            "“device” is cuda, but ONNX Runtime has no CUDA here; install onnxruntime-gpu or set it to auto."
        )
    return present and device != "cpu"


def open_session(path: Path, *, threads: int, device: Device) -> onnxruntime.InferenceSession:
    """A session over an ONNX file. Raises BadConfig when the file is not a model that ONNX Runtime can run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    providers = ["CUDAExecutionProvider"] if uses_cuda(device) else []
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=[*providers, "CPUExecutionProvider"])
    except ORT_ERRORS as error:
        raise BadConfig(f"{path.name} is not a model that ONNX Runtime can run; export it again as ONNX.") from error
