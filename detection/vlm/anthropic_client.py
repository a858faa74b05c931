"""Asking Anthropic's Messages API, with the answer held to a JSON schema."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import anthropic
from anthropic.types import Message

from detection.vlm import service
from detection.vlm.environment import Endpoint
from detection.vlm.prompt import Prompt
from detection.vlm.service import Reply

_PROTOCOL = "Anthropic's Messages API"


class AnthropicModel:
    """One model of Anthropic's."""

    def __init__(self, endpoint: Endpoint, max_answer_tokens: int) -> None:
        self._max_answer_tokens = max_answer_tokens
        self._client = anthropic.Anthropic(
            api_key=endpoint.key, base_url=endpoint.url, timeout=endpoint.timeout_s, max_retries=service.RETRIES
        )
        self._endpoint = endpoint
        self.name = f"{endpoint.url} {endpoint.model}"

    def ask(self, prompt: Prompt) -> Reply:
        message = self._create(prompt)
        if not isinstance(message, Message) or message.content is None or message.usage is None:
            raise service.not_understood(self._endpoint, _PROTOCOL)
        # Newer models may think first, so the answer is found by its type, not by its place.
        text, problem = "".join(block.text for block in message.content if block.type == "text"), ""
        if message.stop_reason == "refusal":
            text, problem = "", "the model declined to answer."
        elif message.stop_reason == "max_tokens":
            text, problem = "", "it was cut off at the limit of tokens."
        elif not text:
            problem = "it was empty."
        usage = message.usage
        cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
        return Reply(
            text=text,
            problem=problem,
            input_tokens=usage.input_tokens + cached,
            output_tokens=usage.output_tokens,
        )

    def _create(self, prompt: Prompt) -> Any:
        pictures: list[Any] = [
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/jpeg", "data": b64encode(image).decode()},
            }
            for image in prompt.images
        ]
        try:
            return self._client.messages.create(
                model=self._endpoint.model,
                max_tokens=self._max_answer_tokens,
                system=prompt.system,
                messages=[{"role": "user", "content": [*pictures, {"type": "text", "text": prompt.text}]}],
                output_config={"format": {"type": "json_schema", "schema": prompt.schema}},
            )
        except anthropic.APIStatusError as error:
            raise service.refused(self._endpoint, error.status_code, error.message) from error
        except anthropic.APIConnectionError as error:
            timed_out = isinstance(error, anthropic.APITimeoutError)
            raise service.unreachable(self._endpoint, timed_out=timed_out) from error
        except (anthropic.AnthropicError, ValueError) as error:
            raise service.not_understood(self._endpoint, _PROTOCOL) from error
