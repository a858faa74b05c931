"""What the environment says of vision models: addresses, keys and switches. Secrets live nowhere else."""

from __future__ import annotations

import os
from typing import Literal
from urllib.parse import urlsplit

from mpr.errors import BadConfig
from mpr.pipeline.codec import Record

Provider = Literal["anthropic", "openai", "gemini", "groq"]

_KEYS: dict[Provider, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "groq": "GROQ_API_KEY",
}
# Gemini and Groq speak the OpenAI protocol at these addresses.
_ADDRESSES: dict[Provider, tuple[str, str]] = {
    "anthropic": ("ANTHROPIC_BASE_URL", "https://api.anthropic.com"),
    "openai": ("OPENAI_BASE_URL", "https://api.openai.com/v1"),
    "gemini": ("GEMINI_BASE_URL", "https://generativelanguage.googleapis.com/v1beta/openai"),
    "groq": ("GROQ_BASE_URL", "https://api.groq.com/openai/v1"),
}


class Endpoint(Record):
    """Where a model is asked. `name` is how messages call the service; `key_variable` and `model_setting` say where a
    person changes the key and the model; `newest_protocol` is for OpenAI's own service, whose newer models take neither
    a temperature nor the old name of the token limit."""

    name: str
    url: str
    key: str
    key_variable: str
    model: str
    model_setting: str
    timeout_s: float
    newest_protocol: bool = False


INFERENCE = "inference"
"""VLM_URL with this value means the vision model of the inference servers."""


def variable(name: str) -> str:
    """The value of an environment variable without surrounding blanks; empty when unset."""
    return os.environ.get(name, "").strip()


def is_on(name: str) -> bool:
    """Whether a switch such as SKIP_VLM is set. Raises BadConfig for anything but a yes or a no."""
    value = variable(name).lower()
    if value in ("", "0", "false", "no", "off"):
        return False
    if value in ("1", "true", "yes", "on"):
        return True
    raise BadConfig(f"{name} is “{value}”; set it to 1 or 0.")


def local_endpoint(model: str, timeout_s: float) -> Endpoint:
    """The OpenAI-compatible server at VLM_URL. An address without a path gets the usual /v1.

    `model` wins over VLM_MODEL; when both are empty the server is asked which model it serves.
    """
    return Endpoint(
        name="The local vision model",
        url=_url("VLM_URL", "", path="/v1"),
        key=variable("VLM_API_KEY") or "none",
        key_variable="VLM_API_KEY",
        model=model or variable("VLM_MODEL"),
        model_setting="VLM_MODEL",
        timeout_s=timeout_s,
    )


def cloud_key_variable(provider: Provider) -> str:
    """The environment variable that holds a provider's key."""
    return _KEYS[provider]


def cloud_endpoint(provider: Provider, model: str, timeout_s: float) -> Endpoint:
    """A provider's API with the key from the environment."""
    return Endpoint(
        name={"anthropic": "Anthropic", "openai": "OpenAI", "gemini": "Gemini", "groq": "Groq"}[provider],
        url=_url(*_ADDRESSES[provider]),
        key=variable(_KEYS[provider]),
        key_variable=_KEYS[provider],
        model=model,
        model_setting="escalate_cloud.model",
        timeout_s=timeout_s,
        newest_protocol=provider == "openai",
    )


def _url(name: str, default: str, *, path: str = "") -> str:
    value = variable(name) or default
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        shown = value.rsplit("@", 1)[-1]
        raise BadConfig(f"{name} is “{shown}”; set it to an address that begins with http:// or https://.")
    return value.rstrip("/") + path if parts.path in ("", "/") and path else value.rstrip("/")
