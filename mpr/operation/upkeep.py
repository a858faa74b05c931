"""What long-running commands do every other second besides their own work."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from mpr.embedded.places import Places
from mpr.embedded.services import ensure_running
from mpr.operation.schema import is_embedded


def keep_services() -> Callable[[], None]:
    """Brings the embedded services back when their keeper was killed; nothing where others are configured."""
    places = Places(settings.HOME_DIR)
    return (lambda: ensure_running(places)) if is_embedded() else (lambda: None)
