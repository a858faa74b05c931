"""What all transports share: the shape of a reply, and how failures are put."""

from __future__ import annotations

from typing import Protocol

from detection.vlm.environment import Endpoint
from detection.vlm.prompt import Prompt
from mpr.errors import BadConfig, MprError, Unavailable
from mpr.pipeline.codec import Record

RETRIES = 2
"""How often a client tries again by itself, with growing pauses, before the engine's own retry takes over."""

# Request timeout, conflict, too early, too many requests: trying again can help. So can all of the 500s.
_PASSING = (408, 409, 425, 429)


class Reply(Record):
    """What a model said. `text` is empty when it said nothing usable; `problem` then says why."""

    text: str
    problem: str
    input_tokens: int
    output_tokens: int


class Model(Protocol):
    """A vision model that can be asked. `name` identifies it among remembered answers."""

    name: str

    def ask(self, prompt: Prompt) -> Reply:
        """Raises Unavailable when trying again can help, else MprError with what to do."""


def refused(endpoint: Endpoint, status: int, said: str) -> MprError:
    """The error for an HTTP status that is no success."""
    if status in (401, 403):
        return BadConfig(f"{endpoint.name} refused the key; set {endpoint.key_variable} to a valid one.")
    if status == 404:
        return BadConfig(
            f"{endpoint.name} has no model “{endpoint.model}” at {_host(endpoint)}; set {endpoint.model_setting}."
        )
    if status in _PASSING or status >= 500:
        return Unavailable(f"{endpoint.name} is busy or out of order (HTTP {status}); it will be tried again.")
    return MprError(f"{endpoint.name} refused the question (HTTP {status}): {' '.join(said.split())[:200]}")


def unreachable(endpoint: Endpoint, *, timed_out: bool) -> Unavailable:
    """The error for a connection that failed or an answer that did not come in time."""
    if timed_out:
        return Unavailable(f"{endpoint.name} did not answer within {endpoint.timeout_s:g} s; it will be tried again.")
    return Unavailable(f"{endpoint.name} does not answer at {_host(endpoint)}; check that it runs.")


def not_understood(endpoint: Endpoint, protocol: str) -> MprError:
    """The error for a server that answers something else altogether."""
    return MprError(f"What answers at {_host(endpoint)} does not speak {protocol}; check the address.")


def _host(endpoint: Endpoint) -> str:
    return endpoint.url.rsplit("@", 1)[-1]
