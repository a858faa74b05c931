"""How the OpenAPI schema is made: what every operation has in common is stated here, once."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from mpr.api.once import HEADER

_ERROR = inline_serializer(
    "Error",
    {
        "error": inline_serializer(
            "ErrorDetail",
            {
                "code": serializers.CharField(help_text="Stable; for programs."),
                "message": serializers.CharField(help_text="One sentence: what is wrong and what to do."),
            },
        )
    },
)
_ALWAYS = {401: "Not signed in.", 429: "Too many requests."}
_INPUT = {400: "Something in the request is not right.", 403: "The role does not allow it."}
_NAMED = {404: "There is no such thing, or it belongs to a workspace of others."}
_STATE = {409: "Not possible in the present state."}

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, description="The same request with the same key is done once."
)


class Schema(AutoSchema):
    """Adds the errors that an operation can answer with, and calls shapes by what they are of."""

    def get_serializer_name(self, serializer: Any, direction: str) -> str:
        return serializer.__class__.__name__.removesuffix("Shape").removesuffix("Input")

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status, text in sorted(self._errors().items()):
            answer = OpenApiResponse(_ERROR, description=text)
            bodies.setdefault(str(status), self._get_response_for_code(answer, str(status), None, direction))
        return bodies

    def _errors(self) -> dict[int, str]:
        writes = self.method != "GET"
        errors = dict(_ALWAYS)
        if writes or "{" not in self.path:
            errors |= _INPUT
        if writes or "{" in self.path:
            errors |= _NAMED
        return errors | (_STATE if writes else {})
