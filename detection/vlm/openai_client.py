"""Asking a server that speaks OpenAI's chat completions: Ollama, llama.cpp, vLLM, OpenAI, Gemini, Groq."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec
import openai
from openai.types.chat import ChatCompletion

from detection.vlm import service
from detection.vlm.environment import Endpoint
from detection.vlm.prompt import Prompt
from detection.vlm.service import Reply
from mpr.errors import BadConfig

_PROTOCOL = "OpenAI's chat completions"


class OpenAIModel:
    """One model behind one endpoint. Raises as `Model.ask` says when the server has to be asked for its model."""

    def __init__(self, endpoint: Endpoint, max_answer_tokens: int) -> None:
        self._max_answer_tokens = max_answer_tokens
        self._client = openai.OpenAI(
            api_key=endpoint.key, base_url=endpoint.url, timeout=endpoint.timeout_s, max_retries=service.RETRIES
        )
        self._endpoint = endpoint
        if not endpoint.model:
            self._endpoint = msgspec.structs.replace(endpoint, model=self._only_model())
        self.name = f"{endpoint.url} {self._endpoint.model}"

    def ask(self, prompt: Prompt) -> Reply:
        completion = self._call(lambda: self._client.chat.completions.create(**self._request(prompt)))
        if not isinstance(completion, ChatCompletion) or not completion.choices:
            raise service.not_understood(self._endpoint, _PROTOCOL)
        choice, usage = completion.choices[0], completion.usage
        text, problem = choice.message.content or "", ""
        if choice.finish_reason == "length":
            text, problem = "", "it was cut off at the limit of tokens."
        elif not text:
            problem = choice.message.refusal or "it was empty."
        return Reply(
            text=text,
            problem=problem,
            input_tokens=usage.prompt_tokens if usage else 0,
            output_tokens=usage.completion_tokens if usage else 0,
        )

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        pictures = [
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{b64encode(image).decode()}"}}
            for image in prompt.images
        ]
        limit: dict[str, Any] = {"max_tokens": self._max_answer_tokens, "temperature": 0}
        if self._endpoint.newest_protocol:
            limit = {"max_completion_tokens": self._max_answer_tokens}
        return {
            "model": self._endpoint.model,
            "messages": [
                {"role": "system", "content": prompt.system},
                {"role": "user", "content": [{"type": "text", "text": prompt.text}, *pictures]},
            ],
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "verdict", "strict": True, "schema": prompt.schema},
            },
            **limit,
        }

    def _only_model(self) -> str:
        names: list[str] = sorted(model.id for model in self._call(self._client.models.list))
        if len(names) != 1:
            offered = f" It offers: {', '.join(names[:10])}." if names else ""
            which = f"{self._endpoint.name} does not say by itself which model to use"
            raise BadConfig(f"{which}; set {self._endpoint.model_setting}.{offered}")
        return names[0]

    def _call(self, ask: Any) -> Any:
        try:
            return ask()
        except openai.APIStatusError as error:
            raise service.refused(self._endpoint, error.status_code, error.message) from error
        except openai.APIConnectionError as error:
            timed_out = isinstance(error, openai.APITimeoutError)
            raise service.unreachable(self._endpoint, timed_out=timed_out) from error
        except (openai.APIError, ValueError) as error:
            raise service.not_understood(self._endpoint, _PROTOCOL) from error
