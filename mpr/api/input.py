"""What comes in: serializers that refuse what they do not know."""

from __future__ import annotations

import json
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.settings import api_settings

S = TypeVar("S", bound=serializers.Serializer)


class StrictSerializer(serializers.Serializer):
    """Refuses unknown fields with a sentence that names the known ones."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            known = ", ".join(sorted(self.fields)) or "none"
            sentence = f"There is no field “{unknown[0]}” here. Known: {known}."
            raise serializers.ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [sentence]})
        return super().to_internal_value(data)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ObjectField(serializers.JSONField):
    """A JSON object; in a form (beside a file) it is sent as its text."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except json.JSONDecodeError as error:
                raise serializers.ValidationError("This is not JSON; send an object of names and values.") from error
        if not isinstance(data, dict):
            raise serializers.ValidationError("This must be an object of names and values.")
        return data


@extend_schema_field({"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {}}})
class OverridesField(ObjectField):
    """{stage: {setting: value}}"""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        overrides = super().to_internal_value(data)
        for stage, values in overrides.items():
            if not isinstance(values, dict):
                raise serializers.ValidationError(f"The settings of {stage} must be an object of names and values.")
        return overrides


def parsed(kind: type[S], request: Request, *, query: bool = False) -> dict[str, Any]:
    """The validated body, or with `query` the validated query parameters. Raises ValidationError."""
    given = request.query_params.dict() if query else request.data
    serializer = kind(data=given)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)
