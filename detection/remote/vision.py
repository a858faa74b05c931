"""The vision model of an inference server: asked by workers whose VLM_URL is “inference”."""

from __future__ import annotations

from typing import Any

import msgspec

from detection.remote.environment import remote
from detection.remote.facts import read_facts
from detection.remote.served import SERVED
from detection.remote.servers import Servers, servers_of
from detection.vlm.prompt import Prompt
from detection.vlm.service import Reply
from mpr.errors import BadConfig
from mpr.pipeline.codec import Record

PATH = "/vlm"


class VisionAsk(Record):
    """A prompt for the model that the server's own VLM_URL and VLM_MODEL name; `model` wins over the latter."""

    prompt: Prompt
    model: str = ""
    timeout_s: float = 120.0
    max_answer_tokens: int = 512


class VisionReply(Record):
    """What the model said, and which it is."""

    model: str
    reply: Reply


class RemoteModel:
    """A `Model` behind the inference servers. Raises as `Servers.run` when it is made."""

    def __init__(self, servers: Servers, *, model: str, timeout_s: float, max_answer_tokens: int) -> None:
        self._servers = servers
        known = read_facts(servers.facts()).vision
        self._terms: dict[str, Any] = {
            "model": model, "timeout_s": timeout_s, "max_answer_tokens": max_answer_tokens,
        }  # fmt: skip
        self.name = f"inference {model or known.model}".rstrip()

    def ask(self, prompt: Prompt) -> Reply:
        """As `Model.ask`."""
        answer = self._servers.ask_json(PATH, VisionAsk(prompt=prompt, **self._terms))
        return msgspec.json.decode(answer, type=VisionReply).reply


def load_remote_model(model: str, timeout_s: float, max_answer_tokens: int) -> RemoteModel:
    """The vision model of the servers that the environment names. Raises BadConfig when it names none."""
    there = remote(SERVED)
    if there is None:
        raise BadConfig("VLM_URL is “inference”, but INFERENCE_URL is empty; set it to the address of a server.")
    return RemoteModel(servers_of(there), model=model, timeout_s=timeout_s, max_answer_tokens=max_answer_tokens)
