"""How often a link may be looked at, and how often addresses may be tried."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from rest_framework.throttling import SimpleRateThrottle


class _PerLink(SimpleRateThrottle):
    """As often as a person may ask the API: a page with its pictures asks for some hundred things. Of every link apart,
    so that a link that is much looked at closes no other."""

    scope = "shared"

    def __init__(self, token: str) -> None:
        self._token = hashlib.sha256(token.encode()).hexdigest()
        super().__init__()

    def get_rate(self) -> str:
        return f"{settings.MPR_API_PER_MINUTE}/minute"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"mpr.shared.{self._token}.{self.get_ident(request)}"


class _PerAddress(SimpleRateThrottle):
    """Whoever tries tokens is slowed down; pictures of open links count here, too."""

    scope = "shared-address"

    def get_rate(self) -> str:
        return f"{2 * settings.MPR_API_PER_MINUTE}/minute"

    def get_cache_key(self, request: Any, view: Any) -> str:
        return f"mpr.shared.{self.get_ident(request)}"


def allowed(request: HttpRequest, token: str) -> bool:
    """Whether this link may be asked for something now, from there."""
    rates: tuple[Any, ...] = (_PerLink(token), _PerAddress())
    return all(rate.allow_request(request, None) for rate in rates)
