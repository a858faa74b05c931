"""The clients, each loaded when a model is first asked: their SDKs take seconds to import, which no other command
should wait for."""

from __future__ import annotations

from detection.vlm.environment import Endpoint
from detection.vlm.service import Model


def load_openai(endpoint: Endpoint, max_answer_tokens: int) -> Model:
    """A client for any server that speaks OpenAI's chat completions."""
    from detection.vlm.openai_client import OpenAIModel

    return OpenAIModel(endpoint, max_answer_tokens)


def load_inference(model: str, timeout_s: float, max_answer_tokens: int) -> Model:
    """A client for the vision model of the inference servers."""
    from detection.remote.vision import load_remote_model

    return load_remote_model(model, timeout_s, max_answer_tokens)


def load_anthropic(endpoint: Endpoint, max_answer_tokens: int) -> Model:
    """A client for Anthropic's Messages API."""
    from detection.vlm.anthropic_client import AnthropicModel

    return AnthropicModel(endpoint, max_answer_tokens)
