"""What an inference server says of itself."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

import onnxruntime

from detection.inference.library import here
from detection.inference.networks import has_bf16
from detection.remote.admission import Admission
from detection.remote.served import ENDPOINTS
from detection.remote.wire import PROTOCOL
from detection.vlm.environment import variable


def health(admission: Admission) -> dict[str, Any]:
    """How it is: for whoever spreads calls over servers, and for whoever watches them. Told without a key."""
    return {
        "status": "ending" if admission.ending else "well",
        "mpr": version("mpr"),
        "protocol": PROTOCOL,
        "running": admission.running,
        "waiting": admission.waiting,
        "at_once": admission.at_once,
        "ending": admission.ending,
    }


def models() -> dict[str, Any]:
    """What it runs: stages with their versions, weights with their hashes, and on what."""
    return {
        "mpr": version("mpr"),
        "protocol": PROTOCOL,
        "stages": {stage.name: {"path": path, "version": stage.version} for path, stage in ENDPOINTS.items()},
        "weights": [
            {"name": one.name, "sha256": one.sha256, "size": one.size, "licence": one.licence} for one in here()
        ],
        "device": {
            "processors": os.cpu_count(),
            "bf16": has_bf16(),
            "onnxruntime": {"version": onnxruntime.__version__, "providers": onnxruntime.get_available_providers()},
            "openvino": version("openvino"),
        },
        "vision": {"configured": bool(variable("VLM_URL")), "model": variable("VLM_MODEL")},
    }
