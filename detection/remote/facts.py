"""What an inference server said of itself, compared with what runs here."""

from __future__ import annotations

import msgspec

from detection.inference.library import here
from detection.remote.served import ENDPOINTS
from mpr.errors import Unavailable
from mpr.pipeline.codec import Record


class StageThere(Record, forbid_unknown_fields=False):
    version: int


class WeightsThere(Record, forbid_unknown_fields=False):
    name: str
    sha256: str


class VisionThere(Record, forbid_unknown_fields=False):
    model: str


class Facts(Record, forbid_unknown_fields=False):
    """What workers read of /models."""

    mpr: str
    stages: dict[str, StageThere]
    weights: list[WeightsThere]
    vision: VisionThere


def read_facts(data: bytes) -> Facts:
    """Raises Unavailable for what is not the answer of an inference server."""
    try:
        return msgspec.json.decode(data, type=Facts)
    except msgspec.DecodeError as error:
        raise Unavailable("It does not say what an inference server says; check INFERENCE_URL.") from error


def compared(data: bytes) -> tuple[str, str]:
    """A server's version and models in a few words, and a sentence on what is not as it is here, empty for nothing."""
    facts = read_facts(data)
    said = f"MPR {facts.mpr}, {len(facts.weights)} model files"
    for stage in ENDPOINTS.values():
        there = facts.stages.get(stage.name)
        if there is None or there.version != stage.version:
            runs = f"version {there.version} of {stage.name}" if there else f"no {stage.name}"
            return said, f"It runs {runs}, this machine version {stage.version}."
    there_digests = {weights.name: weights.sha256 for weights in facts.weights}
    for model in here():
        if there_digests.get(model.name, model.sha256) != model.sha256:
            return said, f"Its {model.name} is another file than the one here."
    return said, ""
