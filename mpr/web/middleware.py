"""A domain error that reaches the rim becomes a page, or for programs JSON, with its sentence and status."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from mpr.errors import MprError, error_json

API = "/api/"
TITLES = {
    400: "That does not work",
    403: "Not allowed",
    404: "Not here",
    409: "Not now",
    503: "Please try again",
    507: "No room left",
}


def wants_json(request: HttpRequest) -> bool:
    """Whether a client of the API asks, or a script of a page, which says that it takes nothing else."""
    return request.path.startswith(API) or request.headers.get("Accept") == "application/json"


class DomainErrorMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, MprError):
            return None
        status = exception.http_status
        if wants_json(request):
            return JsonResponse(error_json(exception.code, exception.message), status=status)
        context = {"title": TITLES.get(status, "Something went wrong"), "message": exception.message, "status": status}
        return render(request, "web/error.html", context, status=status)
