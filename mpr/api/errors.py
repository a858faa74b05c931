"""Every refusal as {"error": {"code", "message"}}: our own errors and those of the REST framework alike."""

from __future__ import annotations

import math
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

from mpr.errors import MprError, error_json

NOT_THERE = "There is nothing at this address, or it belongs to a workspace you are not a member of."
_SIGN_IN = "Sign in first, or send an API token in the header “Authorization: Token …”."
_ROLE = "Your role does not allow this; ask an owner of the workspace."
_DATABASE = "The database does not answer; try again in a moment."


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """The answer to an error raised in an API view; None leaves what nobody foresaw to the 500 handler."""
    told = _told(error)
    if told is None:
        return None
    status, code, message = told
    set_rollback()
    if request := context.get("request"):
        # Whatever the address gives otherwise (a picture, a stream), an error is JSON.
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    return Response(error_json(code, message), status=status, headers=_headers(error))


def _told(error: Exception) -> tuple[int, str, str] | None:
    match error:
        case MprError():
            return error.http_status, error.code, error.message
        case Http404() | exceptions.NotFound():
            return 404, "not_found", NOT_THERE
        case exceptions.NotAuthenticated():
            return 401, "not_signed_in", _SIGN_IN
        case exceptions.AuthenticationFailed():
            return 401, "not_signed_in", f"{error.detail} {_SIGN_IN}"
        case PermissionDenied() | exceptions.PermissionDenied():
            return 403, "not_allowed", str(getattr(error, "detail", "")) or _ROLE
        case exceptions.Throttled():
            return 429, "too_many_requests", f"Too many requests; try again in {_seconds(error)} s."
        case exceptions.ValidationError():
            return 400, "bad_input", sentence(error.detail)
        case exceptions.APIException():
            return error.status_code, error.default_code, str(error.detail)
        case OperationalError():
            return 503, "unavailable", _DATABASE
    return None


def sentence(detail: Any, place: str = "") -> str:
    """The first complaint of a validation error, with the field it is about: “overrides: It must be an object.”"""
    if isinstance(detail, dict):
        name, inner = next(iter(detail.items()))
        below = place if name == "non_field_errors" else f"{place}.{name}" if place else str(name)
        return sentence(inner, below)
    if isinstance(detail, list):
        number, inner = next((number, inner) for number, inner in enumerate(detail) if inner)
        return sentence(inner, f"{place}[{number}]" if isinstance(inner, dict) else place)
    return f"{place}: {detail}" if place else str(detail)


def _headers(error: Exception) -> dict[str, str]:
    headers = {}
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = _seconds(error)
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    return headers


def _seconds(error: exceptions.Throttled) -> str:
    return str(math.ceil(getattr(error, "wait", None) or 1))
