"""Doing a thing once although it is asked for twice (the Idempotency-Key header, IETF draft
draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from mpr.api.models import KeptAnswer
from mpr.errors import BadInput, Refused

if TYPE_CHECKING:
    from django.contrib.auth.models import User

HEADER = "Idempotency-Key"
KEPT_HOURS = 48
_LONGEST = KeptAnswer._meta.get_field("key").max_length or 200


def once(request: Request, asked: Any, work: Callable[[], Response]) -> Response:
    """`work()`, or the answer it gave when this person asked for the same with the same key before.

    `asked` is JSON-like and says what was asked for. The key and what `work` writes are committed together. Without the
    header it is just `work()`. Raises Refused when the key was used for something else, BadInput for a bad key.
    """
    key = request.headers.get(HEADER)
    if key is None:
        with transaction.atomic():
            return work()
    if not key or len(key) > _LONGEST or not key.isprintable():
        raise BadInput(f"The {HEADER} must have 1 to {_LONGEST} printable characters; a random UUID is a good one.")
    with transaction.atomic():
        # A second request with the key waits here until the first has committed.
        kept, is_new = KeptAnswer.objects.get_or_create(
            user=cast("User", request.user), key=key, defaults={"request_digest": _digest(asked)}
        )
        if not is_new:
            return _again(kept, asked)
        answer = work()
        kept.status, kept.body = answer.status_code, json.loads(json.dumps(answer.data, default=str))
        kept.save(update_fields=["status", "body"])
    return answer


def forget_old() -> int:
    """Delete kept answers after KEPT_HOURS; returns how many."""
    old = timezone.now() - timedelta(hours=KEPT_HOURS)
    deleted, _ = KeptAnswer.objects.filter(created_at__lt=old).delete()
    return deleted


def _again(kept: KeptAnswer, asked: Any) -> Response:
    if kept.request_digest != _digest(asked):
        raise Refused(f"This {HEADER} was used for another request; choose a new one.")
    return Response(kept.body, status=kept.status, headers={"Idempotent-Replayed": "true"})


def _digest(asked: Any) -> str:
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
