"""The error pages, and what programs get in their place."""

from __future__ import annotations

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from mpr.errors import MprError, NotAllowed, NotFound, Unavailable, error_json
from mpr.web.middleware import wants_json

_CODES = {kind.http_status: kind.code for kind in (MprError, NotAllowed, NotFound, Unavailable)}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Also what strangers see of other people's work."""
    message = "There is nothing at this address, or it belongs to a workspace you are not a member of."
    return _page(request, 404, "Not here", message)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403, "Not allowed", "Your role does not allow this; ask an owner of the workspace.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = "This form was open too long or your browser blocks cookies; go back, reload the page and try again."
    return _page(request, 403, "Please try again", message)


def server_error(request: HttpRequest) -> HttpResponse:
    """Nothing here may touch the database: it may be what failed."""
    if isinstance(sys.exc_info()[1], OperationalError):
        message = "The database does not answer. Check that PostgreSQL runs (mpr doctor tells more), then reload."
        return _page(request, 503, "Please try again", message)
    return _page(request, 500, "Something went wrong", "The log has the details; reload, or go back and try again.")


def _page(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(error_json(_CODES[status], message), status=status)
    html = render_to_string("web/error.html", {"title": title, "message": message, "status": status})
    return HttpResponse(html, status=status)
