"""Whether the services that MPR stands on answer."""

from __future__ import annotations

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

_TIMEOUT_S = 2.0


@login_not_required
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when PostgreSQL and the broker answer, else 503; says which one does not. Needs no sign-in."""
    checks = {"database": _database_answers(), "broker": broker_answers()}
    well = all(checks.values())
    body = {"status": "ok" if well else "failing"} | {
        name: "ok" if answers else "does not answer" for name, answers in checks.items()
    }
    return JsonResponse(body, status=200 if well else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def broker_answers() -> bool:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
